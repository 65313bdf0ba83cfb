"""When each vehicle is promised or out, and its gaps (orders-if.md 4.4, 4.5). Pure.

Nothing of it is kept: the calendar is what open orders and loans say, read anew whenever it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from towerd.orders.book import OrderBook
from towerd.orders.eligibility import LOAN_ENDED
from towerd.orders.model import Loan, Order, Slot, Vehicle
from towerd.orders.rules import OrderRules


@dataclass(frozen=True, slots=True)
class Booking:
    """A time in which a vehicle is somebody's, aware UTC, until others may have it; `until_at` None: it never comes back.

    `order`: the order's, or the loan's, which is the same; "" for one that is only asked for.
    """

    order: str
    from_at: datetime
    until_at: datetime | None

    def overlaps(self, other: Booking) -> bool:
        """Whether no vehicle could serve both."""
        begins = other.until_at is None or self.from_at < other.until_at
        return begins and (self.until_at is None or other.from_at < self.until_at)


def _after(vehicle: Vehicle, rules: OrderRules) -> timedelta:
    """How long after the end of a slot others may have the vehicle of a test drive."""
    record = vehicle.record
    return rules.for_model(record.make, record.model).drive + rules.turnaround


def usual_time(vehicle: Vehicle, rules: OrderRules) -> timedelta:
    """How long a vehicle that is ordered for now is not anybody else's: the customer's coming, the drive and the turnaround."""
    return timedelta(seconds=rules.walk_in_s) + _after(vehicle, rules)


def booking_for(order: str, kind: str, slot: Slot, vehicle: Vehicle, rules: OrderRules) -> Booking:
    """What an order takes of a vehicle's time: a test drive its slot, the drive after its end and the turnaround; others all."""
    return Booking(order, slot.from_at, slot.until_at + _after(vehicle, rules) if kind == "test_drive" else None)


def _promised(order: Order, after: timedelta, now: datetime) -> Booking:
    slot = order.slot
    if slot is None or order.kind == "stock_in":
        # an announced vehicle is nobody else's before it is in
        return Booking(order.id, order.accepted_at, now + after if order.kind == "test_drive" else None)
    if order.kind != "test_drive":
        return Booking(order.id, slot.from_at, None)
    # whoever is still open after the slot may have the car from now on
    return Booking(order.id, slot.from_at, max(slot.until_at, now) + after)


def _lent(loan: Loan, rules: OrderRules, now: datetime) -> Booking:
    back_at = now if loan.state == "returning" else max(loan.due_back_at, now)
    return Booking(loan.id, loan.out_since_at, back_at + rules.turnaround)


@dataclass(frozen=True, slots=True)
class Calendar:
    """What some vehicles are promised for, by vehicle, as the book says it at a moment, and the loans of all that are out.

    A loan that is overdue lasts until now, and the turnaround: nobody knows better. `kept` as the book has it.
    """

    now: datetime
    taken: Mapping[str, Sequence[Booking]]
    loans: Mapping[str, Loan]
    kept: frozenset[str]


def calendar_of(book: OrderBook, vehicles: Iterable[Vehicle], rules: OrderRules, now: datetime) -> Calendar:
    """The calendar of these vehicles, in one look through orders and loans."""
    after = {vehicle.id: _after(vehicle, rules) for vehicle in vehicles}
    found: dict[str, list[Booking]] = {name: [] for name in after}
    loans = {loan.vehicle: loan for loan in book.loans.values() if loan.state not in LOAN_ENDED}
    for name, loan in loans.items():
        if name in found:
            found[name].append(_lent(loan, rules, now))
    for order in book.open_orders.values():
        name = order.vehicle or ""
        # a hand-over that is not over yet is the loan's already
        if name in found and (name not in loans or loans[name].id != order.id):
            found[name].append(_promised(order, after[name], now))
    return Calendar(now, found, loans, book.kept)


def first_gap(taken: Iterable[Booking], from_at: datetime, length: timedelta) -> datetime | None:
    """From when on, at the earliest at `from_at`, a vehicle is nobody's for `length`; None where never."""
    at = from_at
    for one in sorted(taken, key=lambda one: one.from_at):
        if one.from_at >= at + length:
            break
        if one.until_at is None:
            return None
        at = max(at, one.until_at)
    return at
