"""What is waited for, in words."""

from __future__ import annotations

import pytest

from towerd.fsm.waiting_words import words_for


@pytest.mark.parametrize(
    ("why", "code", "in_text", "asks"),
    [
        ("cabin2_not_clear", "cabin_not_clear", "cabin 2", "help"),
        ("doorway1_blocked", "doorway_blocked", "cabin 1", "help"),
        ("vehicle_misplaced", "vehicle_misplaced", "stand right", "help"),
        ("the customer is not identified", "customer_awaited", "identify", "customer"),
        ("carriage_working", "machine_works", "carriage_working", "machine"),
    ],
)
def test_a_reason_has_words_and_a_cure(why: str, code: str, in_text: str, asks: str) -> None:
    words = words_for(why)
    assert (words.code, words.asks) == (code, asks)
    assert in_text in words.text
    assert words.cure
