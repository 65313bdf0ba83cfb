"""JSON that every reader reads alike (orders-if.md 4.1)."""

from __future__ import annotations

from typing import Any

import pytest

from towerd.orders.strictjson import INTEGER_LIMIT, parse_json


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (
            '{"a": [1, -2.5, true, null], "b": {"c": "\\u00e4\\ud83d\\ude97"}}',
            {"a": [1, -2.5, True, None], "b": {"c": "ä🚗"}},
        ),
        (str(INTEGER_LIMIT), INTEGER_LIMIT),
        (str(-INTEGER_LIMIT), -INTEGER_LIMIT),
        ('["\\u0041", 1]', ["A", 1]),
    ],
)
def test_what_is_clear_to_everybody_is_read(text: str, value: Any) -> None:
    assert parse_json(text.encode()) == value


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'{"a": 1, "a": 2}', "appears twice"),
        (str(INTEGER_LIMIT + 1).encode(), "too large"),
        (b"9" * 18, "too large"),
        (b"1e999", "too large"),
        (b"NaN", "no number"),
        (b"-Infinity", "no number"),
        (b"[" * 100_000, "nested too deeply"),
        (b'"\xff"', "utf-8"),
        (b'"\\ud800"', "surrogates"),
        (b'{"\\ud800": 1}', "surrogates"),
        (b'["\\ud800"]', "surrogates"),
        (b"{} x", "Extra data"),
        (b"", "Expecting value"),
    ],
)
def test_what_two_readers_may_read_differently_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_json(data)
