"""Checks that move the machine, as far as its state allows: key on Auto, nothing that holds, nobody in the cabins."""

from __future__ import annotations

import asyncio
import time

from towerd.plc.codes import Code
from towerd.plc.snapshot import KeySwitch, PackmlCommand, PackmlState, Safety, Unit
from towerd.plctest.desk import Desk, ahead
from towerd.plctest.model import CheckFailedError, Checks, expect, need

MOVING = Checks(moves=True)
DONE, ABORTED, HOLDING = 3, 5, 6
R_ARGUMENT, R_BUSY, R_EPOCH, R_INTERLOCK = 2, 3, 11, 6
OCCUPIED, LOCKED, OUT_OF_USE = 3, 4, 0x38
CLOSED, OPEN = 0, 2
VEHICLE = 1 << 3 | 1 << 4
CLEAR = 1 << 0
SOMEBODY = 1 << 1 | 1 << 2
STOP_LINK = 2
HOMED = 1 << 1
ALL_AXES = (9, 0, 0, 0)
STATE_LIMIT_S = 10.0


async def _state(desk: Desk, state: PackmlState) -> None:
    await desk.until("SYS", lambda shown: shown["packml_state"] == state, f"packml_state {int(state)}", STATE_LIMIT_S)


async def _executing(desk: Desk) -> None:
    """Bring the machine to Execute, homed, or skip."""
    await desk.begin()
    system = await desk.until("SYS", lambda shown: shown["link_state"] == 1, "link_state 1")
    need(system["key_switch"] == KeySwitch.AUTO, "the key is not on Auto")
    need(Safety.ESTOP_CHAIN_OK in Safety(system["safety"]), "the e-stop chain is open")
    for before, command, after in (
        (PackmlState.STOPPED, PackmlCommand.RESET, PackmlState.IDLE),
        (PackmlState.IDLE, PackmlCommand.START, PackmlState.EXECUTE),
        (PackmlState.HELD, PackmlCommand.UNHOLD, PackmlState.EXECUTE),
    ):
        if (await desk.block("SYS"))["packml_state"] == before:
            code = await desk.packml(command)
            need(code == 0, f"{command.name} was refused with {code}")
            await _state(desk, after)
    state = (await desk.block("SYS"))["packml_state"]
    need(state == PackmlState.EXECUTE, f"the machine is in state {state}")
    need(not (await desk.mailbox(Unit.CARRIAGE))["active_seq"], "a command runs")
    if not await _homed(desk):
        await _done(desk, Unit.CARRIAGE, Code.HOME, ALL_AXES)


async def _homed(desk: Desk) -> bool:
    axes = [await desk.block(name) for name in ("AX_LIFT", "AX_TURNTABLE", "AX_FORK")]
    return all(axis["status"] & HOMED for axis in axes)


async def _done(desk: Desk, unit: Unit, code: Code, args: tuple[int, int, int, int]) -> None:
    shown = await desk.run(unit, code, args)
    expect(shown["last_result"] == DONE, f"{code.name}{args}: result {shown['last_result']}, {shown['last_error']}")


async def _station(desk: Desk) -> tuple[int, int]:
    return (await desk.block("AX_LIFT"))["station_floor"], (await desk.block("AX_TURNTABLE"))["station_position"]


def _far(desk: Desk, station: tuple[int, int]) -> tuple[int, int]:
    """The bay farthest from here, in floors."""
    floor = desk.identity["floors"] if station[0] <= desk.identity["floors"] // 2 else 1
    position = station[1] % desk.identity["positions"] + 1
    return floor, position


@MOVING.check("4.3", "Reset, Start, Hold, Unhold and Stop lead through the states of PackML")
async def packml_leads_through_its_states(desk: Desk) -> str:
    """Stopped, Idle, Execute, Held, Execute."""
    await _executing(desk)
    for command, state in (
        (PackmlCommand.HOLD, PackmlState.HELD),
        (PackmlCommand.UNHOLD, PackmlState.EXECUTE),
        (PackmlCommand.STOP, PackmlState.STOPPED),
        (PackmlCommand.RESET, PackmlState.IDLE),
        (PackmlCommand.START, PackmlState.EXECUTE),
    ):
        code = await desk.packml(command)
        expect(code == 0, f"{command.name} was refused with {code}")
        await _state(desk, state)
    return "Held, Execute, Stopped, Idle, Execute"


