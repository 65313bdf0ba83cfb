"""Checks that move the machine, as far as its state allows: key on Auto, nothing that holds, nobody in the cabins."""

from __future__ import annotations

import asyncio

from towerd.plc.codes import Code
from towerd.plc.snapshot import PackmlCommand, PackmlState, Unit
from towerd.plctest.desk import Desk, ahead
from towerd.plctest.machine import (
    ALL_AXES,
    DONE,
    OCCUPIED,
    R_ARGUMENT,
    R_BUSY,
    R_INTERLOCK,
    STATE_LIMIT_S,
    bay_that_is,
    bay_word,
    done,
    executing,
    homed,
    loaded,
    reached,
    station_of,
)
from towerd.plctest.model import Checks, expect, need

MOVING = Checks(moves=True)
ABORTED, HOLDING = 5, 6
STOP_LINK = 2


def _far(desk: Desk, station: tuple[int, int]) -> tuple[int, int]:
    """The bay farthest from here, in floors."""
    floor = desk.identity["floors"] if station[0] <= desk.identity["floors"] // 2 else 1
    position = station[1] % desk.identity["positions"] + 1
    return floor, position


@MOVING.check("4.3", "Reset, Start, Hold, Unhold and Stop lead through the states of PackML")
async def packml_leads_through_its_states(desk: Desk) -> str:
    """Stopped, Idle, Execute, Held, Execute."""
    await executing(desk)
    for command, state in (
        (PackmlCommand.HOLD, PackmlState.HELD),
        (PackmlCommand.UNHOLD, PackmlState.EXECUTE),
        (PackmlCommand.STOP, PackmlState.STOPPED),
        (PackmlCommand.RESET, PackmlState.IDLE),
        (PackmlCommand.START, PackmlState.EXECUTE),
    ):
        code = await desk.packml(command)
        expect(code == 0, f"{command.name} was refused with {code}")
        await reached(desk, state)
    return "Held, Execute, Stopped, Idle, Execute"


@MOVING.check("5, HOME", "HOME 9 homes every axis")
async def home_homes(desk: Desk) -> str:
    """All axes."""
    await executing(desk)
    await done(desk, Unit.CARRIAGE, Code.HOME, ALL_AXES)
    expect(await homed(desk), "an axis is not homed")
    return "homed"


@MOVING.check("5, LIFT_TO", "LIFT_TO ends with result 3 at the station, and station_floor and station_position show it")
async def lift_to_arrives(desk: Desk) -> str:
    """The first bay, the last one, and the first cabin."""
    await executing(desk)
    last = (desk.identity["floors"], desk.identity["positions"])
    for floor, position in ((1, 1), last, (0, 1)):
        await done(desk, Unit.CARRIAGE, Code.LIFT_TO, (floor, position, 0, 0))
        seen = await station_of(desk)
        expect(seen == (floor, position), f"at {seen} instead of {(floor, position)}")
    return f"1-1, {last[0]}-{last[1]}, 0-1"


async def _under_way(desk: Desk) -> int:
    """Send the carriage far away; gives the running command's number."""
    floor, position = _far(desk, await station_of(desk))
    seq = await desk.next_seq(Unit.CARRIAGE)
    await desk.send(Unit.CARRIAGE, seq, Code.LIFT_TO, (floor, position, 0, 0))
    await desk.until("STS_CARRIAGE", lambda shown: shown["active_seq"] == seq, f"active_seq {seq}")
    return seq


@MOVING.check(
    "5.1, 5.6, 5.7", "while a command runs: another is refused with 3, CANCEL of another seq with 2, NOP is taken"
)
async def a_busy_mailbox_takes_a_fence_only(desk: Desk) -> str:
    """During a LIFT_TO."""
    await executing(desk)
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
    await executing(desk)
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
    await executing(desk)
    seq = await _under_way(desk)
    expect(await desk.packml(PackmlCommand.HOLD) == 0, "Hold was refused")
    await reached(desk, PackmlState.HELD)
    shown = await desk.mailbox(Unit.CARRIAGE)
    expect((shown["active_seq"], shown["state"]) == (seq, HOLDING), f"active {shown['active_seq']}, {shown['state']}")
    expect(await desk.packml(PackmlCommand.UNHOLD) == 0, "Unhold was refused")
    await reached(desk, PackmlState.EXECUTE)
    shown = dict(await desk.ended(Unit.CARRIAGE, seq))
    expect(shown["last_result"] == DONE, f"result {shown['last_result']}, error {shown['last_error']}")
    return "held, and done"


