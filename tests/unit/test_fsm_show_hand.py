"""What is shown of work by hand."""

from __future__ import annotations

from dataclasses import replace

from tests.support.core_kit import (
    HOME_BAY,
    MONO_S,
    job,
    machine,
    state_of,
    tables_of,
)
from towerd.fsm.show_hand import hand_view, job_views
from towerd.fsm.state import Jog, Lease, PlaceBefore
from towerd.view import HandView


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
