"""Rows of driving in."""

from __future__ import annotations

from typing import get_args

import pytest

from tests.support.intake_kit import row
from towerd.cabin.intake import INTAKE_ENDED, IntakeState


@pytest.mark.parametrize("state", get_args(IntakeState))
def test_it_is_open_until_it_has_ended(state: IntakeState) -> None:
    assert row(state).open is (state not in INTAKE_ENDED)
    assert INTAKE_ENDED
