"""Whatever tokens come, among a technician's acts, faults, restarts and time that passes, the books stay whole."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, event, example, given, settings
from hypothesis import strategies as st

from simulator.driver import Driver
from tests.property.hand_acts import HANDS, check_machine
from tests.property.test_core import ACTS, TICKS, Witness, act, check_truth
from tests.scenario.tower import Tower, car, record, small_tower
from tests.support import published
from tests.support.bookings import check_bookings
from tests.support.sync_tower import START, SyncTower, send_token, told_again
from towerd.fsm.events import Stamped, StockEntry, StockImported, TimerExpired
from towerd.fsm.intake_events import CarSecured, DriveInCancelled, DriveInRequested
from towerd.fsm.manual_events import ConditionSet
from towerd.fsm.moves_events import MoveRequested
from towerd.fsm.reply import ReplyTo
from towerd.fsm.show import build_view
from towerd.fsm.turn import Turn
from towerd.mqtt.payloads import OrderBodies, answer_body, bodies
from towerd.orders.eligibility import LOAN_ENDED
from towerd.orders.reasons import REASONS
from towerd.orders.stock import parse_record
from towerd.places import OUT, parse_place

API = ReplyTo("api", "kiosk")
IDS = st.sampled_from(["v_0042", "v_0042", "v_0007", "v_0050", "v_0051", "v_0099"])
CUSTOMERS = st.sampled_from(["c_1", "c_1", "c_2"])
SUBS = st.sampled_from(["c_1", "c_1", "c_2", "dealer_3"])
ORDERS = st.integers(0, 5)
HOURS = st.sampled_from([None, 0.0, 0.5, 26.0, 24.0 * 31])
CONDITIONS = st.sampled_from(["out_of_service", "available", "inspection"])
REASONS_OUT = st.sampled_from([[], ["damage"], ["recalled", "cleaning"], ["charge_low"]])
PAID = st.sampled_from([21900000, 2190000, 0])
WISHES = st.one_of(IDS.map(lambda name: {"id": name}), st.just({"make": "Ford", "model": "Mondeo", "colour": "blue"}))


def token(kind: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, str, dict[str, Any]]]:
    return st.tuples(st.just("token"), st.just(kind), st.fixed_dictionaries(fields))


TOKENS = st.one_of(
    *(
        token(kind, sub=CUSTOMERS, vehicle=WISHES, slot=HOURS, wait_until=HOURS, paid=PAID)
        for kind in ("test_drive", "test_drive", "collect")
    ),
    token("stock_in", sub=SUBS, record=st.sampled_from([50, 51, 42]), slot=HOURS),
    token("stock_out", sub=SUBS, vehicle=IDS.map(lambda name: {"id": name}), slot=HOURS),
    *(
        token(kind, sub=st.none() | SUBS, order=ORDERS)
        for kind in ("cancel", "cancel", "consent", "returned_elsewhere", "eta")
    ),
    token("purchase", sub=st.none() | CUSTOMERS, order=ORDERS, paid=PAID),
    token("report", vehicle=IDS.map(lambda name: {"id": name}), charge_ratio=st.sampled_from([0.1, 0.9])),
    token("condition", vehicle=IDS.map(lambda name: {"id": name}), condition=CONDITIONS, reasons=REASONS_OUT),
    *(token(kind) for kind in ("erase", "hold", "resume")),
)
_CAR: dict[str, Any] = {"vehicle": {"id": "v_0042"}, "slot": None}
_DRIVE = ("token", "test_drive", {"sub": "c_1", "wait_until": None, **_CAR})
_COLLECT = ("token", "collect", {"sub": "c_1", "wait_until": None, "paid": 21900000, **_CAR})
_STOCK_IN = ("token", "stock_in", {"sub": "dealer_3", "record": 50, "slot": None})
BEGINNINGS = (
    (),
    (_DRIVE, ("driven_off", 0)),
    (_DRIVE, ("collected", 0)),
    (_COLLECT, ("driven_off", 0)),
    (_STOCK_IN, ("typed", 0)),
    (_STOCK_IN, ("brought_back", 0)),
    (("token", "stock_out", {"sub": "dealer_3", **_CAR}), ("typed", 0)),
    (("token", "condition", {"vehicle": {"id": "v_0042"}, "condition": "inspection", "reasons": []}),),
)
"""Where it matters: a car has just left, is lent, or is announced."""
AT_THE_TOWER = st.one_of(
    st.tuples(st.sampled_from(["collected", "collected", "driven_off", "brought_back", "typed"]), ORDERS),
    st.tuples(st.just("fetched"), IDS),
    st.tuples(st.just("say"), IDS, CONDITIONS, REASONS_OUT),
    st.tuples(st.just("drive_in"), ORDERS),
    st.tuples(st.just("come"), st.sampled_from([7, 42, 50, 51, 98])),
    st.tuples(st.sampled_from(["secure", "leave", "go", "give_up", "clear_of"])),
    st.tuples(st.just("pass"), st.sampled_from([0.2, 1.5, 25.0, 72.0, 24.0 * 31])),
    st.tuples(st.just("stock")),
)


def moment(tower: SyncTower, hours: float) -> str:
    return (START + timedelta(seconds=tower.now_s, hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def tell(tower: SyncTower, kind: str, fields: dict[str, Any]) -> None:
    """A token whose times are told in hours from now; the answer to it names what the contract knows."""
    fields = dict(fields)
    if "slot" in fields:
        hours = fields["slot"]
        fields["slot"] = None if hours is None else {"from": moment(tower, hours), "until": moment(tower, hours + 0.5)}
    if "wait_until" in fields and fields["wait_until"] is not None:
        fields["wait_until"] = moment(tower, fields["wait_until"] + 1.0)
    if "record" in fields:
        fields["vehicle"] = record(fields.pop("record"))
    paid = fields.pop("paid", 0)
    if kind in ("collect", "purchase"):
        fields["payment"] = {"price": 21900000, "currency": "CNY", "paid": paid, "instalments": 36}
    if "order" in fields:
        # its own customer's, or somebody else's
        fields["order"] = order_at(tower, fields["order"])
        row = tower.state.tables.orders.get(fields["order"])
        fields["sub"] = fields["sub"] or (row.customer if row is not None else "c_1")
    if kind == "eta":
        fields["arrives_at"] = moment(tower, 0.1)
    if kind == "report":
        fields["at"] = moment(tower, 0.0)
    answer = send_token(tower, kind, **fields)
    event(f"{kind} {'taken' if answer.ok else answer.reasons[0]}")
    assert answer.ok or answer.reasons, answer
    hear("rsp/shop", answer_body(answer.reply.req_id, answer.ok, answer.reasons, answer.result))
    assert set(answer.reasons) <= set(REASONS), answer


def hear(topic: str, body: Mapping[str, Any]) -> None:
    envelope = {"v": 1, "at": "2026-11-21T09:30:00.125Z", "boot": 1, "seq": 1, "simulated": True}
    published.hear(topic, json.dumps({**envelope, **body}).encode())
    assert not published.WRONG, published.WRONG[:3]


def publish(tower: SyncTower) -> None:
    """Hold against its schema what the tower would publish now; what is wrong fails the test (`conftest.py`)."""
    now = START + timedelta(seconds=tower.now_s)
    turn = Turn(tower.state, Stamped(now, tower.now_s, TimerExpired("view")), tower.tower.core)
    for topic, body in bodies(build_view(tower.state, tower.tower.core, turn), OrderBodies(), str).items():
        hear(topic, body)


def order_at(tower: SyncTower, index: int) -> str:
    """The id of one of the newest orders and loans."""
    tables = tower.state.tables
    ids = [*dict.fromkeys((*tables.loans, *tables.orders))]
    return ids[-1 - index % len(ids)] if ids else "o_0"


def driver(tower: SyncTower) -> Driver:
    return Driver(tower.simulator.plant, 1)


def collected(tower: SyncTower, index: int) -> None:
    """Whose number it is stays at the gate until the car has left, or comes with it and does all right."""
    order = order_at(tower, index)
    for _ in range(12):
        tower.simulator.person(1, False)
        tower.simulator.press_clear(1)
        row = tower.state.tables.orders.get(order)
        if row is None or not row.open:
            return
        if row.state in ("accepted", "arrived"):
            tower.code(order, right=True)
        if row.kind == "stock_in":
            back(tower)
        tower.tick(3.0)


def driven_off(tower: SyncTower, index: int) -> None:
    """The customer comes, and has just left the cabin, which is open still."""
    order = order_at(tower, index)
    tower.simulator.press_clear(1)
    tower.code(order, right=True)
    for _ in range(300):
        row = tower.state.tables.orders.get(order)
        if row is None or row.state not in ("identified", "delivering", "ready"):
            return
        tower.tick(0.1)


def back(tower: SyncTower) -> None:
    """Whoever drives in does what is asked."""
    row = tower.state.tables.intakes.get(1)
    if row is None or not row.open:
        return
    if row.state == "waiting":
        come(tower, int(row.vehicle.removeprefix("v_")) if row.vehicle.startswith("v_") else 98)
    elif row.state == "securing":
        tower.take(CarSecured(1, "kiosk", API))
    elif row.state in ("positioning", "turned_away"):
        go(tower)
    elif row.state == "clearing":
        driver(tower).get_out()
        tower.simulator.press_clear(1)


def drive_in(tower: SyncTower, index: int) -> None:
    """Staff ask for a cabin for a car that is out."""
    out = [vehicle.id for vehicle in tower.state.tables.vehicles.values() if vehicle.place == OUT]
    if out:
        tower.take(DriveInRequested(None, out[index % len(out)], None, True, "ada", API))


def brought_back(tower: SyncTower, index: int) -> None:
    """A car that is out comes back, and its driver does what is asked."""
    drive_in(tower, index)
    for _ in range(12):
        back(tower)
        tower.tick(1.0)


def come(tower: SyncTower, number: int) -> None:
    with suppress(ValueError):
        driver(tower).drive_in(car(number))


def go(tower: SyncTower) -> None:
    with suppress(ValueError):
        driver(tower).drive_out()


def say_what_stands_here(tower: SyncTower) -> None:
    """A technician's stock file of what really stands in the bays."""
    truth = {name: place for name, place in tower.tower.truth().items() if place.startswith("bay:")}
    entries = tuple(
        StockEntry(parse_record(record(int(name[2:]))), parse_place(place[4:])) for name, place in truth.items()
    )
    tower.take(StockImported(entries, "ada", API))