@MOVING.check("5, HOME", "HOME 9 homes every axis")
async def home_homes(desk: Desk) -> str:
    """All axes."""
    await _executing(desk)
    await _done(desk, Unit.CARRIAGE, Code.HOME, ALL_AXES)
    expect(await _homed(desk), "an axis is not homed")
    return "homed"


@MOVING.check("5, LIFT_TO", "LIFT_TO ends with result 3 at the station, and station_floor and station_position show it")
async def lift_to_arrives(desk: Desk) -> str:
    """The first bay, the last one, and the first cabin."""
    await _executing(desk)
    last = (desk.identity["floors"], desk.identity["positions"])
    for floor, position in ((1, 1), last, (0, 1)):
        await _done(desk, Unit.CARRIAGE, Code.LIFT_TO, (floor, position, 0, 0))
        seen = await _station(desk)
        expect(seen == (floor, position), f"at {seen} instead of {(floor, position)}")
    return f"1-1, {last[0]}-{last[1]}, 0-1"


async def _under_way(desk: Desk) -> int:
    """Send the carriage far away; gives the running command's number."""
    floor, position = _far(desk, await _station(desk))
    seq = await desk.next_seq(Unit.CARRIAGE)
    await desk.send(Unit.CARRIAGE, seq, Code.LIFT_TO, (floor, position, 0, 0))
    await desk.until("STS_CARRIAGE", lambda shown: shown["active_seq"] == seq, f"active_seq {seq}")
    return seq


@MOVING.check(
    "5.1, 5.6, 5.7", "while a command runs: another is refused with 3, CANCEL of another seq with 2, NOP is taken"
)
async def a_busy_mailbox_takes_a_fence_only(desk: Desk) -> str:
    """During a LIFT_TO."""
    await _executing(desk)
    seq = await _under_way(desk)
    busy = await desk.refusal(Unit.CARRIAGE, ahead(seq, 1), Code.LIFT_TO, (1, 1, 0, 0))
    expect(busy == R_BUSY, f"LIFT_TO: {busy}")
    other = await desk.refusal(Unit.CARRIAGE, ahead(seq, 2), Code.CANCEL, (ahead(seq, 1), 0, 0, 0))
    expect(other == R_ARGUMENT, f"CANCEL of another seq: {other}")
    fence = await desk.fence(Unit.CARRIAGE)
    shown = await desk.mailbox(Unit.CARRIAGE)
    expect(shown["active_seq"] == seq or shown["last_seq"] == seq, f"active_seq is {shown['active_seq']}")
    await desk.ended(Unit.CARRIAGE, seq)
    return f"refused with {busy} and {other}, fence {fence}"


@MOVING.check("5.7", "CANCEL ends the running command with result 5 and error 0, then shows in fence_seq")
async def cancel_stops_the_running_command(desk: Desk) -> str:
    """During a LIFT_TO."""
    await _executing(desk)
    seq = await _under_way(desk)
    cancel = ahead(seq, 1)
    await desk.send(Unit.CARRIAGE, cancel, Code.CANCEL, (seq, 0, 0, 0))
    shown = await desk.until(
        "STS_CARRIAGE", lambda one: one["fence_seq"] == cancel, f"fence_seq {cancel}", STATE_LIMIT_S
    )
    expect(shown["last_seq"] == seq, f"the fence shows, but last_seq is {shown['last_seq']}")
    result, error = shown["last_result"], shown["last_error"]
    expect((result, error) == (ABORTED, 0), f"result {result}, error {error}")
    return "result 5, error 0"


