"""Who waits for the carriage, since when, and which places would do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.core_kit import (
    CLEAR,
    EMPTY_LOCKED,
    HOME_BAY,
    OCCUPIED_LOCKED,
    config,
    inner_door_open,
    order_in,
    vehicle,
    with_bay,
    with_cabin,
    with_cabin_vehicle,
    with_load,
)
from tests.support.moves_kit import STOCKED, job_for, move, turn
from tests.support.values import AT
from towerd.bays.model import BayBits
from towerd.bays.sizes import Size
from towerd.cabin.model import CabinSensors
from towerd.fsm.state import BayRecord, Move
from towerd.fsm.turn import Turn
from towerd.fsm.wishes import free_bays, free_cabins, reads_tags, stranded_since_s, wishes_now
from towerd.orders.model import Vehicle
from towerd.places import CARRIAGE, OUT, Place, bay, cabin
from towerd.plc.snapshot import Snapshot

EMPTIED = with_bay(STOCKED, 2, 3, EMPTY_LOCKED)
LOADED = with_load(EMPTIED)
BLIND = replace(STOCKED, identity=replace(STOCKED.identity, capabilities=type(STOCKED.identity.capabilities)(0)))


def wishes(t: Turn) -> list[tuple[str | None, str, Place, tuple[Place, ...]]]:
    assert t.snapshot is not None
    return [(wish.order, wish.vehicle, wish.source, wish.targets) for wish in wishes_now(t, t.snapshot)]


def kinds(t: Turn) -> list[tuple[str, str]]:
    assert t.snapshot is not None
    return [(wish.vehicle, wish.kind) for wish in wishes_now(t, t.snapshot)]


def targets(one: Move, seen: Snapshot = STOCKED, place: Place = HOME_BAY, **rows: Any) -> set[Place]:
    found = wishes(turn(one, seen=seen, place=place, **rows))
    return set(found[0][3]) if found else set()


def test_a_forgotten_button_in_one_cabin_keeps_nobody_from_the_other() -> None:
    seen = with_cabin(STOCKED, 1, off=CabinSensors.CLEAR_CONFIRMED)
    assert free_cabins(turn(), seen) == (cabin(2),)
    both = with_cabin(seen, 2, off=CabinSensors.CLEAR_CONFIRMED)
    assert free_cabins(turn(), both) == (cabin(1), cabin(2)), "where neither is clear, either may become so"
    assert CabinSensors.CLEAR_CONFIRMED in CLEAR


def test_a_bay_that_a_move_wants_is_not_free_for_another() -> None:
    t = turn(move("move", target=bay(3, 4)), move("identify", 6, vehicle="car-2", source=bay(1, 1)))
    assert t.snapshot is not None
    free = free_bays(t, t.snapshot, t.tables.vehicles["car-1"])
    assert bay(3, 4) not in free
    assert bay(1, 1) not in free
    assert bay(1, 2) in free


def test_a_customer_has_waited_since_the_first_look() -> None:
    first = AT - timedelta(minutes=9)
    t = turn(
        orders=[order_in("delivering", cabin=None, arrived_at=first), order_in("staged", "ord-2", vehicle="car-9")]
    )
    (wish,) = wishes_now(t, STOCKED)
    assert wish.waiting_since_s == first.timestamp()
    assert order_in("delivering").since_at == AT


def test_a_customer_of_an_older_version_has_not_begun_to_wait_with_the_last_state() -> None:
    identified = order_in("delivering", accepted_at=AT - timedelta(days=2), identified_at=AT - timedelta(minutes=4))
    assert identified.waits_since_at == AT - timedelta(minutes=4)
    (wish,) = wishes_now(turn(orders=[identified]), STOCKED)
    assert wish.waiting_since_s == identified.waits_since_at.timestamp()


def test_an_orders_cabin_that_holds_another_car_is_waited_for() -> None:
    order = order_in("delivering", cabin=1)
    assert wishes(turn(orders=[order])) == [("ord-1", "car-1", bay(2, 3), (cabin(1),))]
    assert wishes(turn(orders=[order], seen=with_cabin_vehicle(STOCKED, 1, 99))) == []


def test_a_car_that_stood_in_a_cabin_when_it_was_ordered_stays_there() -> None:
    t = turn(orders=[order_in("identified", cabin=None)], seen=with_cabin_vehicle(EMPTIED, 2), place=cabin(2))
    assert wishes(t) == [("ord-1", "car-1", cabin(2), (cabin(2),))]
    there = turn(orders=[order_in("staged", cabin=2)], seen=with_cabin_vehicle(EMPTIED, 2), place=cabin(2))
    assert wishes(there) == []


def test_a_fetched_car_goes_to_any_free_cabin_or_to_the_one_named() -> None:
    assert targets(move()) == {cabin(1), cabin(2)}
    assert targets(move(target=cabin(2))) == {cabin(2)}
    assert targets(move(target=cabin(2)), with_cabin_vehicle(STOCKED, 2, 99)) == set()


def test_a_car_in_its_cabin_goes_nowhere_and_in_another_it_goes_over() -> None:
    seen = with_cabin_vehicle(EMPTIED, 1)
    assert targets(move("bring"), seen, cabin(1)) == set()
    assert targets(move("bring", target=cabin(1)), seen, cabin(1)) == set()
    assert targets(move("bring", target=cabin(2)), seen, cabin(1)) == {cabin(2)}


def test_a_car_goes_from_bay_to_bay_while_that_one_is_empty() -> None:
    assert targets(move("move", target=bay(3, 4))) == {bay(3, 4)}
    assert targets(move("move", target=bay(3, 4)), with_bay(STOCKED, 3, 4, OCCUPIED_LOCKED)) == set()
    assert targets(move("move", target=bay(3, 4)), with_bay(STOCKED, 3, 4, EMPTY_LOCKED | BayBits.DISABLED)) == set()


@pytest.mark.parametrize("purpose", ["put_back", "store"])
def test_a_car_is_put_into_any_free_bay(purpose: Any) -> None:
    seen = with_cabin_vehicle(EMPTIED, 1)
    assert len(targets(move(purpose), seen, cabin(1))) == 12
    assert targets(move(purpose)) == set(), "in a bay it is there"


@pytest.mark.parametrize("changes", [{"state": "arrived"}, {"job": 6}])
def test_what_is_held_or_at_work_wishes_nothing(changes: Any) -> None:
    assert targets(move(**changes), jobs=[job_for(state="running")]) == set()


def test_a_car_that_is_nowhere_is_not_wished_for() -> None:
    assert targets(move(), place=OUT) == set()


def test_tags_are_read_on_the_carriage_where_it_has_a_reader_else_in_a_cabin() -> None:
    assert reads_tags(STOCKED)
    assert targets(move("identify")) == {CARRIAGE}
    assert not reads_tags(BLIND)
    assert targets(move("identify"), BLIND) == {cabin(1), cabin(2)}


def test_a_car_goes_home_once_its_tag_is_read() -> None:
    assert targets(move("identify"), LOADED, CARRIAGE) == set()
    assert targets(move("identify", tag=4711), LOADED, CARRIAGE) == {bay(2, 3)}
    assert targets(move("identify", tag=4711)) == set()


def test_tags_are_read_only_when_nothing_else_waits() -> None:
    other = vehicle("car-2", bay(1, 1), 4712)
    cars = [vehicle(), other]
    seen = with_bay(STOCKED, 1, 1, OCCUPIED_LOCKED)
    reading = move("identify", vehicle="car-2", source=bay(1, 1))
    assert kinds(turn(reading, seen=seen, vehicles=cars)) == [("car-2", "idle")]
    both = turn(reading, move(number=6), seen=seen, vehicles=cars)
    assert kinds(both) == [("car-2", "idle"), ("car-1", "serve")]
    home = replace(reading, tag=4712)
    under_way = turn(home, seen=with_load(EMPTIED), vehicles=[vehicle("car-2", CARRIAGE, 4712)])
    assert kinds(under_way) == [("car-2", "serve")]


def test_a_technicians_word_keeps_the_planner_off() -> None:
    order = order_in("identified", cabin=None)
    stopped = job_for("deliver", order="ord-1", state="cancelled", stopped_by="lin", ended_at=AT)
    assert wishes(turn(orders=[order], jobs=[stopped])) == []
    assert wishes(turn(orders=[order], bays={"bay:2-3": BayRecord(HOME_BAY, disabled=True)})) == []
    inside = turn(orders=[order], jobs=[stopped], seen=with_cabin_vehicle(EMPTIED, 1), place=cabin(1))
    assert [one[:3] for one in wishes(inside)] == [(None, "car-1", cabin(1))], "it is put back meanwhile"


def test_a_stranded_car_has_waited_since_it_was_last_wanted() -> None:
    done = job_for(state="done", ended_at=AT - timedelta(minutes=2))
    over = order_in("cancelled", ended_at=AT - timedelta(minutes=1))
    t = turn(move(state="done", ended_at=AT - timedelta(minutes=3)), jobs=[done], orders=[over])
    assert stranded_since_s(t, "car-1") == (AT - timedelta(minutes=1)).timestamp()
    assert stranded_since_s(t, "car-9") == 0.0, "longer than is remembered"


@pytest.mark.parametrize(
    ("order", "goes_back"),
    [
        (order_in("accepted", cabin=None), True),
        (order_in("accepted", cabin=1), False),
        (order_in("staged", cabin=1), False),
        (order_in("arrived", cabin=None), False),
        (order_in("awaiting_stock", cabin=None), True),
    ],
)
def test_a_car_whose_customer_has_not_come_goes_back_unless_it_is_brought_forward(order: Any, goes_back: bool) -> None:
    t = turn(orders=[order], seen=with_cabin_vehicle(EMPTIED, 1), place=cabin(1))
    assert [one[1] for one in wishes(t)] == (["car-1"] if goes_back else [])


def test_who_has_not_come_waits_for_no_carriage() -> None:
    assert wishes(turn(orders=[order_in("staged", cabin=1)])) == []


def test_a_car_with_a_move_is_not_stranded() -> None:
    seen = with_cabin_vehicle(EMPTIED, 1)
    assert wishes(turn(move("bring", state="arrived", target=cabin(1)), seen=seen, place=cabin(1))) == []
    (alone,) = wishes(turn(seen=seen, place=cabin(1)))
    assert alone[:3] == (None, "car-1", cabin(1))


def test_a_car_that_was_put_into_another_cabin_by_hand_is_handed_over_there() -> None:
    seen = with_cabin_vehicle(EMPTIED, 2)
    elsewhere = turn(orders=[order_in("delivering", cabin=1)], seen=seen, place=cabin(2))
    assert wishes(elsewhere) == [("ord-1", "car-1", cabin(2), (cabin(2),))]
    there = turn(orders=[order_in("delivering", cabin=2)], seen=inner_door_open(seen, 2), place=cabin(2))
    assert wishes(there) == [("ord-1", "car-1", cabin(2), (cabin(2),))], "its inner door is to be shut first"


@pytest.mark.parametrize("word", [OCCUPIED_LOCKED | BayBits.DISABLED, OCCUPIED_LOCKED | BayBits.FAULT, EMPTY_LOCKED])
def test_the_carriage_goes_for_no_car_that_it_could_not_take(word: int) -> None:
    seen = with_bay(STOCKED, 2, 3, word)
    assert wishes(turn(orders=[order_in("identified", cabin=None)], seen=seen)) == []
    assert wishes(turn(move(), seen=seen)) == []


def test_the_carriage_goes_for_no_car_in_a_cabin_that_nobody_has_confirmed_clear() -> None:
    seen = with_cabin_vehicle(with_cabin(EMPTIED, 1, off=CabinSensors.CLEAR_CONFIRMED), 1)
    assert wishes(turn(seen=seen, place=cabin(1))) == []


SIZES = (Size(5200, 2000, 1600, 2500), Size(5200, 2000, 2100, 3000))


def sized(car: Vehicle, *moves: Move, seen: Snapshot = LOADED, word: int = EMPTY_LOCKED | 1 << 8) -> Turn:
    """car-1 on the carriage; bay 3-4 is of class 1, all others of class 0."""
    t = turn(*moves, seen=with_bay(seen, 3, 4, word), vehicles=[car])
    t.config = config(bay_sizes=SIZES)
    return t


def test_a_car_takes_no_larger_bay_than_it_needs() -> None:
    low = vehicle(place=CARRIAGE)
    high = replace(low, record=replace(low.record, height_mm=1900))
    [(*_, bays)] = wishes(sized(low))
    assert bay(3, 4) not in bays
    assert len(bays) == 11
    [(*_, bays)] = wishes(sized(high))
    assert bays == (bay(3, 4),)
    [(*_, bays)] = wishes(sized(high, word=OCCUPIED_LOCKED | 1 << 8))
    assert bays == ()
    full = replace(LOADED, bay_words=(OCCUPIED_LOCKED,) * 12)
    [(*_, bays)] = wishes(sized(low, seen=full))
    assert bays == (bay(3, 4),), "where no other is free"


def test_a_move_waits_where_its_bay_has_become_too_small() -> None:
    high = replace(vehicle(), record=replace(vehicle().record, height_mm=1900))
    assert [one[3] for one in wishes(sized(high, move("move", target=bay(3, 4)), seen=STOCKED))] == [(bay(3, 4),)]
    assert wishes(sized(high, move("move", target=bay(3, 3)), seen=STOCKED)) == []
