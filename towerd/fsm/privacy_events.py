"""What technicians do about personal data, in the past tense."""

from __future__ import annotations

from dataclasses import dataclass

from towerd.fsm.reply import ReplyTo


@dataclass(frozen=True, slots=True)
class ExportRequested:
    """`towerd privacy export CUSTOMER`: somebody wants to see what is held of a customer; the audit log says so first."""

    customer: str
    by: str
    reply: ReplyTo


@dataclass(frozen=True, slots=True)
class ErasureRequested:
    """`towerd privacy erase CUSTOMER` (orders-if.md 7.3), by the alias; `handle` as in `Known`."""

    customer: str
    handle: str
    by: str
    reply: ReplyTo


@dataclass(frozen=True, slots=True)
class CustomerRecalled:
    """Under what the drives of a customer are counted who waits to be forgotten; empty where nobody can tell any more."""

    customer: str
    handle: str


PrivacyEvent = ExportRequested | ErasureRequested | CustomerRecalled
