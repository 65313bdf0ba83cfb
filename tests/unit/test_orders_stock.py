from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.orders_kit import EXAMPLES
from towerd.orders.stock import StockErrors, parse_record, parse_stock
from towerd.places import bay

RECORD = EXAMPLES["claims"]["stock_in"]["vehicle"]


def stock(*entries: Any) -> bytes:
    return json.dumps({"vehicles": list(entries)}).encode()


def entry(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {**RECORD, "id": f"v_{number}", "tag": number, "bay": f"3-{number}", **changes}


def test_a_file_names_vehicles_and_their_bays() -> None:
    lines = parse_stock(stock(entry(1), entry(2, offers={})))
    assert not isinstance(lines, StockErrors)
    assert [(line.record.id, line.place) for line in lines] == [("v_1", bay(3, 1)), ("v_2", bay(3, 2))]
    assert lines[0].record.offers == RECORD["offers"]
    assert lines[1].record.offers == {}


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"{", "no JSON"),
        (b"[]", "nothing else"),
        (b'{"vehicles": {}}', "nothing else"),
        (b'{"vehicles": [], "more": 1}', "nothing else"),
        (stock(entry(1), 7), "entry 2: no vehicle record"),
        (stock(entry(1, bay="cabin:1")), "entry 1: no bay: 'cabin:1'"),
        (stock(entry(1, bay="eggs")), "entry 1: no place: 'eggs'"),
        (stock(entry(1, bay=7)), "entry 1: no bay: 7"),
        (stock(entry(1, year="2026")), "entry 1: year"),
        (stock(entry(1, wheels=4)), "entry 1: wheels"),
        (stock(entry(1), entry(2, id="v_1")), "entry 2: vehicle v_1 is already in entry 1"),
        (stock(entry(1), entry(2, tag=1)), "entry 2: tag 1 is already in entry 1"),
        (stock(entry(1), entry(2, bay="3-1")), "entry 2: bay:3-1 is already in entry 1"),
    ],
)
def test_what_is_wrong_is_named_with_its_entry(data: bytes, text: str) -> None:
    errors = parse_stock(data)
    assert isinstance(errors, StockErrors)
    assert text in errors.errors[0]


def test_every_wrong_entry_is_named_at_once() -> None:
    errors = parse_stock(stock(entry(1, year=1), entry(2), entry(3, tag=0)))
    assert isinstance(errors, StockErrors)
    assert [text[:7] for text in errors.errors] == ["entry 1", "entry 3"]


def test_a_record_is_checked_like_that_of_stock_in() -> None:
    assert parse_record(RECORD).offers == RECORD["offers"]
    with pytest.raises(ValueError, match="mass_kg"):
        parse_record({**RECORD, "mass_kg": 1780.5})