def later(tower: SyncTower, hours: float) -> None:
    tower.now_s += hours * 3600
    tower.tick(1.0)


DOING: dict[str, Callable[..., Any]] = {
    "token": tell,
    "collected": collected,
    "typed": lambda tower, index: tower.code(order_at(tower, index), right=True),
    "driven_off": driven_off,
    "brought_back": brought_back,
    "fetched": lambda tower, vehicle: tower.take(MoveRequested("fetch", vehicle, None, "lin", API, "to be repaired")),
    "say": lambda tower, vehicle, condition, reasons: tower.take(
        ConditionSet(vehicle, condition, tuple(reasons), "seen", "ada", API)
    ),
    "drive_in": drive_in,
    "come": come,
    "secure": lambda tower: tower.take(CarSecured(1, "kiosk", API)),
    "leave": lambda tower: driver(tower).get_out(),
    "go": go,
    "give_up": lambda tower: tower.take(DriveInCancelled(1, "kiosk", API)),
    "clear_of": lambda tower: tower.simulator.press_clear(1),
    "pass": later,
    "stock": say_what_stands_here,
}


def check_books(tower: SyncTower) -> None:
    """Every open row's vehicle is known; a car has one person at a time, and a person one car."""
    tables, rules = tower.state.tables, tower.tower.core.rules
    orders = [order for order in tables.orders.values() if order.open]
    loans = [loan for loan in tables.loans.values() if loan.state not in LOAN_ENDED]
    named = {order.id: order.vehicle for order in orders if order.state != "awaiting_stock"}
    # a loan begins while its order still waits for the cabin's door
    named |= {loan.id: loan.vehicle for loan in loans}
    check_bookings(tables, rules)
    needed = {
        *named.values(),
        *(row.vehicle for row in tables.intakes.values() if row.open),
        *(job.vehicle for job in tables.jobs.values() if job.state in ("running", "held")),
        *(move.vehicle for move in tables.moves.values() if move.open),
    }
    assert needed <= set(tables.vehicles), (needed - set(tables.vehicles), named)
    drives = {order.id: order.customer for order in orders if order.kind == "test_drive"}
    drives |= {loan.id: loan.customer for loan in loans}
    assert max(Counter(drives.values()).values(), default=0) <= 1, drives
    numbers = {order.id: order.number for order in orders} | {loan.id: loan.number for loan in loans}
    assert len(set(numbers.values())) == len(numbers), numbers
    # what a dealer has announced or takes is that very car
    for order in orders:
        if order.kind in ("stock_in", "stock_out"):
            answer = tables.answers.get(f"jti:{order.id}")
            assert answer is None or answer.result is None or answer.result["vehicle"] == order.vehicle
    for vehicle in tables.vehicles.values():
        if vehicle.condition == "reserved":
            assert vehicle.id in named.values(), (vehicle, named)
    assert len({one.record.tag for one in tables.vehicles.values()}) == len(tables.vehicles)


