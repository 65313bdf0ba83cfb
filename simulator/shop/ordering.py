"""How an order is placed: decided in one transaction of the books before anything is signed, signed, kept, then sent."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from simulator.platform import fresh_code, fresh_id
from simulator.purchaser import head, utc
from simulator.sealing import issuer_for
from simulator.shop import pictures, rules, words
from simulator.shop.desk import ANSWER_WAIT_S
from simulator.shop.ledger import Books, Ledger
from simulator.shop.mail import Mail
from simulator.shop.model import Account, Outcome, Plan, ShopError, Slot
from simulator.shop.people import known
from simulator.shop.rows import LetterRow, OrderRow, VehicleRow
from simulator.shop.settling import letter
from simulator.shop.towers import Towers
from simulator.shop.views import order_of, plan_text
from simulator.shop.window import TERMS, TERMS_VERSION


@dataclass(frozen=True, slots=True)
class Draft:
    """A customer's order before it is decided. `vehicle`: the claim. `facts`: what the row keeps besides."""

    kind: str
    customer: str
    tower: str
    vehicle: Mapping[str, Any]
    deposit: Mapping[str, Any]
    facts: Mapping[str, Any]
    slot: Slot | None = None
    wait_until: datetime | None = None
    jpeg: bytes | None = None
    terms_accepted: bool = False
    fee_paid: bool = False
    services: tuple[str, ...] = ()
    plan: Plan | None = field(default=None)


def slot_claim(slot: Slot | None) -> dict[str, Any]:
    """The claim `slot`, absent where the customer comes now."""
    return {} if slot is None else {"slot": {"from": utc(slot.from_at), "until": utc(slot.until_at)}}


def payment_claim(plan: Plan) -> dict[str, Any]:
    """The claim `payment`."""
    return {"price": plan.price, "currency": plan.currency, "paid": plan.down, "instalments": len(plan.dues)}


def face_claims(picture: bytes | None, consent: bool) -> bytes | None:
    """The JPEG to send: none without consent. Raises ShopError."""
    return pictures.selfie(picture) if picture is not None and consent else None


def _claims(draft: Draft, account: Account, mine: list[OrderRow], code: str, now: datetime) -> dict[str, Any]:
    terms = {"version": TERMS_VERSION, "hash": f"sha256:{hashlib.sha256(TERMS.encode()).hexdigest()}"}
    claims: dict[str, Any] = {
        "vehicle": dict(draft.vehicle),
        "code": code,
        "eligibility": rules.eligibility(account, mine, draft.deposit, draft.fee_paid, now),
        "services": list(draft.services),
        **slot_claim(draft.slot),
    }
    if draft.wait_until is not None:
        claims["wait_until"] = utc(draft.wait_until)
    if draft.terms_accepted:
        claims["terms"] = {**terms, "accepted_at": utc(now)}
    if draft.plan is not None:
        claims["payment"] = payment_claim(draft.plan)
    if draft.jpeg is not None:
        claims["selfie"] = base64.b64encode(draft.jpeg).decode()
        claims["consent"] = {"face": True, "at": utc(now), "text_version": TERMS_VERSION}
    return claims


def found(books: Books, order: str) -> OrderRow:
    """An order's row. Raises ShopError where there is none."""
    row = books.find(OrderRow, order)
    if row is None:
        raise ShopError("There is no such order.")
    return row


