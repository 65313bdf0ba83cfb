"""Moves as people see them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.core_kit import (
    MONO_S,
    later,
    order_in,
    step_row,
    vehicle,
    with_cabin,
    with_cabin_vehicle,
    with_system,
)
from tests.support.moves_kit import STOCKED, job_for, move, turn
from towerd.cabin.model import DoorState
from towerd.fsm.moving import follow_moves
from towerd.fsm.show_moves import show_moves, show_stock_take
from towerd.places import UNKNOWN, Place, bay, cabin
from towerd.plc.snapshot import PackmlState
from towerd.view import StockRow

TWO = [vehicle(), vehicle("car-2", bay(1, 1), 4712)]
HERE = with_cabin_vehicle(STOCKED, 1)
SHUT = with_cabin(with_cabin(STOCKED, 1, outer_door=DoorState.OPEN), 2, outer_door=DoorState.OPEN)


def test_a_move_at_work_says_what_the_machine_does() -> None:
    t = turn(move(job=6), jobs=[job_for()], volatile={"doing": "LIFT_TO 2-3"})
    (shown,) = show_moves(t)
    assert (shown.id, shown.job, shown.state, shown.by, shown.next) == (5, 6, "moving", "lin", "LIFT_TO 2-3")
    assert show_moves(turn(move(state="done"))) == ()


def test_a_move_whose_job_stands_says_behind_what() -> None:
    stopped = with_system(STOCKED, packml_state=PackmlState.HELD)
    t = turn(move(job=6), seen=stopped, jobs=[job_for()], steps=[step_row()], volatile={"doing": "FORK_GET 2-3"})
    (shown,) = show_moves(t)
    assert (shown.state, shown.next) == ("waiting", "waits: packml_held")
    (held,) = show_moves(turn(move(job=6), jobs=[job_for(state="held")], volatile={"doing": "FORK_GET 2-3"}))
    assert (held.state, held.next) == ("waiting", "job 6 is held: towerctl job resume 6")


@pytest.mark.parametrize(
    ("one", "changes", "text"),
    [
        (move(), {}, "waits for the carriage"),
        (move("identify"), {}, "waits until nothing else waits"),
        (move(), {"seen": None}, "waits: plc_lost"),
        (move(), {"seen": with_system(STOCKED, packml_state=PackmlState.HELD)}, "waits: packml_held"),
        (move(), {"seen": SHUT}, "waits for a free place"),
        (move(target=cabin(2)), {"seen": SHUT}, "waits for a free place: cabin:2"),
        (move(), {"seen": HERE, "place": cabin(1), "volatile": {"doing": "the door"}}, "the door"),
        (move(), {"seen": HERE, "place": cabin(1), "orders": [order_in("accepted")]}, "wanted by order "),
        (move("bring", state="arrived", target=cabin(1)), {}, "held in the cabin"),
        (move(state="ready", target=cabin(1)), {}, "drive it out"),
        (move(state="left", target=cabin(1)), {}, "the outer door closes"),
    ],
)
def test_a_move_says_what_it_waits_for(one: Any, changes: dict[str, Any], text: str) -> None:
    (shown,) = show_moves(turn(one, **changes))
    assert shown.next is not None
    assert shown.next.startswith(text)
    assert shown.state == ("waiting" if one.state == "asked" else one.state)
    assert (shown.id, shown.job) == (5, None)


def test_a_move_that_ended_otherwise_than_asked_is_shown_for_a_while_with_the_reason() -> None:
    t = turn(move(), place=UNKNOWN)
    follow_moves(t)
    (shown,) = show_moves(t)
    assert (shown.id, shown.state, shown.next) == (5, "cancelled", "over: car-1 is unknown")
    t.put_vehicle(t.tables.vehicles["car-1"], place=bay(5, 1))
    (shown,) = show_moves(t)
    assert shown.next == "over: car-1 is unknown; car-1 is in bay:5-1 now, ask again if it is still wanted"
    t.drop("vehicles", "car-1")
    assert show_moves(t)[0].next == "over: car-1 is unknown"
    t = later(t, MONO_S + 3600)
    assert show_moves(t) == ()


def test_a_car_that_was_taken_elsewhere_is_shown_after_what_is_still_open() -> None:
    t = turn(move("bring", state="arrived", target=cabin(1)), move("fetch", 6, vehicle="car-2"), vehicles=TWO)
    follow_moves(t)
    assert [(one.id, one.state) for one in show_moves(t)] == [(6, "waiting"), (5, "done")]
    assert show_moves(t)[1].next == "over: taken to bay:2-3"


@pytest.mark.parametrize(("job", "shown"), [(None, 0), (6, 1)])
def test_of_a_stock_take_that_was_stopped_only_the_car_under_way_is_shown(job: int | None, shown: int) -> None:
    t = turn()
    t.put("moves", 5, move("identify", job=job, state="cancelled", why="cancelled by lin", ended_at=t.now))
    assert len(show_moves(t)) == shown


def test_taking_stock_shows_what_was_read() -> None:
    t = turn(move("identify", tag=7, state="done"), move("fetch", 6))
    assert show_stock_take(t.state) == (StockRow(5, "bay:2-3", "done", "car-1", 7, None),)
    assert isinstance(bay(1, 1), Place)
