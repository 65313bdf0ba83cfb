from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from towerd.errors import BugError, ConfigError, JournalError, Refusal


def test_a_refusal_is_a_value_and_not_raised() -> None:
    refusal = Refusal(("busy",), "The last command is not answered yet")
    assert refusal == Refusal(("busy",), "The last command is not answered yet")
    assert not isinstance(refusal, BaseException)
    with pytest.raises(FrozenInstanceError):
        refusal.text = "else"  # type: ignore[misc]


def test_no_kind_of_trouble_is_caught_as_another() -> None:
    kinds = (BugError, ConfigError, JournalError)
    for kind in kinds:
        assert [other for other in kinds if issubclass(kind, other)] == [kind]
