"""The same asked again gets the same answer (orders-if.md 3.3, 4.3). Pure.

Two memories: by request (`req:` and its req_id) and by token (`jti:` and its id). Both are rows that the core keeps.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from towerd.errors import Refusal
from towerd.orders.book import AnswerLike, OrderBook, Outcome, Remembered, Repeated, Request, answer_of
from towerd.orders.claims import Claims
from towerd.orders.rules import OrderRules

JTI = "jti:"
REQ = "req:"
AHEAD_S = 65.0
"""How far ahead a request may expire (3.1), and how much the sender's clock may be ahead of the tower's."""
LIFETIME_S = 3600.0
"""How long a token may be valid (4.3)."""
UNVERIFIED_SHARE = 10
"""One answer in so many is kept for commands that no signature holds for: they never take the room of the others."""
FORGETFUL = frozenset({"busy", "replayed", "expired"})
"""Refusals that leave the memory of the token id as it was."""


def recall(req_id: str, answers: Mapping[str, AnswerLike], now: datetime) -> Repeated | None:
    """The first answer to `req_id`, while it is kept (3.3)."""
    known = answers.get(REQ + req_id) if req_id else None
    if known is None or known.until_at <= now:
        return None
    return Repeated(known.ok, known.reasons, known.result)


def first_answer(request: Request, claims: Claims, book: OrderBook, now: datetime) -> Repeated | Refusal | None:
    """The first answer to the same request or token; `replayed` where the token id stood for something else (4.3)."""
    before = recall(request.req_id, book.answers, now)
    if before is not None:
        return before
    known = book.answers.get(JTI + claims.jti)
    if known is not None and (known.payload_sha256, known.issuer) == (request.payload_sha256, claims.iss):
        return Repeated(known.ok, known.reasons, known.result)
    if known is not None or claims.jti in book.orders or claims.jti in book.loans:
        return Refusal(("replayed",), f"The token id {claims.jti} has been used before.")
    return None


def too_many_requests(book: OrderBook, rules: OrderRules, now: datetime, *, verified: bool) -> bool:
    """Whether as many requests are remembered as may be; more are answered `busy` (3.3).

    What could not be verified has a tenth of the room at most, so that it never crowds out what was.
    """
    share = max(1, rules.answers_limit // UNVERIFIED_SHARE)
    if len(book.answers) < (rules.answers_limit if verified else share):
        return False
    live = [row for key, row in book.answers.items() if key.startswith(REQ) and row.until_at > now]
    if len(live) >= rules.answers_limit:
        return True
    return not verified and sum(not row.issuer for row in live) >= share


def stale_keys(answers: Mapping[str, AnswerLike], now: datetime) -> tuple[str, ...]:
    """Keys of the answers that need not be kept any more."""
    return tuple(key for key, answer in answers.items() if answer.until_at <= now)


def _until(expires_at: datetime, ahead_s: float, rules: OrderRules, now: datetime) -> datetime:
    """Until when an answer is kept. What claims to last longer than it may is not believed, whoever claims it."""
    return min(expires_at, now + timedelta(seconds=ahead_s)) + timedelta(seconds=rules.answers_kept_s)


def remember_request(
    req_id: str, expires_at: datetime | None, refusal: Refusal, rules: OrderRules, now: datetime
) -> tuple[Remembered, ...]:
    """What to keep of a command that was dropped before its token was known: the answer to its req_id, nothing else."""
    if not req_id or expires_at is None or "busy" in refusal.reasons:
        return ()
    until_at = _until(expires_at, AHEAD_S, rules, now)
    if until_at <= now:
        return ()
    return (Remembered(REQ + req_id, "", "", False, refusal.reasons, None, until_at),)


def remember(
    request: Request, book: OrderBook, outcome: Outcome, rules: OrderRules, now: datetime
) -> tuple[Remembered, ...]:
    """What to keep of the answer to a verified token. A refusal is kept as well: it is final (4.3)."""
    ok, reasons, result = answer_of(outcome)
    if "busy" in reasons and not isinstance(outcome, Repeated):
        return ()
    issuer, jti, exp_s = (request.claims.get(name) for name in ("iss", "jti", "exp"))
    leeway = timedelta(seconds=rules.clock_leeway_s)
    rows = []
    if request.req_id and request.expires_at is not None and recall(request.req_id, book.answers, now) is None:
        rows.append((REQ + request.req_id, _until(request.expires_at, AHEAD_S, rules, now)))
    if not isinstance(outcome, Repeated) and not FORGETFUL.intersection(reasons):
        expires_at = max(datetime.fromtimestamp(int(exp_s or 0), UTC) + leeway, now)
        rows.append((f"{JTI}{jti}", _until(expires_at, LIFETIME_S + 2 * rules.clock_leeway_s, rules, now)))
    return tuple(
        Remembered(key, request.payload_sha256, str(issuer), ok, reasons, result, until_at)
        for key, until_at in rows
        if until_at > now
    )
