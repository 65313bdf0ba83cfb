"""Two towers and one platform: whatever customers do, nobody has two cars, no car two people, and nobody drives a sixth time."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, event, example, given, settings
from hypothesis import strategies as st

from simulator.shop.following import LOAN_ENDED, answered, told
from simulator.shop.model import Account, Position
from simulator.shop.rows import OrderRow
from simulator.shop.rules import against, eligibility
from tests.support.token_kit import make_keys
from tests.weeks import lives
from tests.weeks.books import from_mqtt
from tests.weeks.city import City, car_record, wish_for
from tests.weeks.shop import PRICE, Shop, Waiting, utc
from tests.weeks.tower import WeekTower
from tests.weeks.week import city_of
from towerd.places import bay

NAMES = ("nanjing-1", "shanghai-2")
STOCK = (((bay(1, 1), 1), (bay(1, 3), 4)), ((bay(1, 1), 7), (bay(1, 3), 10)))
"""Four cars of one model, two at each tower."""
HOUR_S = 3600.0
CUSTOMERS = st.integers(1, 2)
TOWERS = st.integers(0, 1)
INDEX = st.integers(0, 3)
ACTS = st.one_of(
    st.tuples(st.just("order"), TOWERS, CUSTOMERS, st.booleans()),
    st.tuples(st.just("order_and_collect"), TOWERS, CUSTOMERS),
    st.tuples(st.just("order_and_collect"), TOWERS, CUSTOMERS),
    st.tuples(st.just("cancel"), INDEX),
    st.tuples(st.just("collect"), INDEX),
    st.tuples(st.just("bring_back"), INDEX),
    st.tuples(st.just("bring_back"), INDEX),
    st.tuples(st.just("bring_elsewhere"), INDEX, st.booleans()),
    st.tuples(st.just("buy"), INDEX),
    st.tuples(st.just("say_again"), INDEX),
    st.tuples(st.just("lose_answers"), TOWERS, st.booleans()),
    st.tuples(st.just("off"), TOWERS, st.sampled_from([30.0, 2 * HOUR_S])),
    st.tuples(st.just("later"), st.sampled_from([0.1, 5.0, 30.0])),
)


_LENT = ("order_and_collect", 0, 1)
BEGINNINGS: tuple[tuple[tuple[Any, ...], ...], ...] = (
    (),
    (_LENT,),
    (_LENT, ("order_and_collect", 1, 2)),
    (("order", 0, 1, True), ("order_and_collect", 1, 2)),
    (_LENT, ("bring_back", 0), ("lose_answers", 1, True)),
)


class Region:
    """The towers, the platform's rows over both, and who does what."""

    def __init__(self, cities: list[City], shop: Shop) -> None:
        self.cities, self.shop = cities, shop
        self.rows: dict[str, OrderRow] = {}
        self._heard = [0 for _ in cities]

    @property
    def towers(self) -> list[WeekTower]:
        return [city.tower for city in self.cities]

    def finish(self, life: Waiting) -> Any:
        """Let somebody do all of this, while both towers live on."""
        while True:
            try:
                pause_s = next(life)
            except StopIteration as end:
                self.listen()
                return end.value
            self.wait(pause_s)

    def wait(self, seconds: float) -> None:
        until_s = max(tower.now_s for tower in self.towers) + seconds
        for tower in self.towers:
            tower.run_to(until_s)
        self.listen()

    def listen(self) -> None:
        """The platform takes in what both towers have told."""
        for number, tower in enumerate(self.towers):
            for message in tower.ear.events[self._heard[number] :]:
                row = self.rows.get(message.get("order") or "")
                if row is not None:
                    self.rows[row.order_id] = told(row, message)
            self._heard[number] = len(tower.ear.events)

    def of(self, customer: str) -> list[OrderRow]:
        return [row for row in self.rows.values() if row.customer == customer]

    def city(self, row: OrderRow) -> City:
        return self.cities[NAMES.index(row.tower)]

    def at(self, index: int, *, out: bool) -> OrderRow | None:
        """One of the newest orders, or of those whose car is out."""
        rows = [row for row in self.rows.values() if not out or row.loan_state not in (None, *LOAN_ENDED)]
        return rows[-1 - index % len(rows)] if rows else None


