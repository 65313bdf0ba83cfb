"""Rows, events and volatile state survive their way to bytes and back."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.values import AT, snapshot, tables
from towerd.errors import JournalError
from towerd.fsm.events import FaceLooked, PlcLost, PlcObserved, StockEntry, StockImported
from towerd.fsm.reply import ReplyTo
from towerd.fsm.state import IdentityDecision, PackmlRequest, Volatile
from towerd.journal import records
from towerd.journal.schema import META, TABLE_NAMES
from towerd.orders.book import Remembered
from towerd.orders.model import VehicleRecord
from towerd.orders.photos import Shot
from towerd.places import bay

# no field is ever "not a number", which is not even equal to itself
st.register_type_strategy(float, st.floats(allow_nan=False))

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
_TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
_JSON_DICT = st.dictionaries(st.text(), _JSON, max_size=3)
_ENTRY = st.builds(StockEntry, st.builds(VehicleRecord, offers=st.dictionaries(st.text(), _JSON_DICT, max_size=2)))
# what hypothesis cannot know of a field: Any is JSON, a similarity is a number
_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "at": _TIMES,
    "expires_at": st.none() | _TIMES,
    "claims": _JSON_DICT,
    "result": st.none() | _JSON_DICT,
    "kept": st.lists(st.builds(Remembered, result=st.none() | _JSON_DICT, until_at=_TIMES), max_size=2).map(tuple),
    "entries": st.lists(_ENTRY, max_size=2).map(tuple),
    "scores": st.lists(st.dictionaries(st.text(), st.floats(allow_nan=False), max_size=3), max_size=3).map(tuple),
    "snapshot": st.builds(snapshot, session=st.integers(1, 65535)),
    "grace_s": st.floats(allow_nan=False),
    "received_mono_s": st.floats(allow_nan=False),
    "for_s": st.floats(allow_nan=False),
}


@pytest.mark.parametrize("table", [META, *TABLE_NAMES])
def test_every_kind_of_row_comes_back(table: str) -> None:
    rows = [tables().meta] if table == META else list(getattr(tables(), table).values())
    assert rows
    for row in rows:
        assert records.decode_row(table, records.encode_row(table, row)) == row


@pytest.mark.parametrize("name", sorted(records.event_types()))
def test_every_event_comes_back(name: str) -> None:
    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(_event(records.event_types()[name]))
    def comes_back(event: Any) -> None:
        assert records.decode_event(*records.encode_event(event)) == event

    comes_back()


def _event(kind: type[Any]) -> st.SearchStrategy[Any]:
    return st.builds(kind, **{field.name: _FIELDS[field.name] for field in fields(kind) if field.name in _FIELDS})


def test_volatile_state_comes_back_whole() -> None:
    volatile = Volatile(
        snapshot=snapshot(),
        packml=PackmlRequest(2, 1, 3, 0.1),
        decisions={"ord-1": IdentityDecision("ord-1", "face", 12.25, "challenge", 0.7)},
        retry_after_mono_s={"1": inf},
        watching={"ord-1": "aa"},
        photographing={1: Shot("ord-1", "out", 3, "car-1")},
    )
    _, event = records.encode_event(PlcObserved(snapshot()))
    data = records.encode_volatile(volatile, event)
    assert data.startswith(b"y")
    assert records.decode_volatile(data, event) == volatile
    assert len(data) < 0.6 * len(records.encode_volatile(volatile, b"")), "what the event says is not kept twice"


def test_volatile_state_beside_no_event() -> None:
    data = records.encode_volatile(Volatile(snapshot=snapshot()), b"")
    assert data.startswith(b"z")
    assert records.decode_volatile(data, b"") == Volatile(snapshot=snapshot())


def test_scores_keep_every_bit() -> None:
    event = FaceLooked("opencv", 1, ({"ord-1": 0.1 + 0.2},))
    assert records.decode_event(*records.encode_event(event)) == event


def test_a_stock_entry_keeps_its_place() -> None:
    vehicle = tables().vehicles["car-1"].record
    event = StockImported((StockEntry(vehicle, bay(3, 4)),), "ada", ReplyTo("api", "7"))
    assert records.decode_event(*records.encode_event(event)) == event


def test_an_unknown_event_is_told_by_name() -> None:
    with pytest.raises(JournalError, match="does not know: MoonLanded"):
        records.decode_event("MoonLanded", b"{}")


def test_damaged_bytes_are_told() -> None:
    data = records.pack(b"x" * records.COMPRESS_FROM)
    assert records.unpack(data) == b"x" * records.COMPRESS_FROM
    with pytest.raises(JournalError, match="damaged"):
        records.unpack(data[:-9])
    beside = records.pack(b"y" * records.COMPRESS_FROM, b"other")
    assert records.unpack(beside, b"other") == b"y" * records.COMPRESS_FROM
    with pytest.raises(JournalError, match="cut off"):
        records.unpack(beside[:-1], b"other")
    with pytest.raises(JournalError, match="damaged"):
        records.unpack(beside, b"another")
    with pytest.raises(JournalError, match="PlcLost"):
        records.decode_event("PlcLost", b'{"reason": 3')


def test_small_records_stay_readable() -> None:
    assert records.encode_event(PlcLost("cable")) == ("PlcLost", b'{"reason":"cable"}')


@given(st.timedeltas(timedelta(0), timedelta(days=900)))
def test_times_keep_their_microseconds(later: timedelta) -> None:
    row = tables().alarms["PLC-016"]
    moved = type(row)(row.code, row.state, AT + later)
    assert records.decode_row("alarms", records.encode_row("alarms", moved)) == moved
