from __future__ import annotations

import pytest

from towerd.faceid.liveness import FAILED, NOT_CHECKED, PROMPT, missing, passed, said


def test_what_was_passed_is_said_in_one_order() -> None:
    assert said([]) == NOT_CHECKED
    assert said(["passive"]) == "passive"
    assert said(["passive", "challenge"]) == said(["challenge", "passive"]) == "challenge+passive"
    assert said(["something else"]) == NOT_CHECKED


@pytest.mark.parametrize("word", [NOT_CHECKED, FAILED, "", "challenge+luck", "+"])
def test_nothing_but_a_check_counts_as_passed(word: str) -> None:
    assert passed(word) == frozenset()
    assert missing(word, ("challenge",)) == ("challenge",)


def test_what_is_missing_keeps_the_order_of_the_demand() -> None:
    assert missing("challenge", ("passive", "challenge")) == ("passive",)
    assert missing(NOT_CHECKED, ("passive", "challenge")) == ("passive", "challenge")
    assert missing("challenge+passive", ("passive", "challenge")) == ()
    assert missing(NOT_CHECKED, ()) == ()


def test_everything_that_is_asked_has_words() -> None:
    assert set(PROMPT) == {"ahead", "left", "right"}
