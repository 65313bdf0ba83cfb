"""The outer part of a command: who asks, until when, where the answer goes (orders-if.md 3.1 to 3.3). Pure."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import StringConstraints, ValidationError

from towerd.fsm.reply import ReplyTo
from towerd.mqtt.topics import Topics
from towerd.mqtt.wire import Received
from towerd.orders.claim_parts import At, Closed, Id, is_id
from towerd.orders.claims import KINDS
from towerd.orders.requests import AHEAD_S
from towerd.orders.strictjson import parse_json

BODY_LIMIT_BYTES = 512 * 1024
AHEAD_LIMIT = timedelta(seconds=AHEAD_S)
CORRELATION_LIMIT_BYTES = 128
STATE = "state"
TIMELESS = "hold"
"""The one verb that is taken while the clock is unsure, whatever its times (4.4)."""


class CommandBody(Closed):
    """The outer part of a command; `state` alone has no token (3.1)."""

    req_id: Id
    expires_at: At
    reply_to: Id | None = None
    token: Annotated[str, StringConstraints(min_length=1)] | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A command whose outer part is in order. `token` is absent for `state` alone."""

    verb: str
    reply: ReplyTo
    expires_at: datetime
    token: str | None

    def __repr__(self) -> str:
        return f"Asked({self.verb}, {self.reply.req_id})"


@dataclass(frozen=True, slots=True)
class Dropped:
    """A command that is dropped with an answer, where there is a place for it (3.3)."""

    verb: str
    reasons: tuple[str, ...]
    reply: ReplyTo
    expires_at: datetime | None


def _read(payload: bytes) -> CommandBody | None:
    try:
        raw = parse_json(payload)
        if not isinstance(raw, dict) or None in raw.values():
            return None
        return CommandBody.model_validate(raw)
    except (ValueError, ValidationError):
        return None


def _salvage(payload: bytes) -> dict[str, Any]:
    """What can be told of a body that is not in order, so that its sender gets an answer."""
    if len(payload) > BODY_LIMIT_BYTES:
        return {}
    try:
        raw = parse_json(payload)
    except ValueError:
        return {}
    return raw if isinstance(raw, dict) else {}


def _reply(topics: Topics, received: Received, req_id: object, reply_to: object) -> ReplyTo:
    correlation = received.correlation or b""
    name = reply_to if isinstance(reply_to, str) else None
    address = topics.answer_topic(received.response_topic, name)
    known = str(req_id) if is_id(req_id) else ""
    if address is None:
        return ReplyTo("none", req_id=known)
    fits = len(correlation) <= CORRELATION_LIMIT_BYTES
    return ReplyTo("mqtt", address, base64.b64encode(correlation).decode() if fits else "", known)


def _untimely(verb: str, expires_at: datetime, now: datetime | None) -> str | None:
    if now is None:
        return None if verb in (TIMELESS, STATE) else "clock_unsure"
    if expires_at <= now:
        return "expired"
    return "malformed" if expires_at - now > AHEAD_LIMIT else None


def _wrong(verb: str, body: CommandBody, received: Received, now: datetime | None) -> str | None:
    if verb not in KINDS | {STATE} or (body.token is None) != (verb == STATE) or received.retain:
        return "malformed"
    if len(received.correlation or b"") > CORRELATION_LIMIT_BYTES:
        return "malformed"
    return _untimely(verb, body.expires_at, now)


def read_request(topics: Topics, received: Received, now: datetime | None) -> Asked | Dropped:
    """Read a command's body, or drop it: `malformed`, `too_large`, `expired`, `clock_unsure` (3.1, 3.3).

    A retained command is `malformed`. `now` is aware UTC, or None while the clock is unsure (4.4).
    """
    verb = topics.verb(received.topic) or ""
    body = _read(received.payload) if len(received.payload) <= BODY_LIMIT_BYTES else None
    if body is None:
        raw = _salvage(received.payload)
        reason = "too_large" if len(received.payload) > BODY_LIMIT_BYTES else "malformed"
        return Dropped(verb, (reason,), _reply(topics, received, raw.get("req_id"), raw.get("reply_to")), None)
    reply = _reply(topics, received, body.req_id, body.reply_to)
    reason_found = _wrong(verb, body, received, now)
    if reason_found is not None:
        return Dropped(verb, (reason_found,), reply, body.expires_at)
    return Asked(verb, reply, body.expires_at, body.token)
