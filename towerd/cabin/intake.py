"""Driving in: how far a car has come, by the cabin alone (orders-if.md 6.4, plc-if.md 5.8). Pure.

Nothing is a sequence: each look at the cabin says anew what is to be done next, so a driver who corrects the position, goes
away or comes back, a power cut and a PLC restart need no cases of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from towerd.cabin.model import SOMEBODY, Cabin, CabinSensors, DoorState, Gauge, Signal

IntakeState = Literal[
    "opening",
    "waiting",
    "positioning",
    "reading",
    "securing",
    "clearing",
    "closing",
    "storing",
    "turned_away",
    "done",
    "refused",
    "expired",
    "cancelled",
]
Owed = Literal["position", "answer", "button", "vehicle", "doorway"]
INTAKE_ENDED: Final[frozenset[str]] = frozenset({"done", "refused", "expired", "cancelled"})

MASS_TOLERANCE_RATIO: Final = 0.1
"""How far the mass may be from the record (6.4)."""
LENGTH_TOLERANCE_MM: Final = 200
"""How far the length may be from the record (6.4)."""

_MISPLACED: Final = (
    (CabinSensors.TOO_FAR_FORWARD, "too_far_forward"),
    (CabinSensors.TOO_FAR_BACK, "too_far_back"),
    (CabinSensors.TOO_FAR_LEFT, "too_far_left"),
    (CabinSensors.TOO_FAR_RIGHT, "too_far_right"),
)
_GAUGE: Final = (
    (Gauge.TOO_LONG, "too_long"),
    (Gauge.TOO_WIDE, "too_wide"),
    (Gauge.TOO_HIGH, "too_high"),
    (Gauge.TOO_HEAVY, "too_heavy"),
)
_MANNED: Final = frozenset({"positioning", "reading", "securing", "clearing"})
_SIGNS: Final = {
    "waiting": Signal.GREEN,
    "reading": Signal.STOP,
    "securing": Signal.STOP,
    "clearing": Signal.LEAVE_CABIN,
}


@dataclass(frozen=True, slots=True)
class IntakeRules:
    """`wait_s`: how long the door stands open for a car that does not come. `page_s`: how long a car may stand there with
    something owed and nobody near, before people are paged. `read_s`: how long tag and measures may take to be read.
    `report_age_s`: how young a report of odometer and charge or fuel must be, or the driver types them.
    """

    wait_s: float = 300.0
    page_s: float = 300.0
    read_s: float = 10.0
    report_age_s: float = 900.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the car's record says. `scales`: whether the cabin weighs; without, its mass reads 0 and is not compared."""

    tag: int
    mass_kg: int
    length_mm: int
    scales: bool = True


@dataclass(frozen=True, slots=True)
class Progress:
    """What is known beside the cabin: the state so far and for how long, s, and whether the driver has confirmed that the
    car is secured.
    """

    state: IntakeState
    for_s: float
    secured: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """The state that the cabin shows, and why where it is not as it should be."""

    state: IntakeState
    reasons: tuple[str, ...] = ()


def look(shown: Cabin, wanted: Wanted, progress: Progress, rules: IntakeRules) -> Seen:
    """How far a car that is being driven in has come; for states before `storing` and `turned_away`."""
    if shown.content == "empty":
        return _without_car(shown, progress, rules)
    misplaced = _misplaced(shown)
    if misplaced:
        return Seen("positioning", misplaced)
    unread = _unread(shown, wanted)
    if unread:
        late = progress.state == "reading" and progress.for_s >= rules.read_s
        return Seen("turned_away" if late else "reading", unread)
    wrong = _wrong(shown, wanted)
    if wrong:
        return Seen("turned_away", wrong)
    return _right_car(shown, wanted, progress)


