"""Checks of the mailboxes with commands that never move anything: fences, and what must be refused (plc-if.md 5)."""

from __future__ import annotations

from towerd.plc.codes import Code
from towerd.plc.snapshot import KeySwitch, PackmlState, Unit
from towerd.plctest.desk import SEQ_LIMIT, Desk, ahead
from towerd.plctest.model import Checks, expect, need, need_part

MAILBOXES = Checks()
UNKNOWN_CODE = 77
NOWHERE = (999, 999, 0, 0)
FURTHEST = 1000
R_CODE, R_ARGUMENT, R_KEY, R_STATE, R_SEQ = 1, 2, 4, 5, 12
FIELDS = ("taken_seq", "reject_seq", "fence_seq", "last_seq", "active_seq")


async def _ready(desk: Desk) -> None:
    """A session with its heartbeat: what is refused is refused for its own reason."""
    await desk.begin()
    await desk.until("SYS", lambda system: system["link_state"] == 1, "link_state 1")


async def _fence_twice(desk: Desk, unit: Unit) -> int:
    """So that the number behind is one that was taken, and reject_seq does not show it from an earlier refusal."""
    await desk.fence(unit)
    return await desk.fence(unit)


@MAILBOXES.check("5.6", "NOP under the next number ends at once in fence_seq, in every mailbox and every state")
async def a_fence_is_taken_everywhere(desk: Desk) -> str:
    """All four, also CABIN2 of a tower with one cabin (9.5)."""
    await _ready(desk)
    return ", ".join([f"{unit.value} {await desk.fence(unit)}" for unit in Unit])


@MAILBOXES.check("5.7", "CANCEL of nothing ends at once in fence_seq")
async def a_cancel_of_nothing_ends_at_once(desk: Desk) -> str:
    """Every mailbox that is idle."""
    await _ready(desk)
    done = []
    for unit in Unit:
        shown = await desk.mailbox(unit)
        if shown["active_seq"]:
            continue
        seq = await desk.next_seq(unit)
        await desk.send(unit, seq, Code.CANCEL, (ahead(seq, -1), 0, 0, 0))
        await desk.fenced(unit, seq)
        done.append(unit.value)
    need(bool(done), "every mailbox is busy")
    return ", ".join(done)


@MAILBOXES.check("5", "an unknown code is refused with 1; taken_seq shows it")
async def an_unknown_code_is_refused(desk: Desk) -> str:
    """Every mailbox that this tower has."""
    await _ready(desk)
    for unit in Unit:
        if unit is Unit.CABIN2 and desk.identity["cabins"] == 1:
            continue
        seq = await desk.next_seq(unit)
        code = await desk.refusal(unit, seq, UNKNOWN_CODE)
        expect(code == R_CODE, f"{unit.value}: {code}")
        taken = (await desk.mailbox(unit))["taken_seq"]
        expect(taken == seq, f"{unit.value}: taken_seq is {taken} instead of {seq}")
    return f"code {UNKNOWN_CODE} refused with {R_CODE}"


@MAILBOXES.check("5", "a station that there is not is refused with 2, ahead of key and state")
async def an_argument_out_of_range_is_refused(desk: Desk) -> str:
    """Floors and positions beyond the tower."""
    await _ready(desk)
    for unit, command in (
        (Unit.CARRIAGE, Code.LIFT_TO),
        (Unit.CARRIAGE, Code.FORK_GET),
        (Unit.BAYS, Code.BAY_UNLOCK),
        (Unit.BAYS, Code.BAY_LOCK),
    ):
        code = await desk.refusal(unit, await desk.next_seq(unit), command, NOWHERE)
        expect(code == R_ARGUMENT, f"{command.name}{NOWHERE}: {code}")
    return "LIFT_TO, FORK_GET, BAY_UNLOCK and BAY_LOCK refused with 2"


@MAILBOXES.check("9.5", "with one cabin, every command to CABIN2 but NOP and CANCEL is refused with 2")
async def a_cabin_that_is_not_there_is_refused(desk: Desk) -> str:
    """SIGNAL red to the second cabin."""
    await _ready(desk)
    need_part(desk.identity["cabins"] == 1, "this tower has two cabins")
    code = await desk.refusal(Unit.CABIN2, await desk.next_seq(Unit.CABIN2), Code.SIGNAL, (1, 0, 0, 0))
    expect(code == R_ARGUMENT, f"SIGNAL: {code}")
    return "SIGNAL refused with 2"


@MAILBOXES.check("5.11", "in Auto arg3 must be 0 (reject 2)")
async def an_override_in_auto_is_refused(desk: Desk) -> str:
    """To a station that there is not, so that nothing moves whatever the PLC does."""
    await _ready(desk)
    key = (await desk.block("SYS"))["key_switch"]
    need(key == KeySwitch.AUTO, f"the key is on {key}")
    code = await desk.refusal(Unit.CARRIAGE, await desk.next_seq(Unit.CARRIAGE), Code.LIFT_TO, (999, 999, 0, 1))
    expect(code == R_ARGUMENT, f"{code}")
    return "refused with 2"


