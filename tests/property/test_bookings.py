"""Whatever is ordered, cancelled, brought back late, released, broken or bought: no vehicle is promised twice for one time,
whoever may come has a car, and whoever will have none is told before.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from tests.support.bookings import check_bookings
from tests.support.core_kit import answers, config, state_of, tables_of, told, turn_of, vehicle
from tests.support.orders_kit import claims, eligibility
from tests.support.values import AT
from towerd.fsm.book import book_of
from towerd.fsm.events import ClockJudged, Event, OrderRequested, Stamped, TimerExpired
from towerd.fsm.handing_over import end_stay, hand_over
from towerd.fsm.loans import follow_cars_back
from towerd.fsm.manual_events import ConditionSet
from towerd.fsm.order_ends import release
from towerd.fsm.reducer import MINUTE, step
from towerd.fsm.reply import ReplyTo
from towerd.fsm.state import State
from towerd.fsm.turn import Turn
from towerd.orders.calendar import calendar_of
from towerd.orders.choice import HERE, Wanted, may_leave, obstacle, orderable
from towerd.orders.eligibility import LOAN_ENDED
from towerd.orders.model import Order, Slot
from towerd.places import bay

CORE = config()
RULES = CORE.rules
EARLY = timedelta(seconds=CORE.early_s)
TICK = timedelta(seconds=60)
HALF = timedelta(minutes=30)
REPLY = ReplyTo("mqtt", "rsp/shop", "", "r")
OFFERS = {"test_drive": {"price": 0, "currency": "EUR"}, "purchase": {"price": 100, "currency": "EUR"}}


def cars() -> list[Any]:
    made = [vehicle(f"v_{n}", bay(1, n), 4700 + n) for n in (1, 2, 3, 4)]
    made = [replace(one, record=replace(one.record, offers=OFFERS, owner="dealer_3")) for one in made]
    # one of its kind
    return [*made[:3], replace(made[3], record=replace(made[3].record, colour="blue"))]


@dataclass
class Shop:
    """A tower without its machine: customers come and go by the functions that the hand-over calls."""

    now: datetime = AT
    state: State = field(default_factory=lambda: state_of(None, tables_of(vehicles=cars()), clock_sure=True))
    count: int = 0
    excused: set[str] = field(default_factory=set)

    @property
    def orders(self) -> list[Order]:
        """Open orders that have a vehicle, as they were made."""
        return [one for one in self.state.tables.orders.values() if one.open and one.vehicle]

    def take(self, one: Event) -> list[Any]:
        """One event; the answers to it."""
        mono_s = (self.now - AT).total_seconds()
        self.state, commands = step(self.state, Stamped(self.now, mono_s, one), CORE)
        turn = turn_of(self.state)
        turn.commands.extend(commands)
        for kind in {"order_vehicle_replaced", "order_failed", "order_bound", "order_no_show"} & set(told(turn)):
            event(kind)
        return answers(turn)

    def by_hand(self, act: Callable[[Turn], object]) -> None:
        """What the machine would bring about, and what follows from it."""
        turn = turn_of(self.state, (self.now - AT).total_seconds() + 1000.0, CORE, at=self.now)
        act(turn)
        # the pump looks at what has changed in its own turn
        kept = turn.tables.vehicles
        for name, row in kept.items():
            turn.put("vehicles", name, row)
        self.state = turn.state
        self.settle()

    def settle(self) -> None:
        """A minute passes, as the timer tells."""
        self.take(TimerExpired(MINUTE))

    def token(self, kind: str, **fields: Any) -> Any:
        """A fresh token, and the answer to it."""
        self.count += 1
        now_s = int(self.now.timestamp())
        known = eligibility(as_of=self.now.strftime("%Y-%m-%dT%H:%M:%SZ"), test_drives_60_days=0)
        base = {"jti": f"o_{self.count}", "sub": f"c_{self.count}", "iat": now_s, "exp": now_s + 3600, "slot": None}
        if kind in ("test_drive", "collect", "purchase"):
            base["eligibility"] = known
        raw = claims(kind, **{**base, **fields})
        made = OrderRequested(kind, raw, f"sha-{self.count}", replace(REPLY, req_id=f"r_{self.count}"), code_mac="mac")
        (answer,) = self.take(made)
        event(f"{kind} {'taken' if answer.ok else answer.reasons[0]}")
        return answer

    def may_come(self, order: Order) -> bool:
        """Whether the customer may stand at the gate now."""
        assert order.slot is not None
        return order.state in ("accepted", "arrived") and order.slot.from_at - EARLY <= self.now <= order.slot.until_at


OUT_DAMAGE, OUT_CLEANING = ("out_of_service", "damage"), ("out_of_service", "cleaning")
WISHES = st.sampled_from(
    [
        {"make": "Kestrel", "model": "Three", "colour": "red"},
        {"make": "Kestrel", "model": "Three", "colour": "red"},
        {"make": "Kestrel", "model": "Three", "colour": "blue"},
        {"id": "v_1"},
    ]
)
INDEX = st.integers(0, 5)
_ORDER = st.tuples(
    st.just("order"),
    st.just("test_drive"),
    WISHES,
    st.none() | st.integers(1, 400),
    st.sampled_from([False, False, True]),
)
_RARE = st.one_of(
    st.tuples(st.just("order"), st.just("collect"), WISHES, st.integers(1, 400), st.booleans()),
    st.tuples(st.just("stock_out"), st.integers(1, 4), st.integers(0, 400)),
    st.tuples(st.sampled_from(["buy", "elsewhere"]), INDEX),
    st.tuples(st.just("say"), st.integers(1, 4), st.sampled_from([("inspection",), OUT_DAMAGE, OUT_CLEANING])),
)
_AT_THE_TOWER = st.tuples(st.sampled_from(["cancel", "come", "back", "back", "meet", "meet"]), INDEX)
_FREE = st.tuples(st.just("say"), st.integers(1, 4), st.just(("available",)))
_PASS = st.tuples(st.just("pass"), st.sampled_from([0.4, 3.0, 26.0, 71.0, 150.0]))
ACTS = st.sampled_from([*(_ORDER,) * 7, *(_AT_THE_TOWER,) * 7, _FREE, _FREE, _PASS, _PASS, _RARE]).flatmap(
    lambda one: one
)


def at_json(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def slot_json(from_at: datetime) -> dict[str, str]:
    return {"from": at_json(from_at), "until": at_json(from_at + HALF)}


def do_order(shop: Shop, kind: str, wish: dict[str, str], in_h: int | None, waits: bool) -> None:
    free = [one for one in shop.state.tables.vehicles.values() if not _is_promised(shop, one.id)]
    free = [one for one in free if one.place.kind in HERE and one.rests_as == "available" and not one.reasons]
    meant = [one for one in free if wish.items() <= {"id": one.id, **_kind(one)}.items()]
    fields: dict[str, Any] = {"vehicle": wish}
    if in_h is not None:
        fields["slot"] = slot_json(shop.now + timedelta(hours=in_h))
    if waits:
        fields["wait_until"] = at_json(shop.now + timedelta(hours=(in_h or 0) + 24))
    if kind == "collect":
        fields["payment"] = {"price": 100, "currency": "EUR", "paid": 100, "instalments": 0}
    answer = shop.token(kind, **fields)
    assert answer.ok or not meant, (answer, "refused although a car is nobody's at all")


def _kind(car: Any) -> dict[str, str]:
    return {"make": car.record.make, "model": car.record.model, "colour": car.record.colour}


def _is_promised(shop: Shop, name: str) -> bool:
    out = any(one.vehicle == name and one.state not in LOAN_ENDED for one in shop.state.tables.loans.values())
    return out or any(one.vehicle == name for one in shop.orders)


def do_stock_out(shop: Shop, number: int, in_h: int) -> None:
    slot = slot_json(shop.now + timedelta(hours=in_h))
    shop.token("stock_out", vehicle={"id": f"v_{number}"}, sub="dealer_3", slot=slot)


def do_cancel(shop: Shop, index: int) -> None:
    if shop.orders:
        order = shop.orders[index % len(shop.orders)]
        shop.token("cancel", order=order.id, sub=order.customer)


def do_come(shop: Shop, index: int) -> None:
    """The customer comes in the slot and drives off."""
    here = [one for one in shop.orders if shop.may_come(one)]
    if not here:
        return
    order = here[index % len(here)]

    def drive_off(turn: Turn) -> None:
        ready = turn.move_order(order, "ready", cabin=1)
        hand_over(turn, ready)
        done = turn.move_order(turn.tables.orders[order.id], "completed")
        release(turn, done)
        end_stay(turn, done)

    shop.by_hand(drive_off)


def do_meet(shop: Shop, index: int) -> None:
    """Time passes until one of the next slots, and its customer comes."""
    begins = sorted({one.slot.from_at for one in shop.orders if one.slot is not None and one.slot.from_at > shop.now})
    if begins:
        do_pass(shop, (begins[index % min(2, len(begins))] - shop.now) / timedelta(hours=1) + 0.1)
    do_come(shop, index)


def _out(shop: Shop) -> list[Any]:
    return [one for one in shop.state.tables.loans.values() if one.state not in LOAN_ENDED]


def do_back(shop: Shop, index: int) -> None:
    """A car comes back, whenever it is due."""
    if _out(shop):
        name = _out(shop)[index % len(_out(shop))].vehicle
        shop.by_hand(lambda turn: _stand(turn, name))


def _stand(turn: Turn, name: str) -> None:
    turn.put_vehicle(turn.tables.vehicles[name], place=bay(1, int(name[2:])))
    follow_cars_back(turn)


def do_end(shop: Shop, index: int, kind: str) -> None:
    if _out(shop):
        loan = _out(shop)[index % len(_out(shop))]
        paid = (
            {"payment": {"price": 100, "currency": "EUR", "paid": 100, "instalments": 0}} if kind == "purchase" else {}
        )
        shop.token(kind, order=loan.id, sub=loan.customer, **paid)


def do_say(shop: Shop, number: int, what: tuple[str, ...]) -> None:
    """Staff say so; whoever may stand at the gate already cannot be told before."""
    if what[0] != "available":
        shop.excused |= {one.id for one in shop.orders if one.vehicle == f"v_{number}" and shop.may_come(one)}
    said: Any = what[0]
    shop.take(ConditionSet(f"v_{number}", said, what[1:], "seen", "ada", ReplyTo("api", "1")))


def do_pass(shop: Shop, hours: float) -> None:
    """Time passes; the timer tells the minutes in which something is due."""
    end = shop.now + timedelta(hours=hours)
    while True:
        slots = [one.slot for one in shop.state.tables.orders.values() if one.open and one.slot is not None]
        due = {at for slot in slots for at in (slot.from_at - EARLY - TICK, slot.from_at - EARLY, slot.until_at)}
        due |= {one.due_back_at for one in _out(shop)}
        due |= {one.wait_until_at for one in shop.state.tables.orders.values() if one.open and one.wait_until_at}
        after = min((at for at in due if at + TICK > shop.now and at >= shop.now), default=end)
        after = min(after, end)
        # at the latest a minute later
        shop.now = after + TICK / 2 if after < end else end
        shop.settle()
        check(shop)
        if shop.now >= end:
            return


def check(shop: Shop) -> None:
    tables = shop.state.tables
    check_bookings(tables, RULES)
    for order in tables.orders.values():
        assert order.vehicle is None or not order.open or order.vehicle in tables.vehicles, order
        if order.open and order.vehicle and shop.may_come(order) and shop.now >= order.accepted_at + TICK:
            car = tables.vehicles[order.vehicle]
            fit = order.kind == "stock_out" or may_leave(car, RULES)
            assert (car.place.kind in HERE, fit) == (True, True), (order, car)
        if order.state == "failed" and order.id not in shop.excused:
            assert order.slot is not None
            assert order.ended_at is not None
            assert order.ended_at < order.slot.from_at, order
    check_catalogue(shop)


def check_catalogue(shop: Shop) -> None:
    """What is offered can be ordered; what is available can be ordered now, and nothing else."""
    tables = shop.state.tables
    offers = orderable(book_of(tables, shop.state.volatile.snapshot), RULES, shop.now)
    for offer in offers:
        from_at = offer.from_at or shop.now
        wanted = Wanted("test_drive", Slot(from_at, from_at + HALF))
        calendar = calendar_of(book_of(tables, shop.state.volatile.snapshot), [offer.vehicle], RULES, shop.now)
        assert obstacle(offer.vehicle, wanted, calendar, RULES) is None, offer
    now = {offer.vehicle.id for offer in offers if offer.from_at is None}
    assert now == {one.id for one in tables.vehicles.values() if one.condition == "available"}


DOING: dict[str, Callable[..., None]] = {
    "order": do_order,
    "stock_out": do_stock_out,
    "cancel": do_cancel,
    "come": do_come,
    "meet": do_meet,
    "back": do_back,
    "buy": lambda shop, index: do_end(shop, index, "purchase"),
    "elsewhere": lambda shop, index: do_end(shop, index, "returned_elsewhere"),
    "say": do_say,
    "pass": do_pass,
}
_RED = {"make": "Kestrel", "model": "Three", "colour": "red"}
_TWICE = (("order", "test_drive", _RED, 1, False), ("order", "test_drive", {"id": "v_1"}, 80, False))


@settings(max_examples=int(os.environ.get("TOWERD_EXAMPLES", "12")), deadline=None)
@given(st.lists(ACTS, min_size=10, max_size=40))
@example([*_TWICE, ("pass", 1.1), ("come", 0), ("pass", 150.0)])
@example([*_TWICE, ("pass", 1.1), ("come", 0), ("back", 0), ("say", 1, ("available",)), ("pass", 79.0), ("come", 0)])
@example([*_TWICE, ("pass", 1.1), ("come", 0), ("buy", 0), ("pass", 150.0)])
def test_no_vehicle_is_promised_twice_and_everybody_has_a_car_or_knows_before(acts: list[tuple[Any, ...]]) -> None:
    shop = Shop()
    shop.take(ClockJudged(True))
    for name, *args in acts:
        DOING[name](shop, *args)
        check(shop)