def _without_car(shown: Cabin, progress: Progress, rules: IntakeRules) -> Seen:
    # whoever is just about to drive in is given as long again
    patience_s = rules.wait_s if shown.deserted else 2 * rules.wait_s
    if progress.state in ("opening", "waiting") and progress.for_s >= patience_s:
        return Seen("turned_away", ("expired",))
    return Seen("waiting" if shown.outer_door is DoorState.OPEN else "opening")


def _right_car(shown: Cabin, wanted: Wanted, progress: Progress) -> Seen:
    if not progress.secured:
        return Seen("securing")
    if not shown.clear or CabinSensors.LIGHT_CURTAIN_CLEAR not in shown.sensors:
        return Seen("clearing")
    # the mass is judged once nobody is left in the car, and somebody has looked
    if wanted.scales and abs(shown.mass_kg - wanted.mass_kg) > wanted.mass_kg * MASS_TOLERANCE_RATIO:
        return Seen("turned_away", ("wrong_mass",))
    return Seen("storing" if shown.outer_door is DoorState.CLOSED else "closing")


def _misplaced(shown: Cabin) -> tuple[str, ...]:
    found = tuple(name for bit, name in _MISPLACED if bit in shown.sensors)
    if found or shown.content == "occupied":
        return found
    # one of two sensors: seen from the street the front one is the far one
    return ("too_far_forward",) if CabinSensors.VEHICLE_FRONT in shown.sensors else ("too_far_back",)


def _unread(shown: Cabin, wanted: Wanted) -> tuple[str, ...]:
    found = [] if shown.tag else ["tag_not_read"]
    if Gauge.VALID not in shown.gauge or not shown.length_mm or (wanted.scales and not shown.mass_kg):
        found.append("not_measured")
    return tuple(found)


def _wrong(shown: Cabin, wanted: Wanted) -> tuple[str, ...]:
    found = [name for bit, name in _GAUGE if bit in shown.gauge]
    if shown.tag != wanted.tag:
        found.append("wrong_tag")
    if abs(shown.length_mm - wanted.length_mm) > LENGTH_TOLERANCE_MM:
        found.append("wrong_length")
    return tuple(found)


def owes(shown: Cabin, state: IntakeState) -> Owed | None:
    """What people still have to do about a car that stands there with nobody near: correct its position, say that it is
    secured, press the button, take it away again; or, once it has gone, leave the doorway. None where somebody is at it,
    or nothing is owed.
    """
    if state == "storing":
        # the cabin may show empty with the fork that takes the car still in it
        return None if shown.clear or shown.sensors & SOMEBODY else "button"
    if shown.content == "empty":
        return "doorway" if state == "turned_away" and not shown.deserted else None
    if shown.sensors & SOMEBODY:
        return None
    owed: dict[str, Owed] = {
        "positioning": "position",
        "securing": "answer",
        "clearing": "button",
        "turned_away": "vehicle",
    }
    return owed.get(state)


def wants_open(shown: Cabin, state: IntakeState) -> bool:
    """Whether the outer door is to be opened: for the car that is expected, and for one that must be moved by its driver."""
    if state == "turned_away":
        return shown.content != "empty"
    return state in ("opening", "positioning")


def wants_closed(shown: Cabin, state: IntakeState) -> bool:
    """Whether the outer door is to be closed: over a car that is taken in, or behind whoever has left for good."""
    if state == "turned_away":
        return shown.deserted
    return state == "closing" or (state == "storing" and shown.clear)


def intake_sign(shown: Cabin, state: IntakeState, reasons: tuple[str, ...]) -> Signal:
    """What the cabin's sign shows to whoever drives in."""
    if shown.outer_door is DoorState.CLOSED and state not in _MANNED:
        return Signal.RED
    if state == "positioning":
        back = "too_far_forward" in reasons or "too_far_back" not in reasons
        return Signal.DRIVE_BACK if back else Signal.DRIVE_FORWARD
    if state == "turned_away":
        if shown.content != "empty":
            return Signal.DRIVE_BACK
        return Signal.RED if shown.deserted else Signal.LEAVE_CABIN
    return _SIGNS.get(state, Signal.RED)
