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
    """That there is a key of a customer's own, of which the alias `customer` and what the audit log says are made (7.4).

    `seen_at`: when something was taken from them last that names them for good.
    """

    customer: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class OwnKeys:
    """Aliases that an event names for good: those whose key was `made` for it, and those that were known when it was made."""

    made: tuple[str, ...] = ()
    found: tuple[str, ...] = ()


NO_KEYS = OwnKeys()


@dataclass(frozen=True, slots=True)
class ErasureRow:
    """A customer who is to be forgotten as soon as nothing open needs them (3, `erase`).

    `request`: the id of the token that asked for it, None where a technician did, who is `by`. Under what drives are counted
    does not stand beside the alias: it is the same for good, and would lead from the name to every copy of this row.
    """

    customer: str
    asked_at: datetime
    request: str | None = None
    by: str | None = None
