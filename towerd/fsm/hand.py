"""What a technician is told: why something is not done, how a command by hand ended, and what to do next. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from towerd.fsm.hindrances import Hindrance, hindrances
from towerd.fsm.reply import NOWHERE, ReplyTo
from towerd.fsm.state import Step
from towerd.fsm.turn import Turn
from towerd.plc.codes import ERROR_TEXT, REJECT_TEXT
from towerd.plc.snapshot import Interlock, Snapshot

_DONE = 3
_INTERLOCK, _PERSON = 6, 10
_INTERLOCK_TEXT: Final[dict[Interlock, str]] = {
    Interlock.ESTOP_CHAIN: "emergency stop chain open",
    Interlock.DRIVES_OFF: "drives off",
    Interlock.NOT_HOMED: "an axis is not homed",
    Interlock.FORK_NOT_CENTRED: "fork not centred",
    Interlock.INNER_DOOR1_NOT_CLOSED: "inner door 1 not closed",
    Interlock.INNER_DOOR2_NOT_CLOSED: "inner door 2 not closed",
    Interlock.PERSON_CABIN1: "person in cabin 1",
    Interlock.PERSON_CABIN2: "person in cabin 2",
    Interlock.SHAFT_NOT_CLEAR: "shaft not clear",
    Interlock.BAYS_NOT_LOCKED: "a bay is not locked",
    Interlock.VEHICLE_MISPLACED: "vehicle misplaced on the carriage",
    Interlock.OVERLOAD: "overload",
    Interlock.OVERSPEED: "overspeed",
    Interlock.SLACK_ROPE: "slack rope",
    Interlock.FIRE: "fire",
    Interlock.GATE_OPEN: "maintenance gate open",
}
REJECT_CURE: Final[dict[int, str]] = {
    1: "The PLC's program does not know the command: compare its version with the interface.",
    2: "Look at floor, position, cabin and override: of each pair of sensors one at most, none in Auto.",
    3: "Wait until the running command has ended, or: towerctl cancel.",
    4: "Turn the key on the cabinet to Manual.",
    5: "towerctl status shows the state; towerctl packml reset, start, unhold or clear leads on.",
    6: "Remove what is in the way, then ask again.",
    7: "towerctl home all.",
    8: "Ask again when the link is good.",
    9: "Hold the enabling switch in your hand, and ask again.",
    10: "Look into the cabin and the shaft; press the button outside the cabin when nobody is in there.",
    11: "Look into the cabin again, then ask again.",
    12: "Ask again.",
}
ERROR_CURE: Final[dict[int, str]] = {
    1: "A condition was lost on the way (switch, key, link, door, person): look, then ask again.",
    2: "Look at the axis and its way; towerctl jog leads it step by step.",
    3: "Look at place and carriage: towerctl bay show, then decide.",
    4: "Look what is stuck, then ask again.",
    5: "See the drive's alarm: towerctl alarms. Acknowledging it resets the drive.",
    6: "Remove the cause of the stop; towerctl why leads on.",
    7: "Free the doorway, then ask again.",
    8: "Look which sensor is wrong; an override leaves one of a pair out.",
    9: "Take the load off: the vehicle stands where it stood.",
}


@dataclass(frozen=True, slots=True)
class Denied:
    """Why something asked by hand is not done: a code, what is so, and what to do."""

    reason: str
    text: str
    cure: str
    reject_code: int | None = None


def refuse(turn: Turn, reply: ReplyTo, denied: Denied) -> None:
    """Tell who asked."""
    code = {} if denied.reject_code is None else {"reject_code": denied.reject_code}
    turn.answer(reply, False, (denied.reason,), {"text": denied.text, "cure": denied.cure, **code})


def in_the_way(machine: Snapshot | None) -> str:
    """The interlocks that stand now, for people."""
    if machine is None:
        return ""
    return ", ".join(text for bit, text in _INTERLOCK_TEXT.items() if bit in machine.system.interlocks)


def plc_denies(machine: Snapshot | None, code: int, found: Sequence[Hindrance] = ()) -> Denied:
    """A reject code in the PLC's words; `found`: what the machine shows against it, which says more than the code."""
    words = REJECT_TEXT.get(code, f"refusal {code}")
    if found and code in (_INTERLOCK, _PERSON):
        cure = " ".join(dict.fromkeys(one.cure for one in found))
        text = f"{words}: {'; '.join(one.text for one in found)}"
        return Denied("plc_refused", text, f"{cure} Then ask again.", code)
    shown = in_the_way(machine) if code == _INTERLOCK else ""
    text = f"{words}: {shown}" if shown else words
    return Denied("plc_refused", text, REJECT_CURE.get(code, ""), code)


def await_end(turn: Turn, unit: str, reply: ReplyTo) -> None:
    """Keep who waits until the command of this mailbox has ended."""
    turn.set(hand_replies={**turn.volatile.hand_replies, unit: reply})


def _taken_reply(turn: Turn, unit: str) -> ReplyTo:
    waiting = dict(turn.volatile.hand_replies)
    reply = waiting.pop(unit, NOWHERE)
    if reply is not NOWHERE:
        turn.set(hand_replies=waiting)
    return reply


def hand_ended(turn: Turn, step: Step, what: str) -> None:
    """A command by hand has ended: tell its asker and the audit. Nothing is tried again by itself."""
    told: dict[str, Any] = {"command": what, "unit": step.unit, "by": step.by}
    reply = _taken_reply(turn, step.unit)
    if step.state == "rejected":
        machine = turn.snapshot
        found = hindrances(machine, step.unit, step.code, step.args) if machine is not None else ()
        denied = plc_denies(machine, step.reject_code or 0, found)
        turn.tell("manual_intervention", {**told, "end": f"refused: {denied.text}"})
        refuse(turn, reply, denied)
        return
    ok, text, cure = _end(step)
    turn.tell("manual_intervention", {**told, "end": text})
    turn.answer(reply, ok, () if ok else ("not_done",), {**told, "text": text, "cure": cure, "error": step.error})


def _end(step: Step) -> tuple[bool, str, str]:
    if step.result is None:
        return False, "it never began, or the PLC was restarted", "Look where everything stands, then ask again."
    if step.result == _DONE:
        return True, "done", ""
    if step.error:
        text = ERROR_TEXT.get(step.error, f"error {step.error}")
        return False, text, ERROR_CURE.get(step.error, "")
    return False, "cancelled", "It stopped on its ramp. Ask again when the way is free."


def hand_settled(turn: Turn, step: Step, what: str, outcome: str) -> None:
    """The sensors have said what came of a fork command by hand; `outcome` is that of `jobs.settle`."""
    _ok, text, cure = _end(step)
    words = {"after": "the vehicle has moved", "before": "the vehicle is where it was"}
    where = words.get(outcome, "nobody can tell where the vehicle is: look, then towerctl bay set")
    told = {"command": what, "unit": step.unit, "by": step.by, "end": f"{text}; {where}"}
    turn.tell("manual_intervention", told)
    ok = outcome == "after"
    body = {**told, "text": f"{text}; {where}", "cure": cure, "error": step.error}
    turn.answer(_taken_reply(turn, step.unit), ok, () if ok else ("not_done",), body)