@MOVING.check("4.5", "Hold shows state 6 and ends nothing; Unhold lets the same command go on")
async def a_held_command_goes_on(desk: Desk) -> str:
    """During a LIFT_TO."""
    await _executing(desk)
    seq = await _under_way(desk)
    expect(await desk.packml(PackmlCommand.HOLD) == 0, "Hold was refused")
    await _state(desk, PackmlState.HELD)
    shown = await desk.mailbox(Unit.CARRIAGE)
    expect((shown["active_seq"], shown["state"]) == (seq, HOLDING), f"active {shown['active_seq']}, {shown['state']}")
    expect(await desk.packml(PackmlCommand.UNHOLD) == 0, "Unhold was refused")
    shown = dict(await desk.ended(Unit.CARRIAGE, seq))
    expect(shown["last_result"] == DONE, f"result {shown['last_result']}, error {shown['last_error']}")
    return "held, and done"


@MOVING.check("3.1, 3.3", "a lost link in Execute: Held with stop_reason 2, until Unhold")
async def a_lost_link_holds(desk: Desk) -> str:
    """During a LIFT_TO."""
    await _executing(desk)
    seq = await _under_way(desk)
    await desk.stop_heartbeat()
    await asyncio.sleep(1.5)
    desk.start_heartbeat()
    await _state(desk, PackmlState.HELD)
    reason = (await desk.block("SYS"))["stop_reason"]
    expect(reason == STOP_LINK, f"stop_reason {reason}")
    await asyncio.sleep(1.0)
    state = (await desk.block("SYS"))["packml_state"]
    expect(state == PackmlState.HELD, f"state {state} without Unhold")
    expect(await desk.packml(PackmlCommand.UNHOLD) == 0, "Unhold was refused")
    await desk.ended(Unit.CARRIAGE, seq)
    return "held by 2, then on"


async def _bay(desk: Desk, *, occupied: bool) -> tuple[int, int]:
    """A usable, locked bay that is occupied or empty; skips where there is none."""
    wanted = OCCUPIED if occupied else 0
    for index, word in enumerate(await desk.bays()):
        if word & OCCUPIED == wanted and word & LOCKED and not word & OUT_OF_USE:
            floor, position = divmod(index, desk.identity["positions"])
            return floor + 1, position + 1
    need(possible=False, why=f"there is no usable bay that is {'occupied' if occupied else 'empty'}")
    raise AssertionError("need raises")


@MOVING.check("5, BAY_UNLOCK", "only where the carriage stands; LIFT_TO asks locked bays (6)")
async def a_lock_opens_only_at_the_carriage(desk: Desk) -> str:
    """An empty bay."""
    await _executing(desk)
    floor, position = await _bay(desk, occupied=False)
    await _done(desk, Unit.CARRIAGE, Code.LIFT_TO, (0, 1, 0, 0))
    away = await desk.refusal(Unit.BAYS, await desk.next_seq(Unit.BAYS), Code.BAY_UNLOCK, (floor, position, 0, 0))
    expect(away == R_INTERLOCK, f"from elsewhere: {away}")
    await _done(desk, Unit.CARRIAGE, Code.LIFT_TO, (floor, position, 0, 0))
    await _done(desk, Unit.BAYS, Code.BAY_UNLOCK, (floor, position, 0, 0))
    try:
        code = await desk.refusal(Unit.CARRIAGE, await desk.next_seq(Unit.CARRIAGE), Code.LIFT_TO, (0, 1, 0, 0))
        expect(code == R_INTERLOCK, f"LIFT_TO with an open lock: {code}")
        code = await desk.refusal(
            Unit.CARRIAGE, await desk.next_seq(Unit.CARRIAGE), Code.FORK_GET, (floor, position, 0, 0)
        )
        expect(code == R_INTERLOCK, f"FORK_GET from an empty bay: {code}")
    finally:
        await _done(desk, Unit.BAYS, Code.BAY_LOCK, (floor, position, 0, 0))
    return f"{floor}-{position}"


