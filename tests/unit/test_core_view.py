"""What the view itself answers."""

from __future__ import annotations

import pytest

from tests.support.views import view
from towerd.view import Waiting


@pytest.mark.parametrize(("asks", "help_needed"), [("help", True), ("customer", False), ("machine", False)])
def test_only_what_somebody_must_do_needs_help(asks: str, help_needed: bool) -> None:
    row = Waiting("code", "what", "text", "cure", asks)  # type: ignore[arg-type]
    assert view(waiting=(row,)).needs_help is help_needed
    assert not view().needs_help