def order(region: Region, tower: int, customer: int, later: bool) -> OrderRow | None:
    """The platform asks for a car, if its own rules let it; what it says of the customer counts both towers."""
    city, name = region.cities[tower], f"c_{customer}"
    now, mine = city.tower.now(), region.of(name)
    if against(mine, now):
        event("the platform refuses")
        return None
    account = Account(name, name, True, 731, now.date() + timedelta(days=900), True, Position(0.0, 0.0))
    deposit = {"amount": 100000, "currency": "CNY", "paid": True}
    slot = {"slot": lives.slot(city, 4.0)} if later else {}
    asked = city.shop.ask(
        city.tower,
        "test_drive",
        sub=name,
        vehicle=wish_for(1),
        eligibility=eligibility(account, mine, deposit, False, now),
        **slot,
    )
    pause_s = next(asked)
    [jti] = [jti for jti in city.shop.sent if jti not in region.rows and city.shop.verbs[jti] == "test_drive"]
    raw = city.shop.sent[jti]
    region.rows[jti] = OrderRow(
        jti, city.tower.name, name, "test_drive", None, **wish_for(1), asked_at=utc(now), code=raw["code"]
    )
    region.wait(pause_s)
    answer = region.finish(asked)
    if answer["reasons"] != ["no_answer"]:
        region.rows[jti] = answered(region.rows[jti], {"at": utc(now), **answer})
    event(f"order {'taken' if answer['ok'] else answer['reasons']}")
    return region.rows[jti]


def collect(region: Region, row: OrderRow | None) -> None:
    if row is not None:
        region.finish(lives.at_the_gate(region.city(row), row.order_id, row.code or "", leaves_after=12))


def order_and_collect(region: Region, tower: int, customer: int) -> None:
    collect(region, order(region, tower, customer, later=False))


def cancel(region: Region, index: int) -> None:
    row = region.at(index, out=False)
    if row is not None:
        region.finish(region.shop.ask(region.city(row).tower, "cancel", sub=row.customer, order=row.order_id))


def released(region: Region) -> None:
    """Staff look at every car that has come back."""
    for city in region.cities:
        for vehicle in list(city.tower.state.tables.vehicles.values()):
            if vehicle.condition == "inspection":
                said = {"condition": "available", "reasons": []}
                region.finish(region.shop.ask(city.tower, "condition", vehicle={"id": vehicle.id}, **said))


def bring_back(region: Region, index: int) -> None:
    row = region.at(index, out=True)
    if row is not None:
        event("a car comes back")
        region.finish(lives.bring_back(region.city(row), row.order_id))
        released(region)


def bring_elsewhere(region: Region, index: int, told_first: bool) -> None:
    """The car comes to the other tower, whose dealer announces it; this one hears of it before or after."""
    row = region.at(index, out=True)
    if row is None or row.vehicle is None:
        return
    event("a car comes back elsewhere")
    here, there = region.city(row), region.cities[1 - NAMES.index(row.tower)]
    ends = {"sub": row.customer, "order": row.order_id, "tower": there.tower.name, "at": utc(here.tower.now())}
    if told_first:
        region.finish(region.shop.ask(here.tower, "returned_elsewhere", **ends))
    number = int(row.vehicle.removeprefix("v_"))
    answer = region.finish(region.shop.ask(there.tower, "stock_in", vehicle=car_record(number), slot=None))
    if answer["ok"]:
        region.finish(lives.stock_in(there, answer["jti"], answer["code"], row.vehicle))
    if not told_first and answer["ok"]:
        region.finish(region.shop.ask(here.tower, "returned_elsewhere", **ends))


def buy(region: Region, index: int) -> None:
    row = region.at(index, out=True)
    if row is not None:
        payment = {"price": PRICE, "currency": "CNY", "paid": PRICE, "instalments": 0}
        region.finish(
            region.shop.ask(region.city(row).tower, "purchase", sub=row.customer, order=row.order_id, payment=payment)
        )


