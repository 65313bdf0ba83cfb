"""Every state, reason and debt has words, and they name the cabin."""

from __future__ import annotations

from typing import get_args

import pytest

from towerd.cabin.intake import INTAKE_ENDED, IntakeState, Owed
from towerd.cabin.intake_words import advice, plea, question


@pytest.mark.parametrize("state", get_args(IntakeState))
def test_every_state_says_what_to_do(state: IntakeState) -> None:
    text = advice(2, state, ("wrong_tag", "something_new"))
    assert text.endswith((".", "?"))
    assert "{" not in text
    if state in ("positioning", "turned_away", "refused"):
        assert "another car" in text
        assert "something_new" in text


@pytest.mark.parametrize("owed", get_args(Owed))
def test_every_debt_is_asked_of_the_next_visitor(owed: Owed) -> None:
    assert "cabin 2" in plea(2, owed)


def test_what_is_to_be_typed_is_named() -> None:
    assert "odometer" in question(("odometer_km", "charge_ratio"), again=False)
    assert "battery" in question(("charge_ratio",), again=True)


def test_the_ends_are_states() -> None:
    assert set(get_args(IntakeState)) > INTAKE_ENDED
