"""Rows and topics as the shop shows them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Final

from simulator.shop import words
from simulator.shop.following import LOAN_ENDED, is_open
from simulator.shop.model import WITH_CUSTOMER, Account, Due, Loan, Offer, Order, Plan, Position, Slot, Vehicle
from simulator.shop.rows import AccountRow, OrderRow
from simulator.shop.rules import distance_km
from simulator.shop.towers import Towers

CANCELLABLE: Final = frozenset({"accepted", "awaiting_stock", "arrived", "identified", "delivering", "staged"})
VEHICLE_FIELDS: Final = tuple(Vehicle.__dataclass_fields__)


def at(text: str | None) -> datetime | None:
    """A time of a row."""
    return None if text is None else datetime.fromisoformat(text)


def account_of(row: AccountRow) -> Account:
    """An account as it is shown."""
    until = None if row.licence_until is None else date.fromisoformat(row.licence_until)
    place = Position(row.lat_deg, row.lon_deg)
    return Account(row.customer, row.name, row.member, row.credit_score, until, row.identity_checked, place)


def account_row(account: Account) -> AccountRow:
    """An account as it is kept."""
    until = None if account.licence_until is None else account.licence_until.isoformat()
    place = account.position
    facts = (account.member, account.credit_score, until, account.identity_checked)
    return AccountRow(account.customer, account.name, *facts, place.lat_deg, place.lon_deg)


def vehicle_of(record: Mapping[str, Any]) -> Vehicle:
    """What is told of a vehicle."""
    return Vehicle(**{name: record[name] for name in VEHICLE_FIELDS})


def offer_of(body: Mapping[str, Any], tower: str, towers: Towers, position: Position | None) -> Offer:
    """A vehicle of a tower's catalogue, seen from where the customer is."""
    config = towers.configs[tower]
    drive, purchase = body["offers"].get("test_drive"), body["offers"].get("purchase")
    return Offer(
        vehicle_of(body),
        tower,
        config.name,
        None if position is None else round(distance_km(position, config.position), 1),
        body["condition"],
        at(body["orderable_from"]),
        body["ready_in_s"],
        drive and drive["fee"],
        drive and drive["deposit"],
        purchase and purchase["price"],
        (drive or purchase or {"currency": ""})["currency"],
    )


def plan_text(plan: Plan) -> str:
    """A plan as a row keeps it."""
    return json.dumps(asdict(plan), default=str)


def plan_of(text: str | None) -> Plan | None:
    """A plan out of a row."""
    if text is None:
        return None
    kept = json.loads(text)
    dues = tuple(Due(date.fromisoformat(due["on"]), due["amount"]) for due in kept["dues"])
    return Plan(kept["price"], kept["currency"], kept["down"], dues)


def _loan(row: OrderRow, topic: Mapping[str, Any] | None) -> Loan | None:
    if row.loan_state is None:
        return None
    overdue_s = 0 if topic is None else int(topic["overdue_s"])
    return Loan(row.loan_state, at(row.out_since), at(row.due_back), overdue_s)


def _may(row: OrderRow) -> frozenset[str]:
    lent = row.loan_state in WITH_CUSTOMER
    held = {
        "cancel": row.state in CANCELLABLE,
        "buy": lent and row.plan is None and row.price is not None,
        "return_elsewhere": lent,
        "on_my_way": row.state in ("accepted", "staged") and row.kind in ("test_drive", "collect"),
        "withdraw_consent": row.face_consent and not row.code_only and is_open(row),
        "book_another": row.kind == "test_drive"
        and (row.loan_state in LOAN_ENDED or not (row.loan_state or is_open(row))),
    }
    return frozenset(name for name, holds in held.items() if holds)


def _text(row: OrderRow) -> str:
    if row.loan_state is not None and not (is_open(row) and row.state != "handed_over"):
        return words.LOANS.get(row.loan_state, row.loan_state)
    state = "late" if row.late and row.state == "awaiting_stock" else row.state
    by_code = words.BY_CODE.get(state) if row.code_only else None
    return by_code or words.STATES.get(state, state)


def order_of(row: OrderRow, towers: Towers) -> Order:
    """An order with what its tower publishes of it at this moment."""
    line = towers.lines.get(row.tower)
    there = line is not None and line.reachable()
    topic = line.held(f"order/{row.order_id}") if line is not None and there else None
    loan = line.held(f"loan/{row.order_id}") if line is not None and there else None
    open_now = is_open(row)
    begins, ends = at(row.slot_from), at(row.slot_until)
    asked_at = at(row.asked_at)
    assert asked_at is not None
    return Order(
        order=row.order_id,
        kind=row.kind,
        customer=row.customer,
        tower=row.tower,
        tower_name=towers.name(row.tower),
        vehicle=row.vehicle,
        make=row.make,
        model=row.model,
        colour=row.colour,
        asked_at=asked_at,
        slot=Slot(begins, ends) if begins and ends else None,
        state=row.state,
        since=at(row.since),
        text=_text(row),
        reasons=words.reasons(row.reasons.split()),
        number=row.number,
        code=row.code,
        qr=f"{row.number} {row.code}" if row.number and row.code else None,
        code_only=row.code_only,
        face_consent=row.face_consent,
        ready_in_s=topic["ready_in_s"] if topic and open_now else None,
        cabin=topic["cabin"] if topic and open_now else None,
        loan=_loan(row, loan),
        plan=plan_of(row.plan),
        wait_until=at(row.wait_until),
        late=row.late,
        arrives_at=at(row.arrives_at) if open_now else None,
        may=_may(row),
    )