def say_again(region: Region, index: int) -> None:
    row = region.at(index, out=False)
    if row is not None and region.city(row).tower.now().timestamp() <= region.shop.sent[row.order_id]["exp"]:
        again = region.finish(region.shop.repeat(region.city(row).tower, row.order_id))
        if again is not None and again["reasons"] != ["expired"]:
            region.rows[row.order_id] = answered(region.rows[row.order_id], again)


def lose_answers(region: Region, tower: int, lost: bool) -> None:
    region.towers[tower].broker.drops_answers = lost


def off(region: Region, tower: int, seconds: float) -> None:
    if region.towers[tower].life is not None:
        region.towers[tower].end(seconds)


DOING: Mapping[str, Callable[..., Any]] = {
    "order": order,
    "order_and_collect": order_and_collect,
    "cancel": cancel,
    "collect": lambda region, index: collect(region, region.at(index, out=False)),
    "bring_back": bring_back,
    "bring_elsewhere": bring_elsewhere,
    "buy": buy,
    "say_again": say_again,
    "lose_answers": lose_answers,
    "off": off,
    "later": lambda region, hours: region.wait(hours * HOUR_S),
}


def check(region: Region) -> None:
    """Over both towers: a person has one car, and a car one person and one place."""
    people: Counter[str] = Counter()
    cars: Counter[str] = Counter()
    for city in region.cities:
        city.look()
        tables = city.tower.state.tables
        having = {row.id: row for row in tables.orders.values() if row.open and row.kind == "test_drive"}
        having |= {row.id: row for row in tables.loans.values() if row.state not in LOAN_ENDED}  # type: ignore[dict-item]
        people.update(row.customer for row in having.values())
        cars.update(row.vehicle for row in having.values() if row.vehicle)
    assert max(people.values(), default=0) <= 1, people
    inside = Counter(
        tag for tower in region.towers for tag, place in tower.simulator.truth().items() if place != "gone"
    )
    assert max(inside.values(), default=0) <= 1, inside


def check_drives(region: Region) -> None:
    drives: Counter[str] = Counter()
    for tower in region.towers:
        told_of = from_mqtt(tower.ear.events)
        drives.update(told_of.customers[one.order] for one in told_of.facts if one.what == "loan_out")
    assert max(drives.values(), default=0) <= 5, drives
    event(f"drives: {min(6, sum(drives.values()))}")


def walk(folder: Path, acts: list[tuple[Any, ...]]) -> None:
    keys = make_keys(folder)
    with ExitStack() as stack:
        cities = [
            stack.enter_context(city_of(keys, Random(1), name, stock, floors=1, cabins=1))
            for name, stock in zip(NAMES, STOCK, strict=True)
        ]
        shop = Shop(keys)
        region = Region(cities, shop)
        for city in cities:
            city.shop = shop
        for one in acts:
            DOING[one[0]](region, *one[1:])
            check(region)
        for tower in region.towers:
            tower.broker.drops_answers = False
        region.wait(3 * HOUR_S)
        check(region)
        check_drives(region)


_TURN = (("order_and_collect", 0, 1), ("bring_back", 0), ("order_and_collect", 1, 1), ("bring_back", 0))


@pytest.mark.timeout(600)
@settings(
    max_examples=int(os.environ.get("TOWERD_EXAMPLES", "2")),
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.sampled_from(BEGINNINGS), st.lists(ACTS, min_size=3, max_size=10))
@example((), [*_TURN, *_TURN, *_TURN])
@example((), [("lose_answers", 0, True), ("order_and_collect", 0, 1), ("order", 1, 1, False), ("later", 5.0)])
@example((), [("order_and_collect", 0, 1), ("bring_elsewhere", 0, False), ("order_and_collect", 1, 1), ("buy", 0)])
def test_two_towers(beginning: tuple[tuple[Any, ...], ...], acts: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        walk(Path(folder), [*beginning, *acts])
