"""The tables of transitions say what orders-if.md 5 and plc-if.md 6 say, and nothing leads out of an end."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towerd.cabin.intake import INTAKE_ENDED, IntakeState
from towerd.fsm.chart import Chart
from towerd.fsm.charts import CHARTS, INTAKE, JOB, LOAN, MOVE, ORDER, STEP
from towerd.fsm.state import JobState, MoveState, StepState
from towerd.orders.model import ENDED, LoanState, OrderState

ENDS = {
    "order": {"completed", "cancelled", "expired", "no_show", "failed"},
    "intake": {"done", "refused", "expired", "cancelled"},
    "loan": {"returned", "sold", "returned_elsewhere"},
    "job": {"done", "cancelled"},
    "move": {"done", "cancelled"},
    "step": {"rejected"},
}


@pytest.mark.parametrize("chart", CHARTS.values(), ids=list(CHARTS))
def test_every_state_is_reached_and_only_ends_are_left_by_nothing(chart: Chart) -> None:
    reached = {chart.initial}
    for _ in chart.states:
        reached |= {arc.target for arc in chart.arcs if reached & set(arc.sources)}
    assert reached == set(chart.states)
    left = {source for arc in chart.arcs for source in arc.sources}
    assert set(chart.states) - left == ENDS[chart.name]


@pytest.mark.parametrize("chart", CHARTS.values(), ids=list(CHARTS))
def test_the_machine_agrees_with_the_table(chart: Chart) -> None:
    for state in chart.states:
        for arc in chart.arcs:
            if chart.allows(state, arc.trigger):
                targets = {a.target for a in chart.arcs if a.trigger == arc.trigger and state in a.sources}
                assert {chart.next(state, arc.trigger)} == targets


def test_the_states_are_those_of_the_rows() -> None:
    assert set(STEP.states) == set(get_args(StepState))
    assert set(MOVE.states) == set(get_args(MoveState))
    assert set(JOB.states) == set(get_args(JobState))
    assert set(INTAKE.states) == set(get_args(IntakeState))
    assert ENDS["intake"] == INTAKE_ENDED
    assert set(LOAN.states) == set(get_args(LoanState))
    assert set(ORDER.states) <= set(get_args(OrderState))
    assert ENDS["order"] <= ENDED


def test_the_door_is_opened_only_after_somebody_was_identified() -> None:
    assert {source for arc in ORDER.arcs if arc.trigger == "open" for source in arc.sources} == {
        "identified",
        "delivering",
        "staged",
    }


def test_once_the_door_is_open_the_order_can_neither_be_cancelled_nor_fail() -> None:
    for trigger in ("cancel", "fail", "miss"):
        assert not any(ORDER.allows(state, trigger) for state in ("ready", "handed_over"))


@given(st.lists(st.sampled_from([arc.trigger for arc in STEP.arcs]), max_size=12))
def test_a_command_is_given_up_only_behind_a_fence_or_with_the_plcs_memory(triggers: list[str]) -> None:
    state, before = STEP.initial, ""
    for trigger in triggers:
        if STEP.allows(state, trigger):
            before, state = state, STEP.next(state, trigger)
            if trigger == "miss":
                assert before == "fencing"
            if state == "lost":
                assert trigger in ("miss", "forget")
    assert not STEP.allows("unsure", "finish")
    assert not STEP.allows("unsure", "take")
