"""Rows about what is kept of people and tokens, and for how long (orders-if.md 3.3, 7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """The first answer to a token (`jti:…`) or a request (`req:…`), given again to its like (orders-if.md 3.3, 4.3)."""

    key: str
    payload_sha256: str
    issuer: str
    ok: bool
    reasons: tuple[str, ...]
    result: dict[str, Any] | None
    until_at: datetime


@dataclass(frozen=True, slots=True)
class FaceRow:
    """That a ciphertext is kept for an order, and when its key is due to be destroyed (None: order is open)."""

    order: str
    sha256: str
    destroy_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditMark:
    """Which row of the audit log was the newest at a time, with its hash."""

    audit_seq: int
    hash: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """That there is a key of a customer's own, under which the audit log names the customer (7.4); no name stands here.

    `handle` as in `Known`; `seen_at`: when an order was taken last.
    """

    handle: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class ErasureRow:
    """A customer who is to be forgotten as soon as nothing open needs them (3, `erase`).

    `request`: the id of the token that asked for it, None where a technician did, who is `by`.
    """

    customer: str
    handle: str
    asked_at: datetime
    request: str | None = None
    by: str | None = None
