"""A desk that does what a test says: rows to show, answers to give, and a record of what the pages asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from simulator.shop.model import (
    Account,
    Dashboard,
    Due,
    Filter,
    Happened,
    Offer,
    Order,
    Outcome,
    Plan,
    Position,
    Reason,
    Service,
    ShopError,
    Slot,
    Standing,
    StockRow,
    Tower,
    Vehicle,
)

HOME = Position(32.06, 118.79)
ANNA = Account("c_anna", "Anna Li", True, 731, date(2031, 4, 30), True, HOME)
BORIS = Account("c_boris", "Boris Wu", False, 540, date(2029, 1, 31), True, HOME)
NORTH = Tower("north-1", "North Gate", HOME, True, True, (), True, datetime.now(UTC))
SOUTH = Tower("south-2", "South Mall", Position(31.9, 118.9), True, True, (), True, datetime.now(UTC))


def vehicle(number: int, make: str, model: str, colour: str, **other: Any) -> Vehicle:
    """A car of common size."""
    facts: dict[str, Any] = {
        "year": 2026,
        "trim": "Comfort",
        "propulsion": "hybrid",
        "image_url": "",
        "owner": "dealer_3",
        "mass_kg": 1700,
        "length_mm": 4800,
        "width_mm": 1850,
        "height_mm": 1480,
    }
    return Vehicle(f"v_{number:04d}", make, model, colour, **{**facts, **other})


def offer(car: Vehicle, tower: Tower, **other: Any) -> Offer:
    """A car that can be had now, for a drive or for good."""
    facts: dict[str, Any] = {
        "distance_km": 2.4 if tower is NORTH else 21.0,
        "condition": "available",
        "orderable_from": None,
        "ready_in_s": 64.0,
        "drive_fee": 15000,
        "drive_deposit": 100000,
        "purchase_price": 21900000,
        "currency": "CNY",
    }
    return Offer(car, tower.tower, tower.name, **{**facts, **other})


def stocked() -> list[Offer]:
    """What stands in the two towers at first."""
    small = {"length_mm": 3900, "propulsion": "electric"}
    tall = {"height_mm": 1690, "propulsion": "petrol"}
    return [
        offer(vehicle(42, "Ford", "Mondeo", "blue"), NORTH),
        offer(vehicle(43, "Ford", "Mondeo", "red"), NORTH, ready_in_s=81.0),
        offer(vehicle(50, "BYD", "Dolphin", "green", **small), NORTH, purchase_price=11500000),
        offer(vehicle(51, "Haval", "H6", "white", **tall), NORTH, ready_in_s=140.0),
        offer(vehicle(60, "Ford", "Mondeo", "silver"), SOUTH),
        offer(vehicle(61, "Geely", "Emgrand", "black"), SOUTH, drive_deposit=None, drive_fee=None),
    ]


def to_be_awaited(**other: Any) -> Offer:
    """A car that a dealer has and no tower."""
    return offer(
        vehicle(70, "Skoda", "Enyaq", "blue"), SOUTH, awaited=True, condition="awaited", ready_in_s=None, **other
    )


@dataclass
class FakeDesk:
    """All four parts in one: `people`, `window`, `counter` and `dealership` are itself or its helpers.

    `answer` makes an order's outcome; `sent` is what the pages asked for, in order.
    """

    towers_now: list[Tower] = field(default_factory=lambda: [NORTH, SOUTH])
    offers_now: list[Offer] = field(default_factory=stocked)
    awaited_now: list[Offer] = field(default_factory=list)
    orders_now: dict[str, Order] = field(default_factory=dict)
    answer: Callable[[Order], Outcome] = field(default=lambda order: Outcome(True, True, (), order))
    sent: list[tuple[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.people = FakePeople(self)
        self.window = FakeWindow(self)
        self.counter = FakeCounter(self)
        self.dealership = FakeDealership(self)
        self.telematics = FakeTelematics(self)
        self.stage: FakeStage | None = None

    def note(self, what: str, value: Any) -> None:
        """Remember that a page asked for something."""
        self.sent.append((what, value))

    def put(self, order: Order) -> Order:
        """An order as it is from now on."""
        self.orders_now[order.order] = order
        return order


def order_of(found: Offer, customer: str, **other: Any) -> Order:
    """An accepted order of a test drive of the offered car."""
    car = found.vehicle
    facts: dict[str, Any] = {
        "order": "o_91",
        "kind": "test_drive",
        "state": "accepted",
        "slot": None,
        "since": datetime.now(UTC),
        "text": "Accepted. Come to the tower, and show your face or type number and code.",
        "number": "4711",
        "code": "40719365",
        "qr": "4711 40719365",
        "code_only": False,
        "ready_in_s": 64.0,
        "may": frozenset({"cancel"}),
    }
    ids = {"tower": found.tower, "tower_name": found.tower_name, "vehicle": car.id, "customer": customer}
    named = {"make": car.make, "model": car.model, "colour": car.colour, "asked_at": datetime.now(UTC)}
    return Order(**{**facts, **ids, **named, **other})


class FakeTelematics:
    """A car on the road wherever there is a loan."""

    def __init__(self, desk: FakeDesk) -> None:
        self._desk = desk
        self.reads = Dashboard(12000, 0.8)

    def dashboard(self, order: str) -> Dashboard | None:
        return None if self._desk.counter.order(order).loan is None else self.reads

    def drive(self, order: str, km: int) -> Outcome:
        self._desk.note("report", (order, km))
        self.reads = Dashboard(self.reads.odometer_km + km, 0.7)
        return Outcome(True, True)


class FakeStage:
    """A tower at which everybody can do everything; remembers who did what."""

    def __init__(self, desk: FakeDesk) -> None:
        self._desk = desk

    def lend_face(self, customer: str, selfie: bytes) -> None:
        self._desk.note("lend_face", (customer, selfie))

    def deeds(self, order: Order) -> Sequence[str]:
        if order.loan is not None:
            return ("back",)
        return ("face", "code") if order.state == "accepted" else ()

    def do(self, deed: str, order: str) -> str:
        self._desk.note(deed, order)
        if deed == "code":
            raise ShopError("the tower refuses: wrong code")
        if deed == "face":
            self._desk.put(replace(self._desk.orders_now[order], state="identified", text="The tower knows you."))
        return f"Done: {deed}."


class FakePeople:
    """Two made-up people."""

    def __init__(self, desk: FakeDesk) -> None:
        self._desk = desk
        self.all = {ANNA.customer: ANNA, BORIS.customer: BORIS}
        self.left: tuple[Reason, ...] = ()

    def accounts(self) -> Sequence[Account]:
        return sorted(self.all.values(), key=lambda one: one.name)

    def account(self, customer: str) -> Account:
        if customer not in self.all:
            raise ShopError("There is no such account.")
        return self.all[customer]

    def create(self, account: Account) -> Account:
        return self.change(replace(account, customer=f"c_{len(self.all)}"))

    def change(self, account: Account) -> Account:
        self.all[account.customer] = account
        return account

    def standing(self, customer: str) -> Standing:
        free = self.account(customer).member
        against = () if free else (Reason("fee_missing", "The fee has not been paid."),)
        return Standing(1, 5, 0, against)

    def erase(self, customer: str) -> tuple[Reason, ...]:
        self._desk.note("erase", customer)
        if not self.left:
            del self.all[customer]
        return self.left


class FakeWindow:
    """What the desk's offers and towers are now."""

    def __init__(self, desk: FakeDesk) -> None:
        self._desk = desk

    def towers(self, customer: str | None = None) -> Sequence[Tower]:
        return list(self._desk.towers_now)

    def offers(self, wanted: Filter, customer: str | None = None) -> Sequence[Offer]:
        return self._fitting(self._desk.offers_now, wanted)

    def awaited(self, wanted: Filter, customer: str | None = None) -> Sequence[Offer]:
        return self._fitting(self._desk.awaited_now, wanted)

    @staticmethod
    def _fitting(offers: Sequence[Offer], wanted: Filter) -> list[Offer]:
        names = ("make", "model", "colour", "propulsion")
        return [
            one
            for one in offers
            if wanted.tower in (None, one.tower)
            and all(getattr(wanted, name) in (None, getattr(one.vehicle, name)) for name in names)
        ]

    def choices(self) -> dict[str, tuple[str, ...]]:
        names = ("make", "model", "colour", "propulsion")
        cars = [one.vehicle for one in self._desk.offers_now]
        return {name: tuple(sorted({getattr(car, name) for car in cars})) for name in names}

    def find(self, text: str, customer: str | None = None) -> Offer | None:
        return next((one for one in self._desk.offers_now if one.vehicle.id == text.rsplit("/", 1)[-1]), None)

    def nearest(self, wanted: Filter, customer: str, slot: Slot | None = None) -> Offer | None:
        return next(iter(self.offers(wanted, customer)), None)

    def slots(self, offer: Offer, day: date | None = None) -> Sequence[Slot]:
        today = datetime.now().astimezone().date()
        if day is None or day == today:
            return []
        first = datetime.combine(day, time(10), tzinfo=datetime.now().astimezone().tzinfo)
        begins = [first + timedelta(minutes=30 * number) for number in range(8)]
        return [Slot(at, at + timedelta(minutes=30)) for at in begins]

    def fee_due(self, offer: Offer, customer: str) -> int:
        return 0 if self._desk.people.account(customer).member else offer.drive_fee or 0

    def services(self) -> Sequence[Service]:
        return [Service("insurance_basic", "Insurance, basic"), Service("winter_tyres", "Winter tyres")]

    def terms(self) -> str:
        return "1. The car comes back within three days.\n2. Who drives it is insured.\n3. The deposit comes back with the car."