@MOVING.check("3.1, 3.3", "a lost link in Execute: Held with stop_reason 2, until Unhold")
async def a_lost_link_holds(desk: Desk) -> str:
    """During a LIFT_TO."""
    await executing(desk)
    seq = await _under_way(desk)
    await desk.stop_heartbeat()
    await asyncio.sleep(1.5)
    desk.start_heartbeat()
    await reached(desk, PackmlState.HELD)
    reason = (await desk.block("SYS"))["stop_reason"]
    expect(reason == STOP_LINK, f"stop_reason {reason}")
    await asyncio.sleep(1.0)
    state = (await desk.block("SYS"))["packml_state"]
    expect(state == PackmlState.HELD, f"state {state} without Unhold")
    expect(await desk.packml(PackmlCommand.UNHOLD) == 0, "Unhold was refused")
    await reached(desk, PackmlState.EXECUTE)
    await desk.ended(Unit.CARRIAGE, seq)
    return "held by 2, then on"


@MOVING.check("5, BAY_UNLOCK", "only where the carriage stands; LIFT_TO asks locked bays (6)")
async def a_lock_opens_only_at_the_carriage(desk: Desk) -> str:
    """An empty bay."""
    await executing(desk)
    floor, position = await bay_that_is(desk, occupied=False)
    await done(desk, Unit.CARRIAGE, Code.LIFT_TO, (0, 1, 0, 0))
    away = await desk.refusal(Unit.BAYS, await desk.next_seq(Unit.BAYS), Code.BAY_UNLOCK, (floor, position, 0, 0))
    expect(away == R_INTERLOCK, f"from elsewhere: {away}")
    await done(desk, Unit.CARRIAGE, Code.LIFT_TO, (floor, position, 0, 0))
    await done(desk, Unit.BAYS, Code.BAY_UNLOCK, (floor, position, 0, 0))
    try:
        code = await desk.refusal(Unit.CARRIAGE, await desk.next_seq(Unit.CARRIAGE), Code.LIFT_TO, (0, 1, 0, 0))
        expect(code == R_INTERLOCK, f"LIFT_TO with an open lock: {code}")
        code = await desk.refusal(
            Unit.CARRIAGE, await desk.next_seq(Unit.CARRIAGE), Code.FORK_GET, (floor, position, 0, 0)
        )
        expect(code == R_INTERLOCK, f"FORK_GET from an empty bay: {code}")
    finally:
        await done(desk, Unit.BAYS, Code.BAY_LOCK, (floor, position, 0, 0))
    return f"{floor}-{position}"


@MOVING.check("5, FORK_GET, FORK_PUT", "a vehicle is taken from its bay and put back; LOAD and BAY show it")
async def the_fork_takes_and_leaves_a_vehicle(desk: Desk) -> str:
    """The first occupied bay."""
    await executing(desk)
    need(await loaded(desk) == 0, "the carriage is loaded")
    floor, position = place = await bay_that_is(desk, occupied=True)
    await done(desk, Unit.CARRIAGE, Code.LIFT_TO, (*place, 0, 0))
    await done(desk, Unit.BAYS, Code.BAY_UNLOCK, (*place, 0, 0))
    await done(desk, Unit.CARRIAGE, Code.FORK_GET, (*place, 0, 0))
    load, word = (await desk.block("LOAD"))["load"], await bay_word(desk, place)
    expect((load & OCCUPIED, word & OCCUPIED) == (OCCUPIED, 0), f"taken: load {load}, bay {word}")
    await done(desk, Unit.CARRIAGE, Code.FORK_PUT, (*place, 0, 0))
    load, word = (await desk.block("LOAD"))["load"], await bay_word(desk, place)
    expect((load & OCCUPIED, word & OCCUPIED) == (0, OCCUPIED), f"left: load {load}, bay {word}")
    await done(desk, Unit.BAYS, Code.BAY_LOCK, (*place, 0, 0))
    return f"{floor}-{position}"
