"""What names a vehicle when its row goes is bound to another, or ends."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.core_kit import told, vehicle
from tests.support.intake_kit import row
from tests.support.moves_kit import job_for, move, turn
from towerd.fsm.forgetting import forget_vehicle, rebind
from towerd.fsm.turn import Turn
from towerd.places import OUT, bay

OTHER = vehicle("car-2", bay(1, 1), 4712)


def known(*moves: Any, **rows: Any) -> Turn:
    """Cars car-1, which is out, and car-2."""
    return turn(*moves, vehicles=[vehicle(place=OUT), OTHER], **rows)


def expected(state: str = "waiting", **values: Any) -> dict[int, Any]:
    return {1: row(state, kind="vehicle", about="car-1", **values)}


def test_two_moves_for_one_car_are_one() -> None:
    t = known(move(), move(number=6, vehicle="car-2"))
    rebind(t, "car-1", "car-2")
    assert (t.tables.moves[5].state, t.tables.moves[6].state) == ("cancelled", "asked")
    rebind(t, "car-9", "car-2")
    assert len(t.tables.moves) == 2


def test_a_fetch_whose_car_has_left_is_done_where_another_move_is_open() -> None:
    t = known(move(state="left"), move(number=6, vehicle="car-2"))
    rebind(t, "car-1", "car-2")
    assert (t.tables.moves[5].state, t.tables.moves[6].state) == ("done", "asked")


def test_what_named_it_goes_on_with_the_record_that_it_turned_out_to_be() -> None:
    t = known(move(job=6), jobs=[job_for(), job_for(number=7, state="done")], intakes=expected())
    forget_vehicle(t, "car-1", now="car-2")
    assert list(t.tables.vehicles) == ["car-2"]
    assert (t.tables.moves[5].vehicle, t.tables.moves[5].state) == ("car-2", "asked")
    assert [(one.vehicle, one.state) for one in t.tables.jobs.values()] == [("car-2", "running"), ("car-1", "done")]
    intake = t.tables.intakes[1]
    assert (intake.vehicle, intake.about, intake.state) == ("car-2", "car-2", "waiting")


def test_an_order_that_a_cabin_is_open_for_stays_what_it_is_open_for() -> None:
    t = known(intakes={1: row("waiting", kind="stock", about="ord-1")})
    forget_vehicle(t, "car-1", now="car-2")
    assert (t.tables.intakes[1].vehicle, t.tables.intakes[1].about) == ("car-2", "ord-1")


def test_no_car_is_expected_in_two_cabins() -> None:
    second = row("opening", cabin=2, kind="vehicle", about="car-2", vehicle="car-2")
    t = known(intakes={**expected(), 2: second})
    forget_vehicle(t, "car-1", now="car-2")
    assert [one.state for one in t.tables.intakes.values()] == ["turned_away", "opening"]


def test_without_another_record_all_that_named_it_ends() -> None:
    t = known(move(job=6), jobs=[job_for(state="held"), job_for(number=7, state="done")])
    forget_vehicle(t, "car-1")
    assert list(t.tables.vehicles) == ["car-2"]
    assert (t.tables.moves[5].state, t.tables.moves[5].why) == ("cancelled", "car-1 is forgotten")
    assert (t.tables.jobs[6].state, t.tables.jobs[6].ended_at) == ("cancelled", t.now)
    assert t.tables.jobs[7].state == "done"
    assert told(t) == ["move_cancelled"]


@pytest.mark.parametrize(
    ("before", "after", "reasons"),
    [
        ("waiting", "turned_away", ("vehicle_elsewhere",)),
        ("storing", "refused", ("vehicle_gone",)),
        ("turned_away", "turned_away", ("wrong_tag",)),
        ("done", "done", ("wrong_tag",)),
    ],
)
def test_no_cabin_stays_open_for_a_car_that_is_forgotten(before: str, after: str, reasons: tuple[str, ...]) -> None:
    t = known(intakes=expected(before, reasons=("wrong_tag",)))
    forget_vehicle(t, "car-1")
    assert (t.tables.intakes[1].state, t.tables.intakes[1].reasons) == (after, reasons)
