"""A week, and what is compared at its end."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from random import Random
from typing import Any

from simulator.config import Actors
from tests.support.token_kit import Keys
from tests.weeks import crew, lives, trouble
from tests.weeks.books import BACK, TURNED_AWAY, Books, Fact, from_audit, from_journal, from_mqtt
from tests.weeks.city import City, physical
from tests.weeks.shop import Shop
from tests.weeks.tower import WeekTower
from towerd.audit import ended, verify
from towerd.places import Place, bay

Stock = Sequence[tuple[Place, int]]
STOCK: Stock = tuple(
    (bay(floor, position), number)
    for number, (floor, position) in enumerate(((1, 1), (1, 3), (2, 1), (2, 2), (2, 4), (3, 2), (3, 3)), start=1)
)
ACTORS = Actors(
    auto_drive_off=True, customer_delay_s=1.0, boarding_s=0.5, driving_s=0.5, auto_press_clear=True, staff_delay_s=1.0
)


@contextmanager
def city_of(keys: Keys, rng: Random, name: str, stock: Stock = STOCK, **changes: Any) -> Iterator[City]:
    """A tower that stands ready with its cars, until the end of the block."""
    tower = WeekTower.make(keys, name, (), **{"cabins": 2, "actors": ACTORS, **changes})
    try:
        yield _ready(City(tower, Shop(keys), rng), stock)
    finally:
        if tower.life is not None:
            tower.life.close()


def _ready(city: City, stock: Stock) -> City:
    tower = city.tower
    for place, number in stock:
        tower.simulator.place_vehicle(physical(number), str(place))
    tower.run_to(tower.now_s + 3.0)
    for booth in tower.simulator.plant.booths:
        tower.simulator.press_clear(booth.number)
    city.import_stock(stock)
    tower.run_to(tower.now_s + 20.0)
    return city


def people(city: City, customers: int) -> None:
    """Everybody's life begins."""
    for number in range(customers):
        city.add(lives.customer(city, f"c_{number}"))
    for number in (3, 21):
        city.add(lives.buyer(city, f"b_{number}", number))
    city.add(lives.dealer(city, list(range(20, 32))))
    for life in (lives.staff, lives.operator, crew.technician, trouble.fate):
        city.add(life(city))


def come_to_rest(city: City) -> None:
    """The week is over: whoever is at the tower is let go, and everything that waits goes out."""
    tower = city.tower
    tower.cut = None
    tower.run_to(tower.now_s + 3 * 3600)
    tower.broker.drops_answers = tower.broker.keeps_acks = False
    tower.set_broker(up=False)
    tower.set_broker(up=True)
    tower.run_to(tower.now_s + 120)
    city.look()


def differences(one: Books, other: Books) -> list[Fact]:
    """Facts that only one of two books has, but for those of which one of them says nothing."""
    silent = one.silent | other.silent
    left, right = (
        Counter(fact for fact in books.facts if (fact.at, fact.order) not in silent) for books in (one, other)
    )
    return sorted((left - right) + (right - left))


def check_told_alike(tower: WeekTower) -> Books:
    """Journal, audit log and what an outside client heard tell the same."""
    heard = from_mqtt(tower.ear.events)
    journal, tables = from_journal(tower.journal.history, tower.journal.bases, tower.tower.core)
    assert tables == tower.state.tables
    unlike = differences(journal, heard)
    assert not unlike, unlike
    audit = from_audit(tower.journal.audit)
    assert not differences(audit, heard), differences(audit, heard)
    # a message that waited while its customer was forgotten names nobody
    assert heard.customers.items() <= journal.customers.items()
    assert audit.customers == {order: f"p-{customer}-{order}" for order, customer in journal.customers.items()}
    assert len(tower.ear.events) == tower.state.tables.meta.event_seq
    chain = ended(verify(tower.journal.audit))
    assert (chain.break_text, chain.audit_seq) == (None, tower.state.tables.meta.audit_seq)
    return replace(heard, customers=journal.customers)


_LEFT = ("order_handed_over", "vehicle_fetched")
_CAME = ("loan_returned", "vehicle_stocked_in", BACK)


def _names(said: str) -> list[str]:
    return re.findall(r"'(v_\d{4})'", said)


def check_street(city: City, books: Books) -> None:
    """What was told of each car is what somebody on the street has seen of it, and who was sent off again has been."""
    told, seen = defaultdict[str, list[str]](list), defaultdict[str, list[str]](list)
    sent_off = []
    for one in books.facts:
        if one.what in (*_LEFT, *_CAME):
            for name in _names(one.said):
                told[name].append("left" if one.what in _LEFT else "came")
        if one.what == TURNED_AWAY:
            sent_off.append((_names(one.said)[0], " ".join(re.findall(r"wrong_\w+", one.said))))
    for tag, what in city.seen:
        seen[f"v_{tag - 3054420000:04d}"].append(what)
    unlike = {name: (told[name], seen[name]) for name in {*told, *seen} if told[name] != seen[name]}
    assert not unlike, unlike
    assert sorted(sent_off) == sorted(city.sent_off)


def check_customers(books: Books) -> None:
    """Nobody drives a sixth time in 60 days, and nobody has two cars."""
    # a car that was turned away is told to be out once more
    lent = {one.order for one in books.facts if one.what == "loan_out"}
    drives = Counter(books.customers[order] for order in lent)
    assert max(drives.values(), default=0) <= 5, drives
    having: dict[str, str] = {}
    for one in books.facts:
        if one.what == "loan_out":
            customer = books.customers[one.order]
            assert having.setdefault(customer, one.order) == one.order, (customer, one)
        elif one.what in ("loan_returned", "loan_sold", "loan_returned_elsewhere"):
            del having[books.customers[one.order]]


def left_open(tower: WeekTower) -> Iterable[str]:
    """Orders that are open for no reason."""
    for order in tower.state.tables.orders.values():
        until = order.wait_until_at if order.state == "awaiting_stock" else order.slot and order.slot.until_at
        if order.open and (until is None or until < tower.now()):
            yield f"{order.id} {order.kind} {order.state} {order.reason}"