def do(tower: SyncTower, name: str, *args: Any) -> None:
    if name in DOING:
        DOING[name](tower, *args)
    else:
        act(tower, name, *args)


@settings(
    max_examples=int(os.environ.get("TOWERD_EXAMPLES", "15")),
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    st.integers(1, 2),
    st.sampled_from(BEGINNINGS),
    st.lists(st.one_of(TOKENS, TOKENS, TOKENS, *(AT_THE_TOWER,) * 2, TICKS, ACTS, HANDS), min_size=5, max_size=60),
)
@example(2, BEGINNINGS[3], [("drive_in", 0), ("tick", 5.0)])
@example(1, BEGINNINGS[1], [("token", "purchase", {"sub": None, "order": 0, "paid": 21900000}), ("tick", 5.0)])
@example(1, (), [("packml", "stop"), ("age", 400.0), ("token", "consent", {"sub": "c_2", "order": 2})])
def test_whatever_tokens_come(cabins: int, beginning: tuple[Any, ...], acts: list[tuple[Any, ...]]) -> None:
    tower = SyncTower(Witness(), Tower(small_tower(speed_up=8.0, cabins=cabins)))
    tower.tick(3.0)
    tower.import_stock()
    tower.tick(12.0)
    for one in (*beginning, *acts):
        do(tower, *one)
        publish(tower)
        check_books(tower)
        check_truth(tower)
        check_machine(tower)
    assert told_again(tower) == tower.state.tables
