"""How long it holds that nothing was to be done."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.core_kit import MONO_S, config
from tests.support.values import AT
from towerd.fsm.rest import Rest

SETTINGS = config()
LATER = timedelta(seconds=5)


@pytest.mark.parametrize(("after_s", "holds"), [(-0.1, False), (0.0, True), (4.9, True), (5.0, False), (3600.0, False)])
def test_it_holds_until_its_moment_and_not_before_it_began(after_s: float, holds: bool) -> None:
    at = AT + timedelta(seconds=after_s)
    assert Rest(SETTINGS, AT, AT + LATER, MONO_S + 1e6).holds(SETTINGS, at, MONO_S) is holds


@pytest.mark.parametrize(("after_s", "holds"), [(0.0, True), (4.9, True), (5.0, False)])
def test_so_it_does_by_the_other_clock(after_s: float, holds: bool) -> None:
    assert Rest(SETTINGS, AT, None, MONO_S + 5.0).holds(SETTINGS, AT + LATER, MONO_S + after_s) is holds


def test_other_settings_are_other_rules() -> None:
    assert not Rest(SETTINGS, AT, None, MONO_S + 5.0).holds(config(early_s=1.0), AT, MONO_S)
