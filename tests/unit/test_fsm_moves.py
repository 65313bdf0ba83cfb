"""Moves that a technician asks for: taken, or refused with a reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.core_kit import (
    EMPTY_LOCKED,
    OCCUPIED_LOCKED,
    answers,
    config,
    order_in,
    step_row,
    told,
    vehicle,
    with_bay,
    with_cabin_vehicle,
    with_load,
)
from tests.support.moves_kit import REPLY, STOCKED, job_for, move, turn
from tests.support.values import AT
from towerd.bays.model import BayBits
from towerd.bays.sizes import Size
from towerd.fsm.inventory import FORK
from towerd.fsm.moves import move_cancelled, move_requested, stock_take_cancelled, stock_take_requested
from towerd.fsm.moves_events import MoveCancelled, MoveRequested, StockTakeCancelled, StockTakeRequested
from towerd.fsm.state import BayRecord
from towerd.fsm.turn import Turn
from towerd.places import CARRIAGE, OUT, UNKNOWN, Place, bay, cabin
from towerd.plc.codes import Code

EMPTIED = with_bay(STOCKED, 2, 3, EMPTY_LOCKED)
IN_CABIN = with_cabin_vehicle(EMPTIED, 1)
FULL = STOCKED
for _floor in (1, 2, 3):
    for _position in (1, 2, 3, 4):
        FULL = with_bay(FULL, _floor, _position, OCCUPIED_LOCKED)
MOVED_TO = bay(3, 4)


def ask(t: Turn, purpose: Any, what: str = "car-1", target: Place | None = None, reason: str | None = None) -> Any:
    move_requested(t, MoveRequested(purpose, what, target, "lin", REPLY, reason))
    (answer,) = answers(t)
    return answer


def refused(t: Turn, *args: Any, **values: Any) -> str:
    answer = ask(t, *args, **values)
    assert not answer.ok
    assert answer.result["text"]
    (reason,) = answer.reasons
    return str(reason)


@pytest.mark.parametrize(
    ("purpose", "what", "target", "seen", "place"),
    [
        ("fetch", "car-1", None, STOCKED, bay(2, 3)),
        ("fetch", "2-3", cabin(2), STOCKED, bay(2, 3)),
        ("bring", "bay:2-3", cabin(1), STOCKED, bay(2, 3)),
        ("move", "car-1", MOVED_TO, STOCKED, bay(2, 3)),
        ("put_back", "cabin:1", None, IN_CABIN, cabin(1)),
        ("put_back", "carriage", None, with_load(EMPTIED), CARRIAGE),
        ("store", "cabin:1", None, IN_CABIN, cabin(1)),
    ],
)
def test_a_wish_is_kept_under_its_number(purpose: Any, what: str, target: Any, seen: Any, place: Any) -> None:
    t = turn(seen=seen, place=place)
    answer = ask(t, purpose, what, target)
    assert (answer.ok, answer.result) == (True, {"move": 1, "purpose": purpose, "vehicle": "car-1"})
    kept = t.tables.moves[1]
    assert (kept.purpose, kept.source, kept.target, kept.by, kept.state) == (purpose, place, target, "lin", "asked")
    assert told(t) == ["move_asked"]


@pytest.mark.parametrize(
    ("reason", "what", "changes"),
    [
        ("plc_lost", "car-1", {"seen": None}),
        ("vehicle_out", "car-1", {"place": OUT}),
        ("vehicle_unknown", "car-1", {"place": UNKNOWN}),
        ("no_such_vehicle", "car-9", {}),
        ("no_such_place", "9-1", {}),
        ("no_such_place", "1-9", {}),
        ("no_such_place", "out", {}),
        ("place_empty", "1-1", {}),
        ("place_empty", "carriage", {}),
        ("sensors_disagree", "2-3", {"seen": with_bay(STOCKED, 2, 3, int(BayBits.OCCUPIED_A))}),
        ("bay_out_of_service", "2-3", {"seen": with_bay(STOCKED, 2, 3, OCCUPIED_LOCKED | BayBits.FAULT)}),
    ],
)
def test_a_car_that_cannot_be_had(reason: str, what: str, changes: dict[str, Any]) -> None:
    assert refused(turn(**changes), "fetch", what) == reason


@pytest.mark.parametrize(
    ("reason", "purpose", "target", "changes"),
    [
        ("no_such_place", "bring", Place("cabin", 0, 7), {}),
        ("not_a_cabin", "bring", bay(1, 1), {}),
        ("not_a_bay", "move", None, {}),
        ("not_a_bay", "move", cabin(1), {}),
        ("already_there", "move", bay(2, 3), {}),
        ("bay_out_of_service", "move", MOVED_TO, {"seen": with_bay(STOCKED, 3, 4, EMPTY_LOCKED | BayBits.DISABLED)}),
        ("bay_not_empty", "move", MOVED_TO, {"seen": with_bay(STOCKED, 3, 4, OCCUPIED_LOCKED)}),
        ("bay_not_empty", "move", MOVED_TO, {"vehicles": [vehicle(), vehicle("car-2", MOVED_TO, 9)]}),
        ("place_unknown", "move", MOVED_TO, {"bays": {"bay:3-4": BayRecord(MOVED_TO, True, "")}}),
        ("already_there", "put_back", None, {}),
        ("not_in_cabin", "store", None, {"seen": with_load(EMPTIED), "place": CARRIAGE}),
        ("no_bay_free", "store", None, {"seen": with_cabin_vehicle(FULL, 1), "place": cabin(1)}),
    ],
)
def test_a_place_that_will_not_do(reason: str, purpose: Any, target: Any, changes: dict[str, Any]) -> None:
    assert refused(turn(**changes), purpose, "car-1", target) == reason


def test_a_bay_that_another_move_wants_is_taken() -> None:
    t = turn(move("move", target=MOVED_TO, vehicle="car-2"))
    assert refused(t, "move", "car-1", MOVED_TO) == "bay_taken"


def test_a_cabin_where_a_car_is_held_is_not_free() -> None:
    held = [move("bring", n, vehicle=f"car-{n}", state="arrived", target=cabin(n)) for n in (1, 2)]
    assert refused(turn(*held, vehicles=[vehicle()]), "fetch") == "no_cabin_free"
    assert refused(turn(held[0], vehicles=[vehicle()]), "fetch", target=cabin(1)) == "no_cabin_free"
    assert ask(turn(held[0], vehicles=[vehicle()]), "fetch").ok


def test_the_car_that_is_held_may_be_fetched_from_its_cabin() -> None:
    t = turn(move("bring", state="arrived", target=cabin(1)), seen=IN_CABIN, place=cabin(1))
    assert ask(t, "fetch", target=cabin(1)).ok
    assert t.tables.moves[5].state == "cancelled"


def test_a_car_without_a_record_is_found_by_its_place() -> None:
    t = turn(vehicles=[])
    answer = ask(t, "fetch", "2-3")
    assert answer.ok
    assert answer.result["vehicle"].startswith("found-")
    assert told(t) == ["vehicle_found", "move_asked"]


@pytest.mark.parametrize(
    ("state", "purpose", "taken"),
    [
        ("accepted", "fetch", False),
        ("accepted", "move", True),
        ("arrived", "bring", True),
        ("identified", "move", False),
        ("staged", "bring", True),
    ],
)
def test_what_an_order_needs_goes_on(state: str, purpose: Any, taken: bool) -> None:
    t = turn(orders=[order_in(state, identified_at=AT)])
    answer = ask(t, purpose, target={"move": MOVED_TO}.get(purpose))
    assert answer.ok is taken
    assert answer.reasons == (() if taken else ("wanted_by_order",))


def test_a_reason_takes_the_car_from_the_order() -> None:
    t = turn(orders=[order_in("identified")])
    assert ask(t, "fetch", reason="police").ok
    order = t.tables.orders["ord-1"]
    assert (order.state, order.reason) == ("failed", "vehicle_fetched: police")
    assert t.tables.moves[1].reason == "police"


def test_a_car_whose_door_is_open_to_the_customer_is_left_to_them() -> None:
    t = turn(orders=[order_in("ready")], seen=IN_CABIN, place=cabin(1))
    assert refused(t, "fetch", reason="police") == "too_late"


@pytest.mark.parametrize(
    ("before", "purpose", "ok"),
    [
        (move("fetch"), "bring", False),
        (move("identify"), "fetch", True),
        (move("bring", state="arrived", target=cabin(1)), "put_back", True),
        (move("fetch"), "put_back", True),
        (move("fetch", state="ready", target=cabin(1)), "put_back", True),
    ],
)
def test_what_was_asked_for_before_goes_first_but_may_be_put_back(before: Any, purpose: Any, ok: bool) -> None:
    t = turn(before, seen=IN_CABIN, place=cabin(1))
    answer = ask(t, purpose)
    assert answer.ok is ok
    assert answer.reasons == (() if ok else ("already_asked",))
    assert t.tables.moves[5].open is not ok


PUT_UNDER_WAY = (step_row(code=Code.FORK_PUT, args=(3, 4, 0, 0)),)
PUT_UNSETTLED = (replace(PUT_UNDER_WAY[0], unit=FORK, state="settling"),)  # type: ignore[arg-type]


@pytest.mark.parametrize("steps", [PUT_UNDER_WAY, PUT_UNSETTLED])
def test_a_car_that_the_fork_sets_down_is_not_found_a_second_time(steps: Any) -> None:
    """The sensors of the bay show it before the books do."""
    seen = with_bay(EMPTIED, 3, 4, OCCUPIED_LOCKED)
    assert refused(turn(seen=seen, place=CARRIAGE, steps=steps), "bring", "3-4") == "moving"
    assert refused(turn(seen=seen, place=CARRIAGE, steps=steps), "bring") == "moving"
    t = turn(seen=seen, place=CARRIAGE, steps=steps)
    assert take(t, MOVED_TO).reasons == ("moving",)
    assert take(turn(seen=seen, place=CARRIAGE, steps=steps)).reasons == ("nothing_to_read",)
    assert list(t.tables.vehicles) == ["car-1"]


@pytest.mark.parametrize("steps", [PUT_UNDER_WAY, PUT_UNSETTLED])
def test_a_car_on_the_fork_that_the_books_know_may_be_asked_for(steps: Any) -> None:
    seen = with_load(EMPTIED)
    assert ask(turn(seen=seen, place=CARRIAGE, steps=steps), "put_back").ok


def cancel(t: Turn, number: int = 5) -> Any:
    move_cancelled(t, MoveCancelled(number, "lin", REPLY))
    (answer,) = answers(t)
    return answer


def test_a_cancelled_move_takes_its_job_along() -> None:
    t = turn(move(job=6), jobs=[job_for()])
    assert cancel(t).ok
    assert (t.tables.moves[5].state, t.tables.moves[5].why) == ("cancelled", "cancelled by lin")
    assert (t.tables.jobs[6].state, t.tables.jobs[6].ended_at) == ("cancelled", t.now)


def test_a_job_that_has_ended_stays_as_it_ended() -> None:
    t = turn(move(job=6), jobs=[job_for(state="done")])
    assert cancel(t).ok
    assert t.tables.jobs[6].state == "done"


@pytest.mark.parametrize(("state", "reason"), [("done", "no_such_move"), ("ready", "too_late"), ("left", "too_late")])
def test_what_is_over_or_open_cannot_be_cancelled(state: Any, reason: str) -> None:
    assert cancel(turn(move(state=state, target=cabin(1)))).reasons == (reason,)


def test_what_was_never_asked_for_cannot_be_cancelled() -> None:
    assert cancel(turn(), 9).reasons == ("no_such_move",)


def take(t: Turn, *bays: Place) -> Any:
    stock_take_requested(t, StockTakeRequested(bays, "lin", REPLY))
    (answer,) = answers(t)
    return answer


TWO = with_bay(with_bay(STOCKED, 1, 1, OCCUPIED_LOCKED), 1, 2, OCCUPIED_LOCKED | BayBits.DISABLED)


def test_stock_is_taken_in_every_bay_that_can_be_read() -> None:
    t = turn(seen=TWO)
    assert take(t).result == {"moves": [2, 3]}
    asked = [(one.purpose, str(one.source)) for one in t.tables.moves.values()]
    assert asked == [("identify", "bay:1-1"), ("identify", "bay:2-3")]


def test_stock_is_taken_in_the_bays_named_once_each() -> None:
    t = turn(seen=TWO)
    assert take(t, bay(2, 3), bay(2, 3)).result == {"moves": [1]}


@pytest.mark.parametrize(
    ("place", "reason"), [(bay(3, 3), "place_empty"), (bay(9, 9), "no_such_place"), (bay(1, 2), "bay_out_of_service")]
)
def test_a_bay_that_cannot_be_read_refuses_the_whole(place: Place, reason: str) -> None:
    t = turn(seen=TWO)
    assert take(t, bay(2, 3), place).reasons == (reason,)
    assert not t.tables.moves


def test_a_bay_whose_car_is_to_be_moved_is_not_read_as_well() -> None:
    assert take(turn(move()), bay(2, 3)).reasons == ("already_asked",)
    assert take(turn(move())).reasons == ("nothing_to_read",)
    assert take(turn(seen=None)).reasons == ("plc_lost",)


def test_a_bay_whose_car_a_customer_waits_for_is_not_read() -> None:
    assert take(turn(orders=[order_in("delivering")]), bay(2, 3)).reasons == ("wanted_by_order",)
    assert take(turn(orders=[order_in("delivering")])).reasons == ("nothing_to_read",)
    assert take(turn(orders=[order_in("arrived")]), bay(2, 3)).ok


def test_stock_taking_ends_but_for_what_is_under_way() -> None:
    t = turn(move("identify", job=6), move("identify", 7, vehicle="car-2"), move("fetch", 8, vehicle="car-3"))
    stock_take_cancelled(t, StockTakeCancelled("lin", REPLY))
    assert [one.state for one in t.tables.moves.values()] == ["asked", "cancelled", "asked"]
    assert answers(t)[0].result == {"cancelled": 1}


@pytest.mark.parametrize(
    ("purpose", "target", "reason"), [("move", MOVED_TO, "bay_too_small"), ("put_back", None, "no_bay_free")]
)
def test_a_bay_that_is_too_small_is_none_for_the_car(purpose: Any, target: Place | None, reason: str) -> None:
    t = turn(seen=IN_CABIN, place=cabin(1))
    t.config = config(bay_sizes=(Size(4000, 2000, 1600, 2500),))
    assert refused(t, purpose, "car-1", target) == reason
    t.config = config(bay_sizes=(Size(4300, 2000, 1600, 2500),))
    move_requested(t, MoveRequested(purpose, "car-1", target, "lin", REPLY))
    assert answers(t)[-1].ok
