"""What answers and messages of towers do to the shop's books, each within one transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from simulator.platform import fresh_id
from simulator.purchaser import utc
from simulator.sealing import issuer_for
from simulator.shop.following import LOAN_ENDED, answered, happened, lent, shown, told
from simulator.shop.ledger import Books, Ledger
from simulator.shop.rows import HappenedRow, HeardRow, LetterRow, OrderRow, VehicleRow
from simulator.tower_link import OUTBOX, Answer

ORDERS: Final = frozenset({"test_drive", "collect", "stock_in", "stock_out"})
PASSING: Final = frozenset({"expired", "busy", "clock_unsure", "rate_limited", "tower_out_of_service"})
"""Refusals that time heals: what the shop owes a tower is sent again under a new id (4.3)."""
OWED: Final = frozenset({"returned_elsewhere"})
"""What the shop sends by itself, with nobody who could try again."""
BROUGHT_IN: Final = frozenset({"storing", "completed"})


def letter(
    verb: str,
    tower: str,
    customer: str,
    claims: Mapping[str, Any],
    about: str | None = None,
    token_id: str | None = None,
) -> LetterRow:
    """A letter to be signed when it is sent; `claims` without those of every token, and with nothing secret."""
    jti = token_id or fresh_id("t")
    said = {"iss": issuer_for(verb).iss, "aud": tower, "sub": customer, "jti": jti, "kind": verb, **claims}
    return LetterRow(jti, tower, verb, about, utc(datetime.now(UTC)), json.dumps(said))


def settle(books: Books, sent: LetterRow, answer: Answer) -> None:
    """What a tower's answer means for the books."""
    if sent.verb in OWED and not answer["ok"] and PASSING & set(answer["reasons"]):
        claims = json.loads(sent.claims or "{}") | {"jti": fresh_id("t")}
        books.put(replace(sent, letter=claims["jti"], claims=json.dumps(claims), token=None))
    row = None if sent.about is None else books.find(OrderRow, sent.about)
    if row is None:
        return
    if sent.verb in ORDERS:
        keep(books, answered(row, answer))
    elif sent.verb == "eta" and answer["ok"]:
        books.put(replace(row, arrives_at=json.loads(sent.claims or "{}")["arrives_at"]))
    elif sent.verb == "purchase" and not answer["ok"] and row.loan_state != "sold":
        books.put(replace(row, plan=None))
    elif sent.verb == "consent" and answer["ok"]:
        books.put(replace(row, face_consent=False, code_only=True))


def keep(books: Books, row: OrderRow) -> list[str]:
    """Put an order, and let the tower of its car's loan know where that car has come in (orders-if.md 3, 5.2).

    Gives the towers that are to be told.
    """
    books.put(row)
    owed: list[str] = []
    if row.kind != "stock_in" or row.state not in BROUGHT_IN:
        return owed
    for loan in books.rows(OrderRow, "vehicle = ? AND tower != ? AND loan_state IS NOT NULL", row.vehicle, row.tower):
        told_already = books.rows(LetterRow, "about = ? AND verb = 'returned_elsewhere'", loan.order_id)
        if loan.loan_state not in LOAN_ENDED and not told_already:
            claims = {"order": loan.order_id, "tower": row.tower, "at": utc(datetime.now(UTC))}
            books.put(letter("returned_elsewhere", loan.tower, loan.customer, claims, loan.order_id))
            owed.append(loan.tower)
    return owed


class Listener:
    """Takes in what towers publish. It is called in the threads of the connections."""

    def __init__(self, ledger: Ledger, queued: Callable[[str], None]) -> None:
        """`queued` is called with a tower that there may be letters for."""
        self._ledger, self._queued = ledger, queued

    def heard(self, tower: str, topic: str, payload: bytes) -> None:
        """One message; it counts as taken in when this has come back."""
        kind, _, name = topic.partition("/")
        if topic in OUTBOX:
            self._event(tower, json.loads(payload))
        elif payload and kind == "order":
            self._follow(tower, name, lambda row: shown(row, json.loads(payload)))
        elif payload and kind == "loan":
            self._follow(tower, name, lambda row: lent(row, json.loads(payload)))

    def _follow(self, tower: str, order: str, change: Callable[[OrderRow], OrderRow]) -> None:
        with self._ledger.look() as books:
            row = books.find(OrderRow, order)
        # most messages are of others' orders, or count down only
        if row is None or row.tower != tower or change(row) == row:
            return
        with self._ledger.change() as books:
            row = books.find(OrderRow, order)
            owed = [] if row is None else keep(books, change(row))
        for other in owed:
            self._queued(other)

    def _event(self, tower: str, event: Mapping[str, Any]) -> None:
        """An event counts once, whatever came again; the number of the last one is kept with what it did (2.2)."""
        seq = int(event["event_seq"])
        with self._ledger.change() as books:
            before = books.find(HeardRow, tower)
            if before is not None and seq <= before.event_seq:
                return
            gap = before is not None and seq > before.event_seq + 1
            books.put(HeardRow(tower, seq, (before.gaps if before else 0) + gap))
            owed = self._take(books, tower, event) if "type" in event else []
        for other in owed:
            self._queued(other)

    def _take(self, books: Books, tower: str, event: Mapping[str, Any]) -> list[str]:
        kind, data = event["type"], event["data"]
        if kind == "vehicle_condition":
            vehicle = books.find(VehicleRow, data["vehicle"])
            if vehicle is not None:
                books.put(replace(vehicle, condition=data["condition"], reasons=" ".join(data["reasons"])))
        row = None if event["order"] is None else books.find(OrderRow, event["order"])
        if row is None or row.tower != tower:
            return []
        books.put(HappenedRow(tower, int(event["event_seq"]), event["at"], row.order_id, happened(event)))
        return keep(books, told(row, event))
