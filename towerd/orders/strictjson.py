"""JSON as the order interface takes it: UTF-8, every name once, numbers that every reader reads alike (orders-if.md 4.1)."""

from __future__ import annotations

import json
import math
from typing import Any

INTEGER_LIMIT = 2**53
"""Beyond this, readers that keep numbers as doubles see another value."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    known = dict(pairs)
    if len(known) != len(pairs):
        raise ValueError("a name appears twice")
    return known


def _integer(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > INTEGER_LIMIT:
        raise ValueError("a number is too large")
    return int(text)


def _real(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number is too large")
    return value


def _constant(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _check_texts(value: Any) -> None:
    if isinstance(value, str):
        # half of a surrogate pair is no character: nothing could ever write it down
        value.encode("utf-8")
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check_texts(name)
            _check_texts(inner)
    elif isinstance(value, list):
        for inner in value:
            _check_texts(inner)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_once, parse_int=_integer, parse_float=_real, parse_constant=_constant, strict=True
)


def parse_json(data: bytes) -> Any:
    """The value that `data` holds. Raises ValueError on invalid UTF-8, half a surrogate pair, a name given twice, NaN,
    Infinity, an integer beyond 2^53, a real beyond a double, nesting too deep, or anything else that is no JSON (4.1).
    """
    try:
        value = _DECODER.decode(data.decode("utf-8"))
        if b"\\u" in data:
            # only an escape can bring one in: the texts themselves have been decoded
            _check_texts(value)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return value
