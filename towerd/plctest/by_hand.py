"""Checks of Manual: jog and its dead man's switch, and sensors that are left out. Somebody is at the tower."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial

from towerd.plc.codes import Code
from towerd.plc.snapshot import KeySwitch, PackmlCommand, PackmlState, Safety, Unit
from towerd.plctest.desk import Desk
from towerd.plctest.machine import (
    OCCUPIED,
    R_ARGUMENT,
    R_ENABLING,
    R_INTERLOCK,
    bay_that_is,
    bay_word,
    done,
    keyed,
    loaded,
    reached,
    refused,
    started,
)
from towerd.plctest.model import Checks, Please, expect, need, need_part

IN_AUTO = Checks(moves=True)
BY_HAND = Checks(moves=True, by_hand=True)
JOG_BAUD = 57600
AXES = {"AX_LIFT": 0, "AX_TURNTABLE": 1}
LIFT = "AX_LIFT"
STEP, LONG_STEP, SLOW_PCT = 20, 200, 5
STILL = 3
"""mm, or hundredths of a degree: what an axis at rest may seem to move."""
LIMIT_PLUS = 1 << 5
TOKEN_EVERY_S, KEY_HELD_S = 0.1, 0.8
TOKEN_LIMIT_S, RAMP_S, LOOK_S = 0.25, 1.0, 0.6
LET_GO_LIMIT_S, STEP_LIMIT_S = 15.0, 10.0
STOP_SWITCH = 15
FRONT, REAR = 1 << 2, 1 << 3


async def _manual(desk: Desk, *, held: bool) -> None:
    """Key on Manual, the enabling switch held or not; open where nobody makes it so."""
    slow = desk.config.serial_port is not None and desk.config.baud < JOG_BAUD
    need_part(not slow, f"jog asks for {JOG_BAUD} baud or more (1.8)")
    await keyed(desk, KeySwitch.MANUAL)
    await desk.had(
        lambda: desk.block("SYS"),
        lambda shown: (Safety.ENABLING_SWITCH in Safety(shown["safety"])) is held,
        Please.HOLD if held else Please.LET_GO,
    )
    if held:
        await started(desk)


async def _position(desk: Desk, axis: str) -> int:
    return (await desk.block(axis))["position"]


async def _direction(desk: Desk, axis: str) -> int:
    """Away from the limit, where the axis stands at one."""
    return -1 if (await desk.block(axis))["status"] & LIMIT_PLUS else 1


async def _moves_nothing(desk: Desk, axis: str, act: Callable[[], Awaitable[None]], why: str) -> None:
    before = await _position(desk, axis)
    await act()
    deadline_s = time.monotonic() + LOOK_S
    while time.monotonic() < deadline_s:
        moved = await _position(desk, axis) - before
        expect(abs(moved) <= STILL, f"{axis} moved by {moved} {why}")
        await asyncio.sleep(TOKEN_EVERY_S / 5)


async def _key_held(desk: Desk, direction: int, enough: Callable[[], Awaitable[bool]]) -> None:
    """A fresh token for the lift every 100 ms, slowly, until it is enough."""
    while not await enough():
        await desk.jog(desk.next_token(), AXES[LIFT], direction, speed_pct=SLOW_PCT)
        await asyncio.sleep(TOKEN_EVERY_S)


def _after(limit_s: float) -> Callable[[], Awaitable[bool]]:
    end_s = time.monotonic() + limit_s

    async def passed() -> bool:
        return time.monotonic() >= end_s

    return passed


async def _standstill(desk: Desk, why: str) -> float:
    """The lift comes to rest on its ramp and stays there; gives after how long. Raises CheckFailedError."""
    began_s = time.monotonic()
    await desk.until(LIFT, lambda axis: axis["velocity"] == 0, f"standstill {why}", TOKEN_LIMIT_S + RAMP_S)
    stood_s = time.monotonic() - began_s
    await _moves_nothing(desk, LIFT, lambda: asyncio.sleep(0), why)
    return stood_s


@IN_AUTO.check("7.1", "in Auto JOG moves nothing")
async def jog_in_auto_moves_nothing(desk: Desk) -> str:
    """A step of every axis but the fork, under a right check."""
    await keyed(desk, KeySwitch.AUTO)
    for axis, number in AXES.items():
        await _moves_nothing(desk, axis, partial(_step, desk, number, await _direction(desk, axis)), "in Auto")
    return "nothing moved"


async def _step(desk: Desk, number: int, direction: int, token: int | None = None) -> None:
    await desk.jog(desk.next_token() if token is None else token, number, direction, step=STEP)


@BY_HAND.check(
    "4.1, 7.1", "in Manual without the enabling switch JOG moves nothing, and commands and Start are refused with 9"
)
async def nothing_moves_without_the_enabling_switch(desk: Desk) -> str:
    """In Idle, where JOG and BAY_LOCK would be taken with the switch."""
    await _manual(desk, held=False)
    expect(await desk.packml(PackmlCommand.STOP) == 0, "Stop was refused")
    await reached(desk, PackmlState.STOPPED)
    code = await desk.packml(PackmlCommand.RESET)
    need(code == 0, f"RESET was refused with {code}")
    await reached(desk, PackmlState.IDLE)
    step = partial(_step, desk, AXES[LIFT], await _direction(desk, LIFT))
    await _moves_nothing(desk, LIFT, step, "without the enabling switch")
    await refused(desk, Unit.BAYS, Code.BAY_LOCK, (1, 1, 0, 0), R_ENABLING, "without the enabling switch")
    code = await desk.packml(PackmlCommand.START)
    expect(code == R_ENABLING, f"START without the enabling switch: {code}")
    return "nothing moved; refused with 9"


async def _stepped(desk: Desk, axis: str, before: int, direction: int) -> int:
    """How far the axis has gone by a whole step."""
    goal = before + direction * STEP
    shown = await desk.until(
        axis, lambda one: abs(one["position"] - goal) <= STILL and not one["velocity"], f"step to {goal}", STEP_LIMIT_S
    )
    return shown["position"] - before


@BY_HAND.check("7.2", "a step of JOG moves once for each token, and runs to its end")
async def a_step_moves_once(desk: Desk) -> str:
    """Lift and turntable, one way and back."""
    await _manual(desk, held=True)
    seen = []
    for axis, number in AXES.items():
        first = await _direction(desk, axis)
        for direction in (first, -first):
            before, step = await _position(desk, axis), partial(_step, desk, number, direction, desk.next_token())
            await step()
            seen.append(await _stepped(desk, axis, before, direction))
            await _moves_nothing(desk, axis, step, "by the same token again")
    return f"lift {seen[0]:+d} {seen[1]:+d} mm, turntable {seen[2]:+d} {seen[3]:+d} hundredths of a degree"


@BY_HAND.check("7.1", "continuous JOG moves as long as fresh tokens come: without them for 250 ms a controlled stop")
async def jog_stops_without_fresh_tokens(desk: Desk) -> str:
    """The lift, slowly, for less than a second."""
    await _manual(desk, held=True)
    before, direction = await _position(desk, LIFT), await _direction(desk, LIFT)
    await _key_held(desk, direction, _after(KEY_HELD_S))
    moved = await _position(desk, LIFT) - before
    expect(moved * direction > STILL, f"the lift moved by {moved} mm while tokens came")
    stood_s = await _standstill(desk, "after the last token")
    return f"moved by {moved:+d} mm, stood {stood_s:.2f} s after the last token"


@BY_HAND.check("7.1", "JOG with a wrong check moves nothing, and stops what moves")
async def jog_with_a_wrong_check_stops(desk: Desk) -> str:
    """A step of the lift under a wrong check; then such a word during a long step, which needs no fresh tokens."""
    await _manual(desk, held=True)
    before, direction = await _position(desk, LIFT), await _direction(desk, LIFT)

    async def wrong() -> None:
        await desk.jog(desk.next_token(), AXES[LIFT], direction, step=STEP, check=1)

    await _moves_nothing(desk, LIFT, wrong, "under a wrong check")
    await desk.jog(desk.next_token(), AXES[LIFT], direction, step=LONG_STEP, speed_pct=SLOW_PCT)
    await desk.until(LIFT, lambda axis: abs(axis["position"] - before) > STILL, "movement of the lift")
    await wrong()
    await _standstill(desk, "after a wrong check")
    moved = await _position(desk, LIFT) - before
    expect(abs(moved) < LONG_STEP - STILL, f"the lift went on to the end of its step, {moved} mm")
    return f"stopped after {moved:+d} of {LONG_STEP} mm"


@BY_HAND.check("7.1, 9.3", "the enabling switch let go: JOG stops although fresh tokens come, and Execute is held (15)")
async def jog_stops_when_the_switch_is_let_go(desk: Desk) -> str:
    """The lift, slowly, until the switch is seen to be released, and tokens for a second more."""
    await _manual(desk, held=True)
    direction, limit = await _direction(desk, LIFT), _after(LET_GO_LIMIT_S)
    desk.please(Please.LET_GO, " while the lift moves slowly")

    async def let_go() -> bool:
        held = Safety.ENABLING_SWITCH in Safety((await desk.block("SYS"))["safety"])
        return not held or await limit()

    await _key_held(desk, direction, let_go)
    need(not await limit(), f"the enabling switch was not let go within {LET_GO_LIMIT_S:g} s")
    await _key_held(desk, direction, _after(RAMP_S))
    before = await _position(desk, LIFT)
    await _key_held(desk, direction, _after(LOOK_S))
    moved = await _position(desk, LIFT) - before
    expect(abs(moved) <= STILL, f"the lift went on by {moved} mm without the enabling switch")
    await reached(desk, PackmlState.HELD)
    reason = (await desk.block("SYS"))["stop_reason"]
    expect(reason == STOP_SWITCH, f"stop_reason {reason}")
    return "stopped, and held by 15"


@BY_HAND.check("5.11", "of each pair of sensors at most one may be left out (reject 2)")
async def both_sensors_of_a_pair_are_refused(desk: Desk) -> str:
    """A LIFT_TO without both sensors of the carriage."""
    await _manual(desk, held=True)
    await refused(desk, Unit.CARRIAGE, Code.LIFT_TO, (1, 1, 0, FRONT | REAR), R_ARGUMENT, "without both sensors")
    return "refused with 2"


@BY_HAND.check("5.11", "with a wrong sensor of the carriage LIFT_TO is refused with 6, and taken where it is left out")
async def a_sensor_of_the_carriage_is_left_out(desk: Desk) -> str:
    """Somebody makes one wrong; the carriage goes to the first bay."""
    await _manual(desk, held=True)
    before = await loaded(desk)
    need(before in {0, OCCUPIED}, "the carriage's sensors differ already: nobody says which is right")
    load = await desk.had(partial(loaded, desk), lambda seen: seen not in {0, OCCUPIED}, Please.CARRIAGE_SENSOR)
    wrong = (load ^ before) << 2
    await refused(desk, Unit.CARRIAGE, Code.LIFT_TO, (1, 1, 0, 0), R_INTERLOCK, "with a wrong sensor")
    await done(desk, Unit.CARRIAGE, Code.LIFT_TO, (1, 1, 0, wrong))
    await desk.had(partial(loaded, desk), lambda seen: seen == before, Please.CARRIAGE_MEND)
    return f"taken with arg3 {wrong}"


@BY_HAND.check("5.11", "with a wrong sensor of a bay FORK_GET is refused with 6, and taken where it is left out")
async def a_sensor_of_a_bay_is_left_out(desk: Desk) -> str:
    """Somebody makes one of an occupied bay's wrong; its vehicle is taken and put back."""
    await _manual(desk, held=True)
    need(await loaded(desk) == 0, "the carriage is not empty")
    floor, position = place = await bay_that_is(desk, occupied=True)
    where, look = f" ({floor}-{position})", partial(bay_word, desk, place)
    await done(desk, Unit.CARRIAGE, Code.LIFT_TO, (*place, 0, 0))
    await done(desk, Unit.BAYS, Code.BAY_UNLOCK, (*place, 0, 0))
    try:
        word = await desk.had(look, lambda word: word & OCCUPIED not in {0, OCCUPIED}, Please.BAY_SENSOR, where)
        wrong = ~word & OCCUPIED
        await refused(desk, Unit.CARRIAGE, Code.FORK_GET, (*place, 0, 0), R_INTERLOCK, "with a wrong sensor")
        await done(desk, Unit.CARRIAGE, Code.FORK_GET, (*place, 0, wrong))
        expect(await loaded(desk) == OCCUPIED, "taken, but the carriage's sensors do not show it")
        await done(desk, Unit.CARRIAGE, Code.FORK_PUT, (*place, 0, wrong))
        expect(await loaded(desk) == 0, "put back, but the carriage's sensors still show it")
        await desk.had(look, lambda word: word & OCCUPIED == OCCUPIED, Please.BAY_MEND, where)
    finally:
        await done(desk, Unit.BAYS, Code.BAY_LOCK, (*place, 0, 0))
    return f"{floor}-{position}, taken and put back with arg3 {wrong}"
