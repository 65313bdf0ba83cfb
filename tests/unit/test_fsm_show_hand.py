"""What is shown of work by hand."""

from __future__ import annotations

from dataclasses import replace

from tests.support.core_kit import (
    HOME_BAY,
    MONO_S,
    OCCUPIED_LOCKED,
    job,
    machine,
    state_of,
    tables_of,
    vehicle,
    with_bay,
)
from towerd.bays.model import BayBits
from towerd.fsm.show_hand import hand_view, job_views, place_views
from towerd.fsm.state import BayRecord, Jog, Lease, PlaceBefore
from towerd.places import bay
from towerd.view import HandView, PlaceView


def test_nobody_works_by_hand() -> None:
    assert hand_view(state_of(machine()), MONO_S) == HandView()


def test_who_commands_what_jogs_and_what_changed() -> None:
    before = {"bay:2-3": PlaceBefore(HOME_BAY, "car-1", "occupied")}
    state = state_of(machine(), tables_of(before=before), lease=Lease("ada", MONO_S + 9), jog=Jog(2, 1, "ada", MONO_S))
    shown = hand_view(state, MONO_S)
    assert shown == HandView("ada", 10.0, "fork", True, ("bay:2-3 was car-1, is empty",))


def test_the_newest_jobs_and_those_that_wait_for_a_word() -> None:
    rows = [job(number, state="done") for number in range(1, 31)]
    rows[1] = replace(rows[1], state="cancelled", stopped_by="ada")
    rows[2] = replace(rows[2], state="held")
    shown = job_views(state_of(machine(), tables_of(jobs=rows)))
    assert [row.id for row in shown] == [*range(30, 10, -1), 3, 2]
    assert (shown[-1].stopped_by, shown[0].source, shown[0].target) == ("ada", "bay:2-3", "cabin:1")


def test_places_by_books_sensors_technician_and_plc() -> None:
    seen = with_bay(with_bay(machine(), 2, 3, OCCUPIED_LOCKED), 1, 1, int(BayBits.OCCUPIED_A | BayBits.DISABLED))
    records = {"bay:1-1": BayRecord(bay(1, 1), True, "one sensor", "disagree", True)}
    shown = {row.place: row for row in place_views(state_of(seen, tables_of(vehicles=[vehicle()], bays=records)))}
    assert shown["2-3"] == PlaceView("2-3", "car-1", "occupied", False, False, False, False, None)
    assert shown["1-1"] == PlaceView("1-1", None, "disagree", True, True, True, True, "one sensor")
    assert len(shown) == 12
    assert place_views(state_of(None)) == ()
