"""Which vehicle an order gets, and which number (orders-if.md 4.4, 4.5). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from towerd.orders.book import OrderBook
from towerd.orders.calendar import Calendar, booking_for, calendar_of, first_gap, usual_time
from towerd.orders.claim_parts import VehicleById, VehicleByModel
from towerd.orders.eligibility import LOAN_ENDED
from towerd.orders.model import Slot, Vehicle
from towerd.orders.rules import OrderRules

NUMBERS = 10_000
HERE = frozenset({"bay", "carriage", "cabin"})
# one that is under way and nobody's is soon in a bay, and is fetched from there: whoever orders it is served after that
_FETCHED: Final = ("available", "reserved", "moving")
_STEP: Final = timedelta(minutes=15)
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Wanted:
    """When a vehicle is wanted, and what for. `named`: the customer may choose another slot; else it is now, or never."""

    kind: str
    slot: Slot
    named: bool = False


@dataclass(frozen=True, slots=True)
class Offerable:
    """A vehicle that may be ordered; `from_at` None: now."""

    vehicle: Vehicle
    from_at: datetime | None


def charge_suffices(vehicle: Vehicle, rules: OrderRules) -> bool:
    """Electric cars leave with enough charge; an unknown charge counts as too little unless the site says otherwise."""
    record = vehicle.record
    if record.propulsion != "electric":
        return True
    if vehicle.charge_ratio is None:
        return rules.unknown_charge_leaves
    return vehicle.charge_ratio >= rules.for_model(record.make, record.model).min_charge_ratio


def offer_for(kind: str) -> str:
    """The offer of a vehicle that an order of this kind takes up."""
    return "test_drive" if kind == "test_drive" else "purchase"


def may_leave(vehicle: Vehicle, rules: OrderRules) -> bool:
    """Whether a vehicle that is promised to a customer may still be handed over."""
    return vehicle.rests_as == "available" and charge_suffices(vehicle, rules)


def may_serve(kind: str, vehicle: Vehicle, rules: OrderRules) -> bool:
    """Whether a vehicle may leave with an order of this kind: its dealer takes it out whatever is wrong with it."""
    return kind == "stock_out" or may_leave(vehicle, rules)


def _never_back(vehicle: Vehicle, calendar: Calendar) -> bool:
    """Whether nobody knows when a vehicle that is out will be back."""
    loan = calendar.loans.get(vehicle.id)
    return vehicle.condition == "out" if loan is None else loan.state == "overdue"


def busy(vehicle: Vehicle, wanted: Wanted, calendar: Calendar, rules: OrderRules) -> str | None:
    """Why a vehicle is somebody else's then: `slot_conflict` where another slot would do, `vehicle_taken`, or None."""
    if _never_back(vehicle, calendar):
        return "vehicle_taken"
    slot = Slot(max(wanted.slot.from_at, calendar.now), wanted.slot.until_at)
    asked = booking_for("", wanted.kind, slot, vehicle, rules)
    clashes = [one for one in calendar.taken.get(vehicle.id, ()) if one.overlaps(asked)]
    if not clashes:
        return None
    for_good = any(one.until_at is None and one.from_at <= slot.from_at for one in clashes)
    return "slot_conflict" if wanted.named and not for_good else "vehicle_taken"


def _unfit(vehicle: Vehicle, offer: str, calendar: Calendar, rules: OrderRules) -> bool:
    """Whether nobody knows when a vehicle may be handed over. Of one that is out nobody knows the charge that it will have."""
    if offer not in vehicle.record.offers or vehicle.reasons or vehicle.rests_as == "out_of_service":
        return True
    if vehicle.id in calendar.loans:
        return False
    lost = vehicle.place.kind not in HERE or vehicle.condition in ("unknown", "out_of_service")
    return lost or vehicle.id in calendar.kept or not charge_suffices(vehicle, rules)


def _rests(vehicle: Vehicle) -> bool:
    """Whether a vehicle that is here could be brought to anybody now: nobody has to look at it first."""
    return vehicle.condition in _FETCHED and vehicle.rests_as == "available"