class FakeCounter:
    """Answers as the desk is told to; remembers what was asked."""

    def __init__(self, desk: FakeDesk) -> None:
        self._desk = desk
        self.happened: list[Happened] = []

    def _ordered(self, what: str, customer: str, wish: Any) -> Outcome:
        self._desk.note(what, wish)
        meant = (wish.make, wish.model, wish.colour)
        every = [*self._desk.offers_now, *self._desk.awaited_now]
        found = next(one for one in every if one.vehicle.id == wish.vehicle or one.vehicle.kind == meant)
        order = order_of(found, customer, slot=wish.slot, face_consent=wish.face_consent, kind=what)
        outcome = self._desk.answer(order)
        if outcome.order is not None:
            self._desk.put(outcome.order)
        return outcome

    def drive(self, customer: str, wish: Any) -> Outcome:
        return self._ordered("test_drive", customer, wish)

    def collect(self, customer: str, wish: Any) -> Outcome:
        return self._ordered("collect", customer, wish)

    def orders(self, customer: str) -> Sequence[Order]:
        return [one for one in self._desk.orders_now.values() if one.customer == customer]

    def order(self, order: str) -> Order:
        if order not in self._desk.orders_now:
            raise ShopError("There is no such order.")
        return self._desk.orders_now[order]

    def history(self, order: str) -> Sequence[Happened]:
        return list(self.happened)

    def _changed(self, what: str, about: str, value: Any = None, **changes: Any) -> Outcome:
        self._desk.note(what, (about, value))
        outcome = self._desk.answer(replace(self.order(about), **changes))
        if outcome.ok and outcome.order is not None:
            self._desk.put(outcome.order)
        return outcome

    def cancel(self, order: str) -> Outcome:
        return self._changed("cancel", order, state="cancelled", text="Cancelled.", may=frozenset({"book_another"}))

    def plan(self, price: int, currency: str, down: int, instalments: int) -> Plan:
        if down < price // 10:
            raise ShopError("At least a tenth of the price is paid at once.")
        each = (price - down) // instalments if instalments else 0
        months = [date(2027 + month // 12, month % 12 + 1, 1) for month in range(instalments)]
        return Plan(price, currency, down, tuple(Due(on, each) for on in months))

    def buy(self, order: str, plan: Plan) -> Outcome:
        return self._changed("purchase", order, plan, plan=plan, text="The car is yours.", may=frozenset())

    def price(self, order: str) -> tuple[int, str] | None:
        return (21900000, "CNY")

    def return_elsewhere(self, order: str, tower: str) -> Outcome:
        return self._changed(
            "return_elsewhere", order, tower, order="o_92", kind="stock_in", tower=tower, number="4712"
        )

    def on_my_way(self, order: str, in_min: int) -> Outcome:
        return self._changed("eta", order, in_min, arrives_at=datetime.now(UTC) + timedelta(minutes=in_min))

    def withdraw_consent(self, order: str) -> Outcome:
        return self._changed("consent", order, code_only=True, face_consent=False, may=frozenset({"cancel"}))


class FakeDealership:
    """One dealer with a car in each condition that matters."""

    def __init__(self, desk: FakeDesk) -> None:
        self._desk = desk
        cars = [(one.vehicle, one.tower) for one in desk.offers_now]
        self.rows = [
            StockRow(car, 4000 + number, tower, f"bay 2-{number + 1}", "available", (), False, 1204)
            for number, (car, tower) in enumerate(cars)
        ]
        self.orders_now: list[Order] = []

    def dealers(self) -> Sequence[str]:
        return ["dealer_3", "dealer_7"]

    def stock(self, dealer: str) -> Sequence[StockRow]:
        return [row for row in self.rows if row.vehicle.owner == dealer]

    def orders(self, dealer: str) -> Sequence[Order]:
        return list(self.orders_now)

    def _row(self, vehicle: str, **changes: Any) -> None:
        self.rows = [replace(row, **changes) if row.vehicle.id == vehicle else row for row in self.rows]

    def stock_in(self, dealer: str, tower: str, record: dict[str, Any], slot: Slot | None = None) -> Outcome:
        self._desk.note("stock_in", (tower, record, slot))
        asked = offer(vehicle(0, record["make"], record["model"], record["colour"]), NORTH)
        return self._taken(order_of(asked, dealer, order="t_1", kind="stock_in", vehicle=record["id"]))

    def stock_out(self, dealer: str, tower: str, vehicle: str) -> Outcome:
        self._desk.note("stock_out", (tower, vehicle))
        found = next(one for one in self._desk.offers_now if one.vehicle.id == vehicle)
        return self._taken(order_of(found, dealer, order="t_2", kind="stock_out"))

    def _taken(self, order: Order) -> Outcome:
        outcome = self._desk.answer(order)
        if outcome.ok:
            self.orders_now.append(order)
        return outcome

    def cancel(self, order: str) -> Outcome:
        self._desk.note("cancel", order)
        return Outcome(True, True)

    def out_of_service(self, dealer: str, vehicle: str, reasons: Sequence[str], note: str = "") -> Outcome:
        self._desk.note("out_of_service", (vehicle, tuple(reasons), note))
        self._row(vehicle, condition="out_of_service", reasons=tuple(reasons))
        self._desk.offers_now = [one for one in self._desk.offers_now if one.vehicle.id != vehicle]
        return Outcome(True, True)

    def release(self, dealer: str, vehicle: str) -> Outcome:
        self._desk.note("release", vehicle)
        self._row(vehicle, condition="available", reasons=())
        return Outcome(True, True)
