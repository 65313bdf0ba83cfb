"""Rows that say by themselves whether they are open."""

from __future__ import annotations

from typing import get_args

import pytest

from tests.support.core_kit import step_row
from tests.support.moves_kit import move
from towerd.fsm.state import MoveState, StepState


@pytest.mark.parametrize("state", get_args(StepState))
def test_a_command_is_open_until_its_end_is_known(state: StepState) -> None:
    assert step_row(state=state).open is (state in {"written", "running", "unsure", "fencing"})


@pytest.mark.parametrize("state", get_args(MoveState))
def test_a_move_is_open_until_it_has_ended(state: MoveState) -> None:
    assert move(state=state).open is (state not in {"done", "cancelled"})
