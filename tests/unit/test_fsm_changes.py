"""What changed while the key was away from Auto."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.core_kit import (
    HOME_BAY,
    OCCUPIED_LOCKED,
    answers,
    machine,
    state_of,
    step_row,
    tables_of,
    told,
    turn_of,
    vehicle,
    with_bay,
    with_cabin_vehicle,
    with_load,
    with_system,
)
from tests.support.intake_kit import row as intake_row
from towerd.bays.model import BayBits
from towerd.fsm.changes import changes, changes_confirmed, changes_obstacle, expected, watch_key
from towerd.fsm.inventory import FORK
from towerd.fsm.manual_events import ChangesConfirmed
from towerd.fsm.obstacles import may_command, obstacles
from towerd.fsm.reply import ReplyTo
from towerd.fsm.state import PlaceBefore, State
from towerd.fsm.turn import Turn
from towerd.places import CARRIAGE, Place, bay, cabin
from towerd.plc.codes import Code
from towerd.plc.snapshot import KeySwitch, Snapshot

API = ReplyTo("api", "1")
FULL = with_bay(machine(), 2, 3, OCCUPIED_LOCKED)


def away(seen: Snapshot) -> Snapshot:
    return with_system(seen, key_switch=KeySwitch.MANUAL)


def left() -> State:
    """The key has left Auto with car-1 in bay 2-3."""
    t = turn_of(state_of(away(FULL), tables_of(vehicles=[vehicle()])))
    watch_key(t, quiet=True)
    assert len(t.tables.before) == 12 + 1 + 2
    return t.state


def back(state: State, seen: Snapshot, place: Place = HOME_BAY, **volatile: Any) -> Turn:
    """The key is back at Auto, and the books say that car-1 is at `place`."""
    tables = replace(state.tables, vehicles={"car-1": vehicle(place=place)})
    return turn_of(state_of(seen, tables, places_checked=True, **volatile))


def test_nothing_changed_and_auto_goes_on() -> None:
    t = back(left(), FULL)
    assert changes(t.state) == ()
    assert may_command(t.state)
    watch_key(t, quiet=False)
    assert t.tables.before, "not before the places were compared"
    watch_key(t, quiet=True)
    assert not t.tables.before


@pytest.mark.parametrize(
    ("seen", "place", "lines"),
    [
        (
            machine(),
            CARRIAGE,
            ["bay:2-3 was car-1, is empty", "carriage was empty, is car-1 by the books, empty by the sensors"],
        ),
        (
            with_bay(machine(), 3, 1, OCCUPIED_LOCKED),
            bay(3, 1),
            ["bay:2-3 was car-1, is empty", "bay:3-1 was empty, is car-1"],
        ),
        (
            with_bay(FULL, 1, 1, int(BayBits.OCCUPIED_A | BayBits.LOCKED)),
            HOME_BAY,
            ["bay:1-1 was empty, is in doubt (one sensor)"],
        ),
        (with_cabin_vehicle(FULL), HOME_BAY, ["cabin:1 was empty, is occupied by an unknown vehicle"]),
        (with_load(machine()), CARRIAGE, ["bay:2-3 was car-1, is empty", "carriage was empty, is car-1"]),
    ],
)
def test_each_changed_place_is_told_and_stops(seen: Snapshot, place: Place, lines: list[str]) -> None:
    t = back(left(), seen, place)
    assert list(changes(t.state)) == lines
    assert not may_command(t.state)
    assert "changes_unconfirmed" in [obstacle.code for obstacle in obstacles(t.state)]
    watch_key(t, quiet=True)
    assert t.tables.before
    changes_confirmed(t, ChangesConfirmed("ada", API))
    assert answers(t)[0].result == {"changes": lines}
    assert told(t) == ["manual_intervention"]
    assert not t.tables.before
    assert changes_obstacle(t.state) is None


def test_while_the_key_is_away_nothing_is_compared() -> None:
    state = left()
    t = turn_of(replace(state, volatile=replace(state.volatile, snapshot=away(machine()))))
    assert changes(t.state) == ()
    before = t.tables.before
    watch_key(t, quiet=True)
    assert t.tables.before is before, "the first picture counts"
    changes_confirmed(t, ChangesConfirmed("ada", API))
    assert answers(t)[0].reasons == ("not_compared",)


def test_confirming_waits_for_the_comparison_and_the_key() -> None:
    t = back(left(), away(machine()))
    changes_confirmed(t, ChangesConfirmed("ada", API))
    assert answers(t)[0].reasons == ("key_not_auto",)
    t = turn_of(state_of(None))
    changes_confirmed(t, ChangesConfirmed("ada", API))
    assert answers(t)[0].reasons == ("not_compared",)


@pytest.mark.parametrize("seen", [None, machine()])
def test_what_is_not_known_is_not_kept(seen: Snapshot | None) -> None:
    t = turn_of(state_of(seen and away(seen), reconciled_session=None))
    watch_key(t, quiet=True)
    assert not t.tables.before


def test_what_a_job_still_moved_is_no_change() -> None:
    t = back(left(), with_load(machine()), CARRIAGE)
    expected(t, HOME_BAY, None)
    expected(t, CARRIAGE, "car-1")
    assert changes(t.state) == ()


def test_nothing_is_expected_where_nothing_is_kept() -> None:
    t = turn_of(state_of(FULL))
    expected(t, HOME_BAY, None)
    assert not t.tables.before


@pytest.mark.parametrize(("state", "lines"), [("reading", 0), ("storing", 0), ("done", 1)])
def test_a_car_that_is_driven_in_is_no_change_by_hand(state: str, lines: int) -> None:
    t = back(left(), with_cabin_vehicle(FULL))
    t.put("intakes", 1, intake_row(state))
    assert len(changes(t.state)) == lines


@pytest.mark.parametrize(
    ("row", "by", "counts"),
    [
        (step_row(state="running", code=Code.FORK_GET), None, False),
        (replace(step_row(state="settling", code=Code.FORK_GET), unit=FORK), None, False),  # type: ignore[arg-type]
        (step_row(state="done", code=Code.FORK_GET), None, True),
        (step_row(state="running", code=Code.FORK_GET), "ada", True),
        (step_row(state="running"), None, True),
    ],
)
def test_a_fork_command_of_a_job_under_way_is_no_change_by_hand(row: Any, by: str | None, counts: bool) -> None:
    t = back(left(), machine())
    t.put("steps", row.unit, replace(row, by=by))
    assert bool(changes(t.state)) is counts


def test_another_tower_has_other_places() -> None:
    t = back(left(), FULL)
    t.put("before", "bay:9-9", PlaceBefore(bay(9, 9), "car-9", "occupied"))
    t.put("before", "cabin:1", PlaceBefore(cabin(1), None, "empty"))
    assert changes(t.state) == ()