@MAILBOXES.check("4.1, 4.2", "a command that the key or the state does not allow is refused with 4 or 5")
async def a_command_in_the_wrong_state_is_refused(desk: Desk) -> str:
    """BAY_LOCK of a bay, which runs in Execute only (and in Idle, in Manual)."""
    await _ready(desk)
    system = await desk.block("SYS")
    key, state = system["key_switch"], system["packml_state"]
    need(state != PackmlState.EXECUTE, "the machine is in Execute: the command would be taken")
    need(key != KeySwitch.MANUAL or state != PackmlState.IDLE, "in Manual and Idle the command would be taken")
    code = await desk.refusal(Unit.BAYS, await desk.next_seq(Unit.BAYS), Code.BAY_LOCK, (1, 1, 0, 0))
    wanted = R_KEY if key in {KeySwitch.OFF, KeySwitch.MAINTENANCE} else R_STATE
    expect(code == wanted, f"{code} instead of {wanted} with key {key} in state {state}")
    return f"key {key}, state {state}: refused with {code}"


@MAILBOXES.check("5.2", "a wrong check does nothing, not even a refusal")
async def a_wrong_check_does_nothing(desk: Desk) -> str:
    """A NOP whose check is one off."""
    await _ready(desk)
    seq = await desk.next_seq(Unit.BAYS)
    return await desk.unchanged("STS_BAYS", FIELDS, lambda: desk.send(Unit.BAYS, seq, 0, check=1))


@MAILBOXES.check("5.2", "a write of another session does nothing")
async def another_session_does_nothing(desk: Desk) -> str:
    """A NOP whose check is of the session before."""
    await _ready(desk)
    seq, other = await desk.next_seq(Unit.BAYS), ahead(desk.control.session, 1)
    return await desk.unchanged("STS_BAYS", FIELDS, lambda: desk.send(Unit.BAYS, seq, 0, session=other))


@MAILBOXES.check("5.2", "the same seq again does nothing, whatever its arguments")
async def the_same_seq_does_nothing(desk: Desk) -> str:
    """After a fence, something that would be refused under its number."""
    await _ready(desk)
    seq = await desk.fence(Unit.CARRIAGE)
    return await desk.unchanged(
        "STS_CARRIAGE", FIELDS, lambda: desk.send(Unit.CARRIAGE, seq, UNKNOWN_CODE, (1, 2, 3, 0))
    )


@MAILBOXES.check("5.2", "a seq behind taken_seq, or more than 1000 ahead, is refused with 12 and not taken")
async def a_seq_out_of_order_is_refused(desk: Desk) -> str:
    """One behind, 1001 ahead; both are NOPs."""
    await _ready(desk)
    await _fence_twice(desk, Unit.BAYS)
    for by in (-1, FURTHEST + 1):
        taken = (await desk.mailbox(Unit.BAYS))["taken_seq"]
        code = await desk.refusal(Unit.BAYS, ahead(taken, by), 0)
        expect(code == R_SEQ, f"{by:+d}: {code}")
        after = (await desk.mailbox(Unit.BAYS))["taken_seq"]
        expect(after == taken, f"{by:+d}: taken_seq moved from {taken} to {after}")
    return "-1 and +1001 refused with 12"


@MAILBOXES.check("5.2", "a seq 1000 ahead is taken, and counts past 65535 to 1")
async def a_seq_1000_ahead_is_taken(desk: Desk) -> str:
    """NOPs a thousand apart, until the number has passed its end."""
    await _ready(desk)
    first = (await desk.mailbox(Unit.CABIN1))["taken_seq"]
    # at most 66 of them lead around
    for _ in range(SEQ_LIMIT // FURTHEST + 1):
        taken = (await desk.mailbox(Unit.CABIN1))["taken_seq"]
        seq = ahead(taken or SEQ_LIMIT, FURTHEST)
        await desk.send(Unit.CABIN1, seq, 0)
        await desk.fenced(Unit.CABIN1, seq)
        if seq < taken:
            return f"{first} to {taken}, then {seq}"
    return f"{first} to {seq}"


@MAILBOXES.check("5", "reasons are looked for in this order: 12, 1, 2, …")
async def reasons_come_in_their_order(desk: Desk) -> str:
    """A command that is wrong in more ways than one."""
    await _ready(desk)
    taken = await _fence_twice(desk, Unit.CARRIAGE)
    behind = await desk.refusal(Unit.CARRIAGE, ahead(taken, -1), UNKNOWN_CODE, NOWHERE)
    expect(behind == R_SEQ, f"behind, unknown and out of range: {behind}")
    unknown = await desk.refusal(Unit.CARRIAGE, ahead(taken, 1), UNKNOWN_CODE, NOWHERE)
    expect(unknown == R_CODE, f"unknown and out of range: {unknown}")
    beyond = await desk.refusal(Unit.CARRIAGE, ahead(taken, 2), Code.LIFT_TO, NOWHERE)
    expect(beyond == R_ARGUMENT, f"out of range: {beyond}")
    return "12 before 1 before 2"


@MAILBOXES.check("5.4", "a new session goes on at taken_seq plus 1")
async def numbers_go_on_in_a_new_session(desk: Desk) -> str:
    """taken_seq stays over the change of session."""
    await _ready(desk)
    seq = await desk.fence(Unit.BAYS)
    await _ready(desk)
    taken = (await desk.mailbox(Unit.BAYS))["taken_seq"]
    expect(taken == seq, f"taken_seq {seq} became {taken}")
    return f"{seq}, then {await desk.fence(Unit.BAYS)}"