@MOVING.check("5, FORK_GET, FORK_PUT", "a vehicle is taken from its bay and put back; LOAD and BAY show it")
async def the_fork_takes_and_leaves_a_vehicle(desk: Desk) -> str:
    """The first occupied bay."""
    await _executing(desk)
    need((await desk.block("LOAD"))["load"] & OCCUPIED == 0, "the carriage is loaded")
    floor, position = place = await _bay(desk, occupied=True)
    await _done(desk, Unit.CARRIAGE, Code.LIFT_TO, (*place, 0, 0))
    await _done(desk, Unit.BAYS, Code.BAY_UNLOCK, (*place, 0, 0))
    await _done(desk, Unit.CARRIAGE, Code.FORK_GET, (*place, 0, 0))
    load, word = (await desk.block("LOAD"))["load"], await _bay_word(desk, place)
    expect((load & OCCUPIED, word & OCCUPIED) == (OCCUPIED, 0), f"taken: load {load}, bay {word}")
    await _done(desk, Unit.CARRIAGE, Code.FORK_PUT, (*place, 0, 0))
    load, word = (await desk.block("LOAD"))["load"], await _bay_word(desk, place)
    expect((load & OCCUPIED, word & OCCUPIED) == (0, OCCUPIED), f"left: load {load}, bay {word}")
    await _done(desk, Unit.BAYS, Code.BAY_LOCK, (*place, 0, 0))
    return f"{floor}-{position}"


async def _bay_word(desk: Desk, place: tuple[int, int]) -> int:
    floor, position = place
    return (await desk.bays())[(floor - 1) * desk.identity["positions"] + position - 1]


@MOVING.check("5.9", "a door with another occupancy_epoch is refused with 11")
async def a_door_with_another_epoch_is_refused(desk: Desk) -> str:
    """The outer door of the first cabin."""
    await _executing(desk)
    cabin = await desk.block("CAB1")
    need(cabin["inner_door"] == CLOSED, "the inner door is not closed")
    epoch = cabin["occupancy_epoch"] + 5 & 0xFFFF
    code = await desk.refusal(Unit.CABIN1, await desk.next_seq(Unit.CABIN1), Code.OUTER_DOOR, (1, epoch, 0, 0))
    expect(code == R_EPOCH, f"{code}")
    return "refused with 11"


@MOVING.check("5, OUTER_DOOR", "the outer door opens and closes; with it open the inner one is refused with 6")
async def the_outer_door_opens_and_closes(desk: Desk) -> str:
    """The first cabin, empty."""
    await _executing(desk)
    cabin = await desk.block("CAB1")
    empty = not cabin["sensors"] & (VEHICLE | SOMEBODY)
    need(empty and cabin["outer_door"] == cabin["inner_door"] == CLOSED, "the cabin is not empty and closed")
    await _done(desk, Unit.CARRIAGE, Code.LIFT_TO, (0, 1, 0, 0))
    await _done(desk, Unit.CABIN1, Code.OUTER_DOOR, (1, cabin["occupancy_epoch"], 0, 0))
    try:
        shown = await desk.block("CAB1")
        expect(shown["outer_door"] == OPEN, f"outer_door is {shown['outer_door']}")
        seq, epoch = await desk.next_seq(Unit.CABIN1), shown["occupancy_epoch"]
        code = await desk.refusal(Unit.CABIN1, seq, Code.INNER_DOOR, (1, epoch, 0, 0))
        expect(code in {R_INTERLOCK, 10}, f"INNER_DOOR: {code}")
    finally:
        await _close_outer(desk)
    return "opened and closed"


async def _close_outer(desk: Desk) -> None:
    deadline_s = time.monotonic() + STATE_LIMIT_S
    while (await desk.block("CAB1"))["sensors"] & (SOMEBODY | CLEAR) != CLEAR:
        if time.monotonic() > deadline_s:
            raise CheckFailedError("the outer door stays open: somebody or something stands in it")
        await asyncio.sleep(0.2)
    await _done(desk, Unit.CABIN1, Code.OUTER_DOOR, (0, 0, 0, 0))
