from __future__ import annotations

import pytest

from towerd.errors import BugError
from towerd.fsm.chart import Arc, Chart

DOOR = Chart(
    "door", ("shut", "ajar", "open"), "shut", (Arc("pull", ("shut", "ajar"), "open"), Arc("push", ("open",), "shut"))
)


def test_a_table_leads_from_state_to_state() -> None:
    assert DOOR.next("shut", "pull") == "open"
    assert DOOR.next("ajar", "pull") == "open"
    assert DOOR.next("open", "push") == "shut"


def test_nothing_is_kept_between_calls() -> None:
    assert [DOOR.next("shut", "pull") for _ in range(3)] == ["open"] * 3


@pytest.mark.parametrize(("state", "trigger"), [("shut", "push"), ("open", "kick"), ("gone", "pull"), ("", "push")])
def test_what_the_table_does_not_have_is_a_bug(state: str, trigger: str) -> None:
    assert not DOOR.allows(state, trigger)
    with pytest.raises(BugError, match=f"door: no {trigger} from {state}"):
        DOOR.next(state, trigger)


def test_after_a_bug_the_chart_answers_as_before() -> None:
    with pytest.raises(BugError):
        DOOR.next("shut", "push")
    assert DOOR.next("shut", "pull") == "open"


def test_no_state_is_reached_without_a_trigger_of_the_table() -> None:
    for automatic in ("to_open", "to_shut", "is_open"):
        assert not DOOR.allows("shut", automatic)
        with pytest.raises(BugError):
            DOOR.next("shut", automatic)


def test_it_can_be_drawn() -> None:
    drawn = DOOR.mermaid()
    assert "stateDiagram" in drawn
    assert "shut --> open" in drawn
