"""Cars that are brought forward, and make room again (orders-if.md 5.1 `staged`)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.core_kit import (
    EMPTY_LOCKED,
    MONO_S,
    OCCUPIED_LOCKED,
    config,
    job,
    order_in,
    step_row,
    told,
    vehicle,
    with_bay,
    with_cabin,
    with_cabin_vehicle,
    with_load,
)
from tests.support.moves_kit import STOCKED, move, turn
from tests.support.values import AT
from towerd.cabin.model import CabinSensors, DoorState
from towerd.fsm.intake_row import Intake
from towerd.fsm.staging import ASKED_S, ahead_wishes, follow_ahead, free_now, make_way, wants
from towerd.fsm.state import CabinAsked, IdentityDecision, Move, TagReading
from towerd.fsm.turn import Turn
from towerd.orders.model import Order, Slot
from towerd.places import CARRIAGE, OUT, bay, cabin
from towerd.planner.model import Want

BOTH = (cabin(1), cabin(2))
SINCE = AT - timedelta(minutes=4)
SLOT = Slot(AT + timedelta(minutes=1), AT + timedelta(minutes=31))
CAR_2 = vehicle("car-2", bay(1, 1), 4712)
INSIDE = with_cabin_vehicle(with_bay(STOCKED, 2, 3, EMPTY_LOCKED), 1)
OTHER_BAY = with_bay(STOCKED, 1, 1, OCCUPIED_LOCKED)


def expected(order_id: str = "ord-1", **values: Any) -> Order:
    """A customer is expected in a minute."""
    return order_in("accepted", order_id, **{"cabin": None, "slot": SLOT, **values})


def there(order_id: str = "ord-2", **values: Any) -> Order:
    """The customer of car-2 is at the gate."""
    return order_in("identified", order_id, **{"vehicle": "car-2", "cabin": None, "arrived_at": SINCE, **values})


def staged(**values: Any) -> Order:
    return order_in("staged", **{"slot": SLOT, "brought_at": SINCE, **values})


def in_cabin(*orders: Order, moves: tuple[Move, ...] = (), **rows: Any) -> Turn:
    return turn(*moves, orders=orders, **{"seen": INSIDE, "place": cabin(1), **rows})


def wishes(t: Turn) -> list[tuple[Any, ...]]:
    assert t.snapshot is not None
    return [(one.kind, one.order, one.vehicle, one.targets) for one in ahead_wishes(t, t.snapshot)]


def wanted(t: Turn) -> tuple[Want, ...]:
    assert t.snapshot is not None
    return wants(t, t.snapshot)


def test_a_car_can_be_brought_to_any_cabin_that_is_free_and_clear() -> None:
    t = turn(orders=[expected()])
    assert wishes(t) == [("stage", "ord-1", "car-1", BOTH)]
    assert t.snapshot is not None
    (wish,) = ahead_wishes(t, t.snapshot)
    assert 5 < SLOT.from_at.timestamp() - 60 - wish.waiting_since_s < 60, "as much earlier as it takes"
    unclear = with_cabin(STOCKED, 1, off=CabinSensors.CLEAR_CONFIRMED)
    assert wishes(turn(orders=[expected()], seen=unclear))[0][3] == (cabin(2),)
    occupied = with_cabin(STOCKED, 2, on=CabinSensors.PERSON_DETECTED)
    assert free_now(turn(), occupied) == (cabin(1),)
    assert free_now(turn(), with_cabin(STOCKED, 1, outer_door=DoorState.OPEN)) == (cabin(2),)


@pytest.mark.parametrize(
    "order",
    [
        expected(vehicle=None),
        expected(vehicle="car-9"),
        expected(slot=Slot(AT + timedelta(minutes=12), AT + timedelta(minutes=40))),
        order_in("identified", cabin=None, slot=SLOT),
        expected(brought_at=AT),
        order_in("accepted", slot=SLOT, cabin=1),
    ],
)
def test_what_is_not_brought_forward_now(order: Order) -> None:
    assert wishes(turn(orders=[order])) == []


def test_what_stands_in_no_bay_or_is_somebody_elses_is_left_alone() -> None:
    assert wishes(turn(orders=[expected()], place=OUT)) == []
    assert wishes(turn(move(), orders=[expected()])) == []
    assert wishes(turn(orders=[expected()], jobs=[job(state="cancelled", stopped_by="lin", ended_at=AT)])) == []
    assert wishes(turn(orders=[expected()], seen=with_load(STOCKED))) == [], "the carriage is loaded"
    assert wishes(turn(orders=[expected()], seen=with_bay(STOCKED, 2, 3, EMPTY_LOCKED))) == [], "it cannot be taken"


def test_a_car_that_waits_in_a_cabin_could_go_back() -> None:
    ((kind, order, car, bays),) = wishes(in_cabin(staged()))
    assert (kind, order, car, len(bays)) == ("give_way", None, "car-1", 12)
    assert len(wishes(in_cabin(staged(arrived_at=AT)))) == 1, "its customer has gone again"
    assert wishes(in_cabin(there(vehicle="car-1"))) == [], "its customer is there"
    assert wishes(turn(orders=[order_in("accepted", slot=SLOT)])) == [], "it is still on its way"


def test_customers_technicians_dealers_and_drivers_want_cabins() -> None:
    assert wanted(in_cabin(staged())) == ()
    t = in_cabin(staged(), there(), vehicles=[vehicle(place=cabin(1)), CAR_2], seen=with_bay(INSIDE, 1, 1, 7))
    assert wanted(t) == (Want(BOTH, SINCE.timestamp()),)
    for fetched, where in ((None, BOTH), (cabin(2), (cabin(2),))):
        asked = move(vehicle="car-2", target=fetched)
        t = in_cabin(staged(), vehicles=[vehicle(place=cabin(1)), CAR_2], moves=(asked,))
        assert wanted(t) == (Want(where, AT.timestamp()),)
    there_already = in_cabin(there(vehicle="car-1"))
    assert wanted(there_already) == (), "it needs no other"
    assert wanted(turn(move("put_back"), move("bring", 6, state="arrived"))) == ()


def dealer(**rows: Any) -> Turn:
    comes = order_in("identified", "ord-3", kind="stock_in", vehicle="car-3", cabin=None, arrived_at=SINCE)
    decided = {"ord-3": IdentityDecision("ord-3", "code", MONO_S - 1, "not_checked", None)}
    cars = [vehicle("car-3", rows.pop("place", OUT), 4713)]
    return turn(orders=[comes], vehicles=cars, volatile={"decisions": rows.pop("decisions", decided)}, **rows)


def test_a_dealer_wants_a_cabin_until_one_is_open() -> None:
    assert wanted(dealer()) == (Want(BOTH, SINCE.timestamp()),)
    assert wanted(dealer(decisions={})) == ()
    assert wanted(dealer(place=bay(1, 1))) == ()
    open_for = Intake(2, "stock", "ord-3", "car-3", "kiosk", "opening", AT, AT)
    assert wanted(dealer(intakes={2: open_for})) == ()


@pytest.mark.parametrize(("number", "where"), [(None, BOTH), (2, (cabin(2),))])
def test_a_driver_who_has_asked_in_vain_is_remembered_for_a_while(number: int | None, where: Any) -> None:
    asked = CabinAsked(number, SINCE, MONO_S - ASKED_S + 1)
    assert wanted(turn(volatile={"cabin_asked": asked})) == (Want(where, SINCE.timestamp()),)
    over = replace(asked, mono_s=MONO_S - ASKED_S)
    assert wanted(turn(volatile={"cabin_asked": over})) == ()


def follow(t: Turn) -> Order:
    follow_ahead(t)
    return t.tables.orders["ord-1"]


def test_a_car_that_has_arrived_waits_for_its_customer() -> None:
    t = in_cabin(order_in("accepted", slot=SLOT))
    assert (follow(t).state, follow(t).since_at, told(t)) == ("staged", AT, ["order_staged"])
    on_the_way = turn(orders=[order_in("accepted", slot=SLOT)], jobs=[job()])
    assert follow(on_the_way) == on_the_way.tables.orders["ord-1"]
    assert told(on_the_way) == []


@pytest.mark.parametrize(
    ("t", "why"),
    [
        (turn(orders=[staged()]), "car_moved"),
        (turn(orders=[staged(cabin=None)]), "car_moved"),
        (in_cabin(staged(), moves=(move("put_back"),)), "car_moved"),
        (in_cabin(staged(), vehicles=[vehicle(place=cabin(1), rests_as="out_of_service")]), "car_unfit"),
        (in_cabin(staged(since_at=AT - timedelta(seconds=1800))), "nobody_came"),
    ],
)
def test_a_car_that_is_elsewhere_or_that_nobody_comes_for_is_not_staged_any_more(t: Turn, why: str) -> None:
    t.set(readings={"ord-1": TagReading(1, 4711, 5)})
    order = follow(t)
    assert (order.state, order.cabin, order.brought_at) == ("accepted", None, SINCE)
    assert (told(t), t.volatile.readings) == (["order_put_back"], {})
    assert t.commands[-1].body["data"]["why"] == why  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "rows",
    [
        {"vehicles": [vehicle(rests_as="inspection")]},
        {"jobs": [job(vehicle="car-2")], "vehicles": [vehicle(), CAR_2]},
        {"moves": (move("put_back"),)},
    ],
)
def test_a_car_that_is_not_to_arrive_is_not_brought_on(rows: dict[str, Any]) -> None:
    rows = {"jobs": [job(purpose="stage")], **rows}
    t = turn(*rows.pop("moves", ()), orders=[order_in("accepted", slot=SLOT, brought_at=SINCE)], **rows)
    assert (follow(t).cabin, t.tables.jobs[1].state) == (None, "cancelled")


def test_a_dealer_takes_a_car_whatever_is_wrong_with_it() -> None:
    dealers = expected(kind="stock_out")
    assert wishes(turn(orders=[dealers], vehicles=[vehicle(rests_as="out_of_service")])) != []
    assert wishes(turn(orders=[expected()], vehicles=[vehicle(rests_as="out_of_service")])) == []


def test_a_car_is_brought_forward_for_whoever_has_it_first() -> None:
    later = expected("ord-2", slot=Slot(AT + timedelta(minutes=2), AT + timedelta(minutes=32)))
    assert [wish[1] for wish in wishes(turn(orders=[later, expected()]))] == ["ord-1"]


def test_a_car_that_did_not_arrive_is_not_ahead_and_nothing_is_told_of_it() -> None:
    t = turn(orders=[order_in("accepted", slot=SLOT, brought_at=SINCE)])
    assert (follow(t).cabin, follow(t).brought_at, told(t)) == (None, SINCE, [])


def test_without_a_picture_nothing_is_said_of_it() -> None:
    t = turn(orders=[staged()], seen=None)
    assert (follow(t), told(t)) == (staged(), [])


def test_who_is_staged_and_in_time_stays() -> None:
    t = in_cabin(staged())
    assert follow(t) == staged()


def test_who_may_be_leaving_is_not_put_back() -> None:
    long_ago = staged(since_at=AT - timedelta(days=1))
    assert follow(in_cabin(long_ago)).state == "accepted"
    assert follow(in_cabin(long_ago, seen=with_cabin(INSIDE, 1, outer_door=DoorState.BLOCKED))) == long_ago


def under_way(*others: Order, place: Any = None, **rows: Any) -> Turn:
    cars = [vehicle(place=place or bay(2, 3)), CAR_2]
    seen = rows.pop("seen", OTHER_BAY)
    ahead = order_in("accepted", slot=SLOT, brought_at=AT)
    t = turn(orders=[ahead, *others], vehicles=cars, seen=seen, **{"jobs": [job(purpose="stage")], **rows})
    make_way(t)
    return t


def gave_way(t: Turn) -> bool:
    order = t.tables.orders["ord-1"]
    assert (order.cabin is None) == (t.tables.jobs[1].state == "cancelled")
    return order.cabin is None


def test_in_its_bay_a_car_lets_everybody_go_first_and_is_brought_later() -> None:
    assert not gave_way(under_way())
    t = under_way(there())
    assert gave_way(t)
    assert t.tables.orders["ord-1"].brought_at is None
    full = with_cabin(OTHER_BAY, 2, on=CabinSensors.PERSON_DETECTED)
    assert gave_way(under_way(there(), seen=full)), "whoever is there has no cabin"


def test_on_the_carriage_it_lets_those_go_first_who_need_the_cabin() -> None:
    loaded = with_load(with_bay(OTHER_BAY, 2, 3, EMPTY_LOCKED))
    assert not gave_way(under_way(there(), place=CARRIAGE, seen=loaded)), "the other cabin is free"
    full = with_cabin(loaded, 2, on=CabinSensors.PERSON_DETECTED)
    t = under_way(there(), place=CARRIAGE, seen=full)
    assert gave_way(t)
    assert t.tables.orders["ord-1"].brought_at == AT, "it has had its turn"
    for number in (1, 2):
        unconfirmed = with_cabin(loaded, number, off=CabinSensors.CLEAR_CONFIRMED)
        assert gave_way(under_way(there(), place=CARRIAGE, seen=unconfirmed)), "the first that is confirmed is theirs"
        assert not gave_way(under_way(place=CARRIAGE, seen=unconfirmed)), "nobody is there"
    assert not gave_way(under_way(there(), place=cabin(1), seen=full)), "it is there"


def test_nothing_gives_way_between_a_command_and_its_end_nor_without_a_picture() -> None:
    assert not gave_way(under_way(there(), steps=[step_row()]))
    assert not gave_way(under_way(there(), seen=None))


def test_who_has_come_gives_no_way() -> None:
    come = turn(orders=[order_in("delivering", arrived_at=AT), there()], jobs=[job()], seen=OTHER_BAY)
    make_way(come)
    assert come.tables.jobs[1].state == "running"
    nobody = turn(orders=[there()], jobs=[replace(job(), order=None)])
    make_way(nobody)
    idle = turn(orders=[there()])
    make_way(idle)
    assert (nobody.tables.jobs[1].state, idle.tables.jobs) == ("running", {})


def test_a_site_may_leave_every_car_in_its_bay() -> None:
    t = turn(orders=[expected()])
    t.config = config(rules=replace(t.config.rules, stage=False))
    assert wishes(t) == []