class Ordering:
    """Places orders and sends what is about them; the answer is waited for, and asked for until it is there."""

    def __init__(self, ledger: Ledger, towers: Towers, mail: Mail) -> None:
        self._ledger, self._towers, self._mail = ledger, towers, mail

    def _check_line(self, tower: str) -> None:
        """Raises ShopError where nothing can be asked of the tower now."""
        line = self._towers.line(tower)
        if not line.reachable() or line.held("key") is None:
            raise ShopError(f"{self._towers.name(tower)} cannot be reached at the moment. Please try again later.")

    def place(self, draft: Draft) -> Outcome:
        """A customer's order. Raises ShopError where the tower cannot be reached."""
        self._check_line(draft.tower)
        now, order, code = datetime.now(UTC), fresh_id("o"), fresh_code()
        with self._ledger.change() as books:
            account = known(books, draft.customer)
            mine = books.rows(OrderRow, "customer = ?", draft.customer)
            # nobody else's transaction comes between this decision and the row that counts from now on
            refused = rules.against(mine, now) if draft.kind == "test_drive" else ()
            if refused:
                return Outcome(False, True, words.reasons(refused))
            row = OrderRow(
                order_id=order,
                tower=draft.tower,
                customer=draft.customer,
                kind=draft.kind,
                asked_at=utc(now),
                code=code,
                face_consent=draft.jpeg is not None,
                plan=None if draft.plan is None else plan_text(draft.plan),
                wait_until=None if draft.wait_until is None else utc(draft.wait_until),
                **draft.facts,
            )
            self._keep(books, row, _claims(draft, account, mine, code, now))
        return self._outcome(draft.tower, order, order)

    def place_stock(self, row: OrderRow, claims: Mapping[str, Any], entry: VehicleRow | None = None) -> Outcome:
        """A dealer's order: `claims` without those of every token and without the code; `entry` for the dealer's books.

        Raises ShopError.
        """
        self._check_line(row.tower)
        with self._ledger.change() as books:
            if entry is not None:
                books.put(entry)
            self._keep(books, row, {**claims, "code": row.code})
        return self._outcome(row.tower, row.order_id, row.order_id)

    def _keep(self, books: Books, row: OrderRow, claims: Mapping[str, Any]) -> None:
        """The row and its sealed token in one transaction: neither is ever there without the other."""
        said = head(row.kind, issuer_for(row.kind).iss, row.tower, row.customer, row.order_id)
        token = self._towers.line(row.tower).seal({**said, **claims})
        books.put(row)
        books.put(LetterRow(row.order_id, row.tower, row.kind, row.order_id, row.asked_at, token=token))

    def send(
        self, verb: str, tower: str, customer: str, claims: Mapping[str, Any], about: str | None = None
    ) -> Outcome:
        """Something about an order or a vehicle. Raises ShopError where the tower is not one of the shop's."""
        self._towers.line(tower)
        sent = letter(verb, tower, customer, claims, about)
        with self._ledger.change() as books:
            books.put(sent)
        return self._outcome(tower, sent.letter, about)

    def cancel(self, order: str) -> Outcome:
        """End an order, a customer's or a dealer's: the contract lets the shop's key sign that. Raises ShopError."""
        with self._ledger.look() as books:
            row = found(books, order)
        return self.send("cancel", row.tower, row.customer, {"order": order, "reason": "changed_mind"}, order)

    def _outcome(self, tower: str, sent: str, about: str | None) -> Outcome:
        self._mail.wake(tower)
        answer = self._mail.answer(sent, ANSWER_WAIT_S)
        with self._ledger.look() as books:
            row = None if about is None else books.find(OrderRow, about)
        order = None if row is None else order_of(row, self._towers)
        if answer is None:
            return Outcome(False, False, (), order)
        return Outcome(bool(answer["ok"]), True, words.reasons(answer["reasons"]), order)


def stock_row(kind: str, tower: str, dealer: str, record: Mapping[str, Any], slot: Slot | None) -> OrderRow:
    """A dealer's order of a vehicle as it is kept."""
    return OrderRow(
        order_id=fresh_id("o"),
        tower=tower,
        customer=dealer,
        kind=kind,
        vehicle=record["id"],
        make=record["make"],
        model=record["model"],
        colour=record["colour"],
        asked_at=utc(datetime.now(UTC)),
        code=fresh_code(),
        slot_from=None if slot is None else utc(slot.from_at),
        slot_until=None if slot is None else utc(slot.until_at),
    )


def record_of(text: str) -> dict[str, Any]:
    """A vehicle's record out of the books."""
    record: dict[str, Any] = json.loads(text)
    return record
