"""Moves as people see them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.core_kit import order_in, with_cabin, with_cabin_vehicle, with_system
from tests.support.moves_kit import STOCKED, job_for, move, turn
from towerd.cabin.model import DoorState
from towerd.fsm.show_moves import show_moves, show_stock_take
from towerd.places import Place, bay, cabin
from towerd.plc.snapshot import PackmlState
from towerd.view import StockRow

HERE = with_cabin_vehicle(STOCKED, 1)
SHUT = with_cabin(with_cabin(STOCKED, 1, outer_door=DoorState.OPEN), 2, outer_door=DoorState.OPEN)


def test_a_move_at_work_says_what_the_machine_does() -> None:
    t = turn(move(job=6), jobs=[job_for()], volatile={"doing": "LIFT_TO 2-3"})
    (shown,) = show_moves(t)
    assert (shown.id, shown.job, shown.state, shown.by, shown.next) == (5, 6, "moving", "lin", "LIFT_TO 2-3")
    assert show_moves(turn(move(state="done"))) == ()


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


def test_taking_stock_shows_what_was_read() -> None:
    t = turn(move("identify", tag=7, state="done"), move("fetch", 6))
    assert show_stock_take(t.state) == (StockRow(5, "bay:2-3", "done", "car-1", 7, None),)
    assert isinstance(bay(1, 1), Place)
