"""What follows when a mailbox command has ended, however it did. Pure."""

from __future__ import annotations

from towerd.faults import COMMAND_FAILED, COMMAND_REFUSED, DOOR_STUCK
from towerd.fsm.hand import hand_ended
from towerd.fsm.inventory import ask_sensors, settle_fork
from towerd.fsm.latch import clear_fault, raise_fault
from towerd.fsm.state import Step
from towerd.fsm.turn import Turn
from towerd.fsm.upkeep import note_command
from towerd.fsm.watched import DoneAgain
from towerd.jobs.model import Act
from towerd.plc.codes import ERROR_DOOR_BLOCKED, ERROR_INTERLOCK_LOST, ERROR_TEXT, FORK_CODES, REJECT_TEXT, Code

_DOORS = (Code.INNER_DOOR, Code.OUTER_DOOR)
_VAIN_WITHIN_S = 60.0
_DOOR_RETRY_S = 10.0
_SIGN_PAUSES = 15


def describe(work: Step | Act) -> str:
    """A command for people: LIFT_TO 3-4, INNER_DOOR open (CABIN1)."""
    code, args = (work.code, work.args) if isinstance(work, Step) else (work.command.code, work.command.args)
    name = Code(code).name
    if code in _DOORS:
        return f"{name} {'open' if args[0] else 'close'} ({work.unit})"
    if code in (Code.HOME, Code.SIGNAL):
        return f"{name} {args[0]}"
    return f"{name} {args[0]}-{args[1]}"


def pace_of(work: Step | Act) -> str:
    """What the pauses and the count of a command are kept under: its mailbox; a sign has its own, as it shares that with doors."""
    code = work.code if isinstance(work, Step) else work.command.code
    return f"{work.unit} sign" if code == Code.SIGNAL else work.unit


def _pause(turn: Turn, step: Step, pause_s: float, *, counted: bool) -> int:
    pace = pace_of(step)
    count = turn.volatile.refusals.get(pace, 0) + counted
    turn.set(
        retry_after_mono_s={**turn.volatile.retry_after_mono_s, pace: turn.mono_s + pause_s},
        refusals={**turn.volatile.refusals, pace: count},
    )
    return count


def _turned_down(turn: Turn, step: Step, why: str) -> None:
    count = _pause(turn, step, turn.config.retry_s, counted=True)
    if count >= turn.config.refusals_before_fault and step.code != Code.SIGNAL:
        raise_fault(turn, COMMAND_REFUSED, f"{describe(step)}: {why}")
        turn.set(refusals={**turn.volatile.refusals, pace_of(step): 0})


def _failed(turn: Turn, step: Step) -> None:
    error = step.error or 0
    text = ERROR_TEXT.get(error, f"error {error}")
    if error == ERROR_INTERLOCK_LOST or step.code == Code.SIGNAL:
        _turned_down(turn, step, text)
        return
    stuck = step.code == Code.OUTER_DOOR and error == ERROR_DOOR_BLOCKED
    raise_fault(turn, DOOR_STUCK if stuck else COMMAND_FAILED, f"{describe(step)}: {text}")
    if step.code == Code.OUTER_DOOR:
        # a fault keeps no cabin from letting its car out
        _pause(turn, step, _DOOR_RETRY_S, counted=False)


def _done(turn: Turn, step: Step) -> None:
    if turn.volatile.refusals.get(pace_of(step)):
        turn.set(refusals={**turn.volatile.refusals, pace_of(step): 0})
    count = _count_done(turn, step)
    if count > 1:
        # the PLC says done, and yet it was asked for again: the machine does not show it; a sign may never show, and can wait
        longer = min(count - 1, _SIGN_PAUSES) if step.code == Code.SIGNAL else 1
        _pause(turn, step, longer * turn.config.retry_s, counted=False)
    if count >= turn.config.refusals_before_fault and step.code != Code.SIGNAL:
        _done_in_vain(turn, step, count)
    elif step.code == Code.OUTER_DOOR and not step.args[0]:
        clear_fault(turn, DOOR_STUCK, None)


def _count_done(turn: Turn, step: Step) -> int:
    """How often this very command has now been done running, with no other of its pace between, in a short time."""
    what = (int(step.code), step.args[0], 0 if step.code in _DOORS else step.args[1])
    known = turn.volatile.done_again.get(pace_of(step))
    same = known is not None and known.what == what and turn.mono_s - known.mono_s < _VAIN_WITHIN_S
    count = known.count + 1 if known is not None and same else 1
    turn.set(done_again={**turn.volatile.done_again, pace_of(step): DoneAgain(what, count, turn.mono_s)})
    return count


def _done_in_vain(turn: Turn, step: Step, count: int) -> None:
    cause = f"{describe(step)}: the PLC says done {count} times running, and the machine does not show it"
    if step.code == Code.OUTER_DOOR:
        raise_fault(turn, DOOR_STUCK, cause)
        _pause(turn, step, _DOOR_RETRY_S, counted=False)
    else:
        raise_fault(turn, COMMAND_FAILED, cause)


def _ended_by_hand(turn: Turn, step: Step) -> None:
    # whoever gave it stands beside the machine and is told; nothing is latched, counted or tried again
    if step.code in FORK_CODES and step.state != "rejected":
        ask_sensors(turn, step)
        settle_fork(turn)
    else:
        hand_ended(turn, step, describe(step))


def step_ended(turn: Turn, step: Step) -> None:
    """Take the end of a command: fork commands to the sensors, errors and refusals to those who must know."""
    note_command(turn, step)
    if step.by is not None:
        _ended_by_hand(turn, step)
        return
    if step.state == "rejected":
        code = step.reject_code or 0
        _turned_down(turn, step, REJECT_TEXT.get(code, f"refusal {code}"))
        return
    if step.code in FORK_CODES:
        ask_sensors(turn, step)
        settle_fork(turn)
    if step.state == "failed":
        _failed(turn, step)
    elif step.state == "done":
        _done(turn, step)
    elif step.state == "lost" and turn.snapshot is not None and turn.snapshot.system.boot_id == step.boot_id:
        # written, fenced, and never taken by a PLC that has been on all the time
        _turned_down(turn, step, "the PLC does not take it")
