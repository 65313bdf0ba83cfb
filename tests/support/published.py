"""What the tower publishes against its schemas. Every bus that tests listen on asks here; `conftest.py` fails the test."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from jsonschema import Draft7Validator

from tools.reference.schemas import schemas
from towerd.fsm.commands import AppendOutbox
from towerd.mqtt.publisher import OFFLINE, ONLINE
from towerd.mqtt.topics import channel_of

WRONG: list[str] = []
"""What was published and is not what it should be, since the test began."""
_DIGITS = bytes.maketrans(b"123456789", b"000000000")
_GOOD: set[tuple[str, bytes]] = set()
"""Messages that were good, with every digit a 0: what differs from one in nothing but digits is not looked at again, as
a tower says the same over and over.
"""


@cache
def validator(name: str) -> Draft7Validator:
    """Checks against one schema."""
    schema = schemas()[name]
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema)


def problems(name: str, value: Any) -> list[str]:
    """What of a value is not as its schema has it."""
    return [f"{error.json_path}: {error.message}" for error in validator(name).iter_errors(value)]


def hear(relative: str, payload: bytes) -> None:
    """Note what is wrong with a message of the tower; an empty payload removes a topic, or is no answer."""
    channel = channel_of(relative)
    if channel.name in ("availability", "plc_availability"):
        found = [] if payload.decode() in (ONLINE, OFFLINE) else ["neither online nor offline"]
    elif not payload and channel.retained:
        found = []
    else:
        found = _unlike_any_before(channel.name, payload)
    WRONG.extend(f"{relative}: {one} in {payload.decode()}" for one in found)


def _unlike_any_before(name: str, payload: bytes) -> list[str]:
    shape = (name, payload.translate(_DIGITS))
    if shape in _GOOD:
        return []
    found = problems(name, json.loads(payload))
    if not found:
        _GOOD.add(shape)
    return found


def hear_row(row: AppendOutbox) -> None:
    """The same for a row of the outbox, which has no envelope yet."""
    envelope = {"v": 1, "at": "2026-11-21T09:30:00.125Z", "boot": 1, "seq": 1, "simulated": False}
    hear(row.topic, json.dumps({**envelope, "event_seq": row.event_seq, **row.body}).encode())
