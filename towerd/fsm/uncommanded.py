"""Doors, locks and bays that change without a command: somebody is at work whom nobody asked. Pure.

What each showed last is kept in the table `seen`, so that a change is found whether it happened between two looks, while
the link was lost, or while towerd was down. A change is explained by a command of ours at that place; by what the PLC
does by itself (exit button, plc-if.md 4.6); by hands that may (no power, 4.6; a technician, by the key). All but our own
are told. Whatever nobody explains is a security alarm, and a bay that it touches is unknown until stock is taken.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from towerd.bays.model import content, is_locked
from towerd.cabin.model import Cabin, CabinSensors, DoorState
from towerd.faults import BAY_CHANGED, DOOR_CHANGED, LAYOUT_CHANGED, LOCK_CHANGED
from towerd.fsm.alarm_rows import Seen
from towerd.fsm.inventory import FORK, mark_unknown
from towerd.fsm.latch import raise_fault
from towerd.fsm.state import Step
from towerd.fsm.turn import Turn
from towerd.places import parse_place
from towerd.plc.codes import Code
from towerd.plc.snapshot import KeySwitch, Safety, Snapshot

GRACE_S: Final = 3.0
"""How long after a command's end its effect may still come into view: blocks are read one after the other."""
_GRACE: Final = timedelta(seconds=GRACE_S)
_MARK_EVERY_S: Final = 1.0
_NEVER_S: Final = -math.inf
_EXIT_ALARM: Final = 31
_EXIT_REASON: Final = 9
_BY_TECHNICIAN: Final = (KeySwitch.MANUAL, KeySwitch.MAINTENANCE)
_BOOT: Final = "boot"
_FAULTS: Final = {"bay": BAY_CHANGED, "lock": LOCK_CHANGED, "inner": DOOR_CHANGED, "outer": DOOR_CHANGED}
_NAMES: Final = {"bay": "bay {}", "lock": "lock of bay {}", "inner": "inner door {}", "outer": "outer door {}"}


def _touched_by(step: Step) -> str | None:
    """What a command of ours may change, as a key of `seen`; None: nothing that is watched."""
    match step.code:
        case Code.INNER_DOOR:
            return f"inner:{step.unit[-1]}"
        case Code.OUTER_DOOR:
            return f"outer:{step.unit[-1]}"
        case Code.BAY_UNLOCK | Code.BAY_LOCK:
            return f"lock:{step.args[0]}-{step.args[1]}"
        case Code.FORK_GET | Code.FORK_PUT:
            return f"bay:{step.args[0]}-{step.args[1]}"
    return None


def mark_own(turn: Turn) -> None:
    """Remember what our commands are at: a mailbox shows its newest command only, and effects may be seen late. With each picture."""
    known, mono_s, ended_since_at = turn.volatile.touched_mono_s, turn.mono_s, turn.now - _GRACE
    marked: dict[str, float] = {}
    for unit, step in turn.tables.steps.items():
        if step.open or unit == FORK or (step.ended_at is not None and step.ended_at >= ended_since_at):
            key = _touched_by(step)
            if key is not None and mono_s - known.get(key, _NEVER_S) >= _MARK_EVERY_S:
                marked[key] = mono_s
    if marked:
        kept = {key: at for key, at in known.items() if mono_s - at <= GRACE_S + _MARK_EVERY_S}
        turn.set(touched_mono_s=kept | marked)


def _is_ours(turn: Turn, key: str) -> bool:
    return turn.mono_s - turn.volatile.touched_mono_s.get(key, _NEVER_S) <= GRACE_S + _MARK_EVERY_S


def _doors(shown: Cabin) -> Iterator[tuple[str, str]]:
    for name, door in (("inner", shown.inner_door), ("outer", shown.outer_door)):
        yield f"{name}:{shown.number}", "closed" if door is DoorState.CLOSED else "open"


def _bay(place: str, word: int) -> Iterator[tuple[str, str]]:
    yield f"lock:{place}", "locked" if is_locked(word) else "unlocked"
    # one of two sensors says nothing yet: PLC-034 and the inventory see to it
    if content(word) != "disagree":
        yield f"bay:{place}", content(word)


def _moved(before: Snapshot | None, machine: Snapshot) -> Iterator[tuple[str, str]]:
    """What may have changed since `before`; everything where that is not known."""
    if before is None or before.cabins != machine.cabins:
        for shown in machine.cabins:
            yield from _doors(shown)
    if before is not None and before.bay_words == machine.bay_words:
        return
    known = before.bay_words if before is not None else ()
    for index, (place, word) in enumerate(machine.bays()):
        if index >= len(known) or known[index] != word:
            yield from _bay(f"{place.floor}-{place.position}", word)


def _exit_pressed(machine: Snapshot, number: int) -> bool:
    alarm, alarms = _EXIT_ALARM + number, machine.alarms
    held = machine.system.stop_reason == _EXIT_REASON and alarm in alarms.unacked
    return held or alarm in alarms.active or CabinSensors.EXIT_BUTTON in machine.cabin(number).sensors


def _powerless(turn: Turn, machine: Snapshot) -> bool:
    """Whether there is no power now, or was none since the last look: the PLC has restarted (4.7)."""
    known = turn.tables.seen.get(_BOOT)
    restarted = known is not None and known.value != str(machine.system.boot_id)
    return restarted or Safety.MAINS_OK not in machine.system.safety


def _allowed(turn: Turn, key: str, pictures: tuple[Snapshot, ...]) -> str | None:
    """Whose hands may have done it, beside our own; None: nobody's."""
    if any(picture.system.key_switch in _BY_TECHNICIAN for picture in pictures):
        return "technician"
    kind, _, number = key.partition(":")
    if kind in ("inner", "outer") and any(_exit_pressed(picture, int(number)) for picture in pictures):
        return "exit button"
    if kind == "outer" and _powerless(turn, pictures[-1]):
        return "by hand, without power"
    return None


def _tell(turn: Turn, key: str, known: str, value: str, how: str | None, gap: bool) -> None:
    kind, _, where = key.partition(":")
    what = f"{_NAMES[kind].format(where)} was {known} and is {value}"
    if kind == "bay" or (kind == "lock" and how is None):
        mark_unknown(turn, parse_place(where), f"{what} without a command")
    if how is None:
        while_what = " while nobody could look" if gap else ""
        raise_fault(turn, _FAULTS[kind], f"{what}{while_what}")
    else:
        turn.tell("manual_intervention", {"changed": key, "from": known, "to": value, "how": how, "by": None})


def watch_changes(turn: Turn, before: Snapshot | None) -> None:
    """Compare what doors, locks and bays show with what they showed last; `before` is the last look of this session."""
    machine = turn.snapshot
    if machine is None:
        return
    pictures = (machine,) if before is None else (before, machine)
    # another station table: nothing is where it was, and a technician has to confirm it first (2.1)
    adopt = LAYOUT_CHANGED in turn.tables.faults
    for key, value in _moved(before, machine):
        known = turn.tables.seen.get(key)
        if known is not None and known.value == value:
            continue
        turn.put("seen", key, Seen(key, value))
        if known is not None and not adopt and not _is_ours(turn, key):
            _tell(turn, key, known.value, value, _allowed(turn, key, pictures), before is None)
    boot, known = str(machine.system.boot_id), turn.tables.seen.get(_BOOT)
    if known is None or known.value != boot:
        turn.put("seen", _BOOT, Seen(_BOOT, boot))
