"""The bays as they are shown."""

from __future__ import annotations

from dataclasses import replace

from tests.support.core_kit import OCCUPIED_LOCKED, machine, tables_of, vehicle, with_bay
from towerd.bays.model import BayBits
from towerd.fsm.show_bays import bay_views, place_views, vehicles_by_place
from towerd.fsm.state import BayRecord
from towerd.places import CARRIAGE, bay
from towerd.view import PlaceView


def test_places_by_books_sensors_technician_and_plc() -> None:
    seen = with_bay(with_bay(machine(), 2, 3, OCCUPIED_LOCKED), 1, 1, int(BayBits.OCCUPIED_A | BayBits.DISABLED))
    records = {"bay:1-1": BayRecord(bay(1, 1), True, "one sensor", "disagree", True)}
    shown = {row.place: row for row in place_views(tables_of(vehicles=[vehicle()], bays=records), seen)}
    assert shown["2-3"] == PlaceView("2-3", "car-1", "occupied", False, False, False, False, None)
    assert shown["1-1"] == PlaceView("1-1", None, "disagree", True, True, True, True, "one sensor")
    assert len(shown) == 12
    assert place_views(tables_of(), None) == ()


def test_bays_are_shown_anew_as_soon_as_anything_of_theirs_is_new() -> None:
    seen, tables = with_bay(machine(), 2, 3, OCCUPIED_LOCKED), tables_of(vehicles=[vehicle()])
    first = bay_views(tables, seen)
    assert bay_views(tables, seen) is first
    for other_tables, other_seen, what in (
        (tables, with_bay(seen, 2, 3, OCCUPIED_LOCKED | BayBits.FAULT), "fault"),
        (replace(tables, bays={"bay:2-3": BayRecord(bay(2, 3), True, "one sensor", None, False)}), seen, "quality"),
        (replace(tables, vehicles={"car-1": replace(vehicle(), place=CARRIAGE)}), seen, "vehicle"),
    ):
        [(was, now)] = [
            pair for pair in zip(first, bay_views(other_tables, other_seen), strict=True) if pair[0] != pair[1]
        ]
        assert replace(was, **{what: getattr(now, what)}) == now


def test_who_is_where_by_the_books() -> None:
    assert vehicles_by_place({"car-1": vehicle()}) == {vehicle().place: "car-1"}
