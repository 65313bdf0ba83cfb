"""Cars that are driven in: checked, taken up, or turned away (orders-if.md 6.4, plc-if.md 5.8). Pure.

What comes next is asked anew with every picture of the cabin (`cabin.intake`); the row holds what the cabin cannot show.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from towerd.cabin.intake import IntakeState, Progress, Seen, Wanted, look, owes, wants_closed, wants_open
from towerd.cabin.intake import intake_sign as sign_of
from towerd.cabin.model import Cabin, DoorState
from towerd.faults import INVENTORY_DISAGREES
from towerd.fsm.acting import STILL, close_outer, open_outer, show_sign
from towerd.fsm.charts import INTAKE
from towerd.fsm.intake_book import intake_in
from towerd.fsm.intake_row import Intake
from towerd.fsm.inventory import mark_unknown
from towerd.fsm.latch import raise_fault
from towerd.fsm.loans import loan_drives_off, loan_returned, loan_returns, take_back, tell_condition
from towerd.fsm.owing import note_owed, unconfirmed
from towerd.fsm.photos import photographed
from towerd.fsm.room import measured_in
from towerd.fsm.turn import Turn
from towerd.fsm.wishes import free_bays
from towerd.orders.eligibility import LOAN_ENDED
from towerd.orders.loan_facts import NOTHING_SAID
from towerd.orders.model import Vehicle
from towerd.orders.readings import noted
from towerd.orders.release import release_denies
from towerd.places import OUT, cabin
from towerd.plc.snapshot import Capability

_TRIGGERS: Final[dict[IntakeState, str]] = {
    "opening": "open",
    "waiting": "await_car",
    "positioning": "position",
    "reading": "read",
    "securing": "secure",
    "clearing": "clear",
    "closing": "close",
    "storing": "take_in",
    "turned_away": "turn_away",
}
_RIGHT_CAR: Final = ("securing", "clearing", "closing", "storing")
_NO_CAR: Final = ("opening", "waiting", "turned_away")
_ENDS: Final = {"expired": "expire", "cancelled": "cancel"}


def drive_in(turn: Turn, shown: Cabin) -> bool:
    """Do the one thing that comes next for a car that is driven into this cabin; False where none is."""
    row = intake_in(turn.tables, shown.number)
    if row is None:
        note_owed(turn, shown.number, unconfirmed(turn, shown))
        return False
    row = _follow(turn, row, shown)
    lost_s = note_owed(turn, row.cabin, owes(shown, row.state))
    if lost_s:
        row = replace(row, lost_s=row.lost_s + lost_s)
        turn.put("intakes", row.cabin, row)
    if row.open:
        _work_door(turn, row, shown)
        show_sign(turn, shown, sign_of(shown, row.state, row.reasons))
    return row.open


def _move(turn: Turn, row: Intake, trigger: str, reasons: tuple[str, ...] = (), **values: Any) -> Intake:
    state: IntakeState = INTAKE.next(row.state, trigger)  # type: ignore[assignment]
    changed = replace(row, state=state, since_at=turn.now, reasons=reasons, **values)
    turn.put("intakes", row.cabin, changed)
    return changed


def _follow(turn: Turn, row: Intake, shown: Cabin) -> Intake:
    if row.state == "turned_away":
        # whose car it was may be forgotten meanwhile
        if shown.content == "empty" and shown.outer_door is DoorState.CLOSED:
            return _move(turn, row, _ENDS.get(row.reasons[0], "refuse"), row.reasons)
        return row
    vehicle = turn.tables.vehicles[row.vehicle]
    if row.state == "storing":
        return _follow_stored(turn, row, vehicle)
    seen = _overtaken(turn, row, vehicle) or look(
        shown, _wanted(turn, vehicle), _progress(turn, row, shown), turn.config.intake
    )
    if seen.state in _RIGHT_CAR and not _has_bay(turn, vehicle, shown):
        seen = Seen("turned_away", ("no_room",))
    if seen.state == "storing" and row.kind == "loan" and not photographed(turn, shown, row.about, vehicle.id, "back"):
        # all is well, and nobody is in there: the cameras look before the carriage comes
        seen = Seen("closing")
    if seen.state != row.state:
        return _enter(turn, row, shown, seen)
    if seen.reasons != row.reasons:
        row = replace(row, reasons=seen.reasons)
        turn.put("intakes", row.cabin, row)
    return row


def _follow_stored(turn: Turn, row: Intake, vehicle: Vehicle) -> Intake:
    if vehicle.place == cabin(row.cabin):
        return row
    if vehicle.place.kind in ("carriage", "bay"):
        return _move(turn, row, "finish")
    # never opened for again: what stood there was the tower's
    return _move(turn, row, "lose", ("vehicle_gone",))


def _overtaken(turn: Turn, row: Intake, vehicle: Vehicle) -> Seen | None:
    """Why a car is no longer expected: somebody has said meanwhile that it stands elsewhere, or its loan has ended."""
    loan = turn.tables.loans.get(row.about) if row.kind == "loan" else None
    if vehicle.place != OUT:
        return Seen("turned_away", ("vehicle_elsewhere",))
    return Seen("turned_away", ("loan_ended",)) if loan is not None and loan.state in LOAN_ENDED else None


def _has_bay(turn: Turn, vehicle: Vehicle, shown: Cabin) -> bool:
    """Whether a bay is large enough for the car as it is measured; people in it count for no load."""
    machine, measured = turn.snapshot, measured_in(shown)
    if machine is None or measured is None or not turn.config.bay_sizes:
        return True
    return bool(free_bays(turn, machine, replace(vehicle, measured=replace(measured, mass_kg=0))))


def _wanted(turn: Turn, vehicle: Vehicle) -> Wanted:
    machine, record = turn.snapshot, vehicle.record
    scales = machine is not None and Capability.WEIGH_CELL in machine.identity.capabilities
    return Wanted(record.tag, record.mass_kg, record.length_mm, scales)


def _progress(turn: Turn, row: Intake, shown: Cabin) -> Progress:
    for_s = (turn.now - row.since_at).total_seconds()
    return Progress(row.state, for_s, row.secured_epoch == shown.occupancy_epoch)


def turn_away(turn: Turn, row: Intake, reason: str) -> Intake:
    """Expect the car no more: if it is in the cabin its driver takes it out again."""
    return _go_on(turn, row, Seen("turned_away", (reason,)))


def _go_on(turn: Turn, row: Intake, seen: Seen) -> Intake:
    # what a driver has said was said of a car that has gone again
    forgotten = {"found": NOTHING_SAID} if seen.state in ("opening", "waiting") else {}
    changed = _move(turn, row, _TRIGGERS[seen.state], seen.reasons, **forgotten)
    if row.kind == "loan":
        if seen.state in _RIGHT_CAR:
            loan_returns(turn, row.about, row.cabin)
        elif seen.state in _NO_CAR:
            loan_drives_off(turn, row.about)
    return changed


def _enter(turn: Turn, row: Intake, shown: Cabin, seen: Seen) -> Intake:
    changed = _go_on(turn, row, seen)
    if seen.state == "turned_away" and shown.content != "empty":
        _tell_turned_away(turn, changed, shown)
    if seen.state == "storing":
        _take_in(turn, changed)
    elif "wrong_tag" in seen.reasons:
        _check_inventory(turn, shown)
    return changed


def _tell_turned_away(turn: Turn, row: Intake, shown: Cabin) -> None:
    """A car stands there that is not taken in: another one, perhaps, than was lent or announced."""
    whose = turn.tables.loans.get(row.about) if row.kind == "loan" else turn.tables.orders.get(row.about)
    data = {"vehicle": row.vehicle, "cabin": row.cabin, "tag": shown.tag or None, "reasons": list(row.reasons)}
    turn.tell("vehicle_turned_away", data, whose if row.kind != "vehicle" else None)


def _take_in(turn: Turn, row: Intake) -> None:
    if row.kind == "stock":
        # nobody has had it yet: it is free as soon as its dealer's order is over
        turn.put_vehicle(turn.tables.vehicles[row.vehicle], place=cabin(row.cabin), condition="reserved")
        return
    vehicle = noted(turn.tables.vehicles[row.vehicle], row.found.reading, turn.now)
    vehicle = take_back(turn, vehicle, cabin(row.cabin))
    if row.kind == "loan":
        facts, rules = loan_returned(turn, row.about, row.found, row.lost_s), turn.config.rules.release
        if rules.by_rule and vehicle.rests_as == "inspection":
            vehicle = turn.put_vehicle(vehicle, kept_for=release_denies(facts, vehicle, rules))
    tell_condition(turn, vehicle)


def _recorded_inside(turn: Turn, shown: Cabin) -> Vehicle | None:
    """The vehicle of the inventory that this cabin's car is, or claims to be; one that is unknown may be in here too."""
    for vehicle in turn.tables.vehicles.values():
        tagged = shown.tag != 0 and vehicle.record.tag == shown.tag and vehicle.place != OUT
        if tagged or vehicle.place == cabin(shown.number):
            return vehicle
    return None


def _check_inventory(turn: Turn, shown: Cabin) -> None:
    other = _recorded_inside(turn, shown)
    if other is None:
        return
    cause = f"tag {shown.tag} of {other.id}, which should stand in {other.place}, was read in cabin {shown.number}"
    raise_fault(turn, INVENTORY_DISAGREES, cause)
    if other.place.kind == "bay":
        mark_unknown(turn, other.place, cause)


def _work_door(turn: Turn, row: Intake, shown: Cabin) -> None:
    door = shown.outer_door
    if door not in STILL:
        return
    if wants_open(shown, row.state):
        # a car of the inventory leaves by its hand-over only, whatever is wrong with it
        if door is not DoorState.OPEN and _recorded_inside(turn, shown) is None:
            open_outer(turn, shown)
    elif wants_closed(shown, row.state) and door is not DoorState.CLOSED:
        close_outer(turn, shown)