def obstacle(vehicle: Vehicle, wanted: Wanted, calendar: Calendar, rules: OrderRules) -> str | None:
    """Why `vehicle` cannot be ordered then: `slot_conflict`, `vehicle_taken`, `vehicle_unavailable`, or None."""
    taken = busy(vehicle, wanted, calendar, rules)
    if taken is not None:
        return taken
    if _unfit(vehicle, offer_for(wanted.kind), calendar, rules):
        return "vehicle_unavailable"
    if vehicle.id in calendar.loans or _rests(vehicle) or wanted.slot.from_at >= calendar.now + rules.turnaround:
        return None
    return "slot_conflict" if wanted.named else "vehicle_unavailable"


def _is_meant(vehicle: Vehicle, wish: VehicleById | VehicleByModel) -> bool:
    record = vehicle.record
    if isinstance(wish, VehicleById):
        return record.id == wish.id
    return (record.make, record.model, record.colour) == (wish.make, wish.model, wish.colour)


def vehicles_meant(wish: VehicleById | VehicleByModel, vehicles: Iterable[Vehicle]) -> list[Vehicle]:
    """Those of `vehicles` that are what was wished for, free or not."""
    return [vehicle for vehicle in vehicles if _is_meant(vehicle, wish)]


def choose_vehicle(
    wanted: Wanted, fitting: Sequence[Vehicle], calendar: Calendar, ready_s: Mapping[str, float], rules: OrderRules
) -> Vehicle | str:
    """The vehicle among those fitting that is handed over soonest, or the reason why there is none. `calendar` is theirs."""
    if not fitting:
        return "no_such_vehicle"
    obstacles = {vehicle.id: obstacle(vehicle, wanted, calendar, rules) for vehicle in fitting}
    free = [vehicle for vehicle in fitting if obstacles[vehicle.id] is None]
    if free:
        return min(free, key=lambda vehicle: (ready_s.get(vehicle.id, float("inf")), vehicle.id))
    reasons = ("slot_conflict", "vehicle_taken", "vehicle_unavailable")
    return next(reason for reason in reasons if reason in obstacles.values())


def _full_step(at: datetime) -> datetime:
    over = (at - _EPOCH) % _STEP
    return at + (_STEP - over) % _STEP


def _orderable_from(vehicle: Vehicle, calendar: Calendar, rules: OrderRules) -> datetime | None:
    """When a drive of the usual length may begin at the earliest, on a full quarter of an hour unless it is now."""
    now, taken, length = calendar.now, calendar.taken[vehicle.id], usual_time(vehicle, rules)
    rests = vehicle.id in calendar.loans or _rests(vehicle)
    at = first_gap(taken, now if rests else now + rules.turnaround, length)
    while at is not None and at != now and at != _full_step(at):
        at = first_gap(taken, _full_step(at), length)
    return at


def orderable(book: OrderBook, rules: OrderRules, now: datetime) -> tuple[Offerable, ...]:
    """The vehicles that can be ordered for a test drive, now or within the days that a slot may lie ahead, by id (the
    catalogue's).
    """
    vehicles = [one for one in book.vehicles.values() if "test_drive" in one.record.offers]
    calendar = calendar_of(book, vehicles, rules, now)
    found = []
    for vehicle in sorted(vehicles, key=lambda one: one.id):
        if _never_back(vehicle, calendar) or _unfit(vehicle, "test_drive", calendar, rules):
            continue
        at = _orderable_from(vehicle, calendar, rules)
        if at is not None and at <= now + timedelta(seconds=rules.max_ahead_s):
            found.append(Offerable(vehicle, None if at == now else at))
    return tuple(found)


def next_number(book: OrderBook, last_number: int, step: int) -> str | None:
    """Four digits that no open order or loan bears, or None where all 10,000 are borne.

    Raises ValueError on a step with a factor 2 or 5: it would not meet every number.
    """
    if step % 2 == 0 or step % 5 == 0:
        raise ValueError(f"a step of {step} does not meet every number")
    used = {order.number for order in book.open_orders.values()}
    used |= {loan.number for loan in book.loans.values() if loan.state not in LOAN_ENDED}
    steps = ((last_number + count * step) % NUMBERS for count in range(1, NUMBERS + 1))
    return next((text for text in (f"{number:04d}" for number in steps) if text not in used), None)
