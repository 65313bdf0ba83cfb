"""Rows, events and volatile state as bytes, and back. Pure.

What is `Any` inside a row (an answer's result, a token's claims) must be JSON already: lists, not tuples; text, not times.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import GenericAlias
from typing import Any, Final, cast, get_args, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError

from towerd.errors import JournalError
from towerd.fsm import events
from towerd.fsm.events import Event, Stamped
from towerd.fsm.state import Meta, Tables, Volatile
from towerd.journal.schema import META, TABLE_NAMES

COMPRESS_FROM: Final = 1024
"""Bytes from which an event or a volatile state is compressed: a snapshot's JSON is mostly names."""

_COMPRESSED: Final = b"z"
_COMPRESSED_BESIDE: Final = b"y"
# a plain float("inf") is a value like another here; JSON's own null would come back as an error
_CONFIG: Final = ConfigDict(ser_json_inf_nan="constants")


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event of the history with the volatile state it met."""

    stamped: Stamped
    before: Volatile


_ADAPTERS: Final[dict[type[Any], TypeAdapter[Any]]] = {}


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        # a one-tuple, because pydantic takes a configuration for no dataclass that it does not own
        one_tuple: Any = GenericAlias(tuple, (kind,))
        _ADAPTERS[kind] = TypeAdapter(one_tuple, config=_CONFIG)
    return _ADAPTERS[kind]


def _dump(kind: type[Any], value: Any) -> bytes:
    return _adapter(kind).dump_json((value,))[1:-1]


def _load(kind: type[Any], data: bytes, what: str) -> Any:
    try:
        return _adapter(kind).validate_json(b"[" + data + b"]")[0]
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:])
        raise JournalError(f"the record of {what} cannot be read: {where}: {first['msg']}") from error


@cache
def row_types() -> Mapping[str, type[Any]]:
    """The dataclass of a row, by table."""
    hints = get_type_hints(Tables)
    return {META: Meta, **{name: get_args(hints[name])[1] for name in TABLE_NAMES}}


@cache
def event_types() -> Mapping[str, type[Any]]:
    """Every event by its name."""
    return {kind.__name__: kind for kind in get_args(events.Event)}


def encode_row(table: str, row: Any) -> str:
    """A row of `table` as JSON. Raises KeyError where there is no such table."""
    return _dump(row_types()[table], row).decode()


def decode_row(table: str, doc: str) -> Any:
    """The inverse of `encode_row`. Raises JournalError with the field that does not fit."""
    return _load(row_types()[table], doc.encode(), f"{table!r}")


def encode_event(event: Event) -> tuple[str, bytes]:
    """An event as its name and its bytes."""
    kind = type(event)
    return kind.__name__, pack(_dump(kind, event))


def decode_event(kind: str, data: bytes) -> Event:
    """The inverse of `encode_event`. Raises JournalError where this program knows no such event or it does not fit."""
    if kind not in event_types():
        raise JournalError(f"the history holds an event that this program does not know: {kind}")
    return cast("Event", _load(event_types()[kind], unpack(data), f"event {kind}"))


def encode_volatile(volatile: Volatile, event: bytes) -> bytes:
    """The volatile state as bytes, beside those of the event that it met: a snapshot differs little from the one before it,
    and what is the same is kept once.
    """
    return pack(_dump(Volatile, volatile), unpack(event))


def decode_volatile(data: bytes, event: bytes) -> Volatile:
    """The inverse of `encode_volatile`. Raises JournalError."""
    return cast("Volatile", _load(Volatile, unpack(data, unpack(event)), "volatile state"))


def pack(data: bytes, beside: bytes = b"") -> bytes:
    """JSON bytes, compressed where they are large: a leading `z` tells so, `y` where what is `beside` them is needed to read
    them again.
    """
    if len(data) < COMPRESS_FROM:
        return data
    if not beside:
        return _COMPRESSED + zlib.compress(data, 1)
    packer = zlib.compressobj(1, zdict=beside)
    return _COMPRESSED_BESIDE + packer.compress(data) + packer.flush()


def unpack(data: bytes, beside: bytes = b"") -> bytes:
    """The inverse of `pack`. Raises JournalError on bytes that are damaged."""
    if data[:1] not in (_COMPRESSED, _COMPRESSED_BESIDE):
        return data
    unpacker = zlib.decompressobj(zdict=beside) if data.startswith(_COMPRESSED_BESIDE) else zlib.decompressobj()
    try:
        whole = unpacker.decompress(data[1:])
    except zlib.error as error:
        raise JournalError(f"a record of the history is damaged: {error}") from error
    if not unpacker.eof:
        raise JournalError("a record of the history is damaged: it is cut off")
    return whole
