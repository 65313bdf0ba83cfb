"""What counts in money, told again from each of three sources: the journal's rows, the audit log, and what came over MQTT.

A fact is who was promised what, who was refused and why, who had which car from when till when, and how it ended. The three
readers share nothing but the form of a fact, so that equal books say something.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from towerd.fsm.config import CoreConfig
from towerd.fsm.events import OrderRequested, RequestAnswered, StockImported
from towerd.fsm.intake_row import Intake
from towerd.fsm.loans import FETCHED
from towerd.fsm.reducer import step
from towerd.fsm.state import Move, State, Tables
from towerd.journal.records import Recorded
from towerd.orders.choice import HERE
from towerd.orders.model import Loan, Order
from towerd.orders.taking import at_json, slot_json
from towerd.units import rfc3339

Row = TypeVar("Row")
BACK = "fetched_vehicle_back"
"""No type of the contract: a car that a technician had out is the tower's again, by the first condition told without it."""
TURNED_AWAY = "vehicle_turned_away"
WRONG_CARS = frozenset({"wrong_tag", "wrong_mass", "wrong_length"})
"""Reasons to turn away a car that is not the one that is expected; for others nobody is blamed."""
COUNTS: Mapping[str, tuple[str, ...]] = {
    "order_accepted": ("kind", "vehicle"),
    "order_awaiting_stock": ("wait_until", "late"),
    "order_bound": ("vehicle", "from", "until"),
    "order_vehicle_replaced": ("vehicle", "before"),
    "order_refused": ("verb", "reasons"),
    "order_handed_over": ("vehicle", "make", "model", "identified_by"),
    "order_completed": ("vehicle",),
    "order_cancelled": ("reason",),
    "order_expired": ("reason",),
    "order_no_show": ("reason",),
    "order_failed": ("reason",),
    "loan_out": ("vehicle", "due_back_s"),
    "loan_due_soon": ("vehicle",),
    "loan_overdue": ("vehicle",),
    "loan_returning": ("vehicle",),
    "loan_returned": ("vehicle", "make", "model", "out_s", "overdue_s"),
    "loan_sold": ("vehicle", "make", "model", "price", "currency", "paid", "instalments", "out_s", "overdue_s"),
    "loan_returned_elsewhere": ("vehicle", "make", "model", "tower", "out_s", "overdue_s"),
    "vehicle_stocked_in": ("vehicles",),
    "vehicle_stocked_out": ("vehicles",),
    "vehicle_fetched": ("vehicle", "tag", "by", "reason"),
    TURNED_AWAY: ("vehicle", "cabin", "reasons"),
    BACK: ("vehicle",),
}
"""The types that count, with the fields that do."""


@dataclass(frozen=True, slots=True, order=True)
class Fact:
    """One thing that counts: when (RFC 3339, ms), of which order or loan ("" for none), what, and the fields that count."""

    at: str
    order: str
    what: str
    said: str


@dataclass(frozen=True, slots=True)
class Books:
    """All facts in order, and whose each order is where the source knows it.

    `silent`: when an order's row went in the moment of its end, as its customer was to be forgotten: rows do not say how.
    """

    facts: tuple[Fact, ...]
    customers: Mapping[str, str]
    silent: frozenset[tuple[str, str]] = frozenset()


def fact(at: str, order: str | None, what: str, data: Mapping[str, Any]) -> Fact:
    """A fact with the fields that count, and no others."""
    return Fact(at, order or "", what, ", ".join(f"{name} {data[name]!r}" for name in COUNTS[what]))


def books_of(facts: Iterable[Fact], customers: Mapping[str, str]) -> Books:
    """Facts of one moment have no order among them: a journal's rows have none."""
    return Books(tuple(sorted(facts)), dict(customers))


def _that_count(messages: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    """What was told that counts, with what follows from it: that a fetched car is back."""
    fetched = set[str]()
    for one in messages:
        kind, data = one.get("type"), one.get("data", {})
        if kind == "vehicle_fetched":
            fetched.add(data["vehicle"])
        if kind == "vehicle_condition" and data["vehicle"] in fetched and FETCHED not in data["reasons"]:
            fetched.remove(data["vehicle"])
            yield {**one, "type": BACK}
        if kind in COUNTS and (kind != TURNED_AWAY or not WRONG_CARS.isdisjoint(data["reasons"])):
            yield one


def from_mqtt(messages: Iterable[Mapping[str, Any]]) -> Books:
    """What an outside client has heard."""
    told = list(_that_count(messages))
    facts = [fact(one["at"], one["order"], one["type"], one["data"]) for one in told]
    return books_of(facts, {one["order"]: one["customer"] for one in told if one["customer"] is not None})


def from_audit(rows: Iterable[Mapping[str, Any]]) -> Books:
    """What the audit log says. It names customers by their pseudonyms."""
    bodies = list(_that_count({**row["body"], "at": rfc3339(datetime.fromisoformat(row["at"]))} for row in rows))
    facts = [fact(one["at"], one["order"], one["type"], one["data"]) for one in bodies]
    return books_of(facts, {one["order"]: one["customer"] for one in bodies if one["customer"] is not None})


def from_journal(history: Sequence[Recorded], bases: Mapping[int, Tables], config: CoreConfig) -> tuple[Books, Tables]:
    """What the rows were after each event, with the tables that the history ends in; at each of `bases` it begins anew."""
    tables, facts, customers, silent = Tables(), list[Fact](), dict[str, str](), set[tuple[str, str]]()
    for number, recorded in enumerate(history, start=1):
        before = tables
        state, _commands = step(State(before, recorded.before), recorded.stamped, config)
        tables = state.tables
        if before is not tables:
            reader = _Reader(before, tables, recorded)
            facts += reader.read()
            at = rfc3339(recorded.stamped.at)
            silent |= {(at, row.id) for row in before.orders.values() if row.open and row.id not in tables.orders}
            customers |= {row.id: row.customer for row in (*tables.orders.values(), *tables.loans.values())}
        if number in bases:
            # it does not say under what the drives of somebody are counted who was forgotten
            assert replace(tables, drives=bases[number].drives) == bases[number]
            tables = bases[number]
    return replace(books_of(facts, customers), silent=frozenset(silent)), tables


def _changed(before: Mapping[str, Row], after: Mapping[str, Row]) -> list[Row]:
    """Rows that are new or other than before."""
    return [] if before is after else [row for key, row in after.items() if before.get(key) is not row]


class _Reader:
    """What the rows of one commit say."""

    def __init__(self, before: Tables, after: Tables, recorded: Recorded) -> None:
        self._before, self._after, self._now = before, after, recorded.stamped.at
        self._event = recorded.stamped.event
        self._facts: list[Fact] = []

    def read(self) -> list[Fact]:
        event = self._event
        if isinstance(event, RequestAnswered) and event.told:
            self._add(None, "order_refused", {"verb": event.verb, "reasons": list(event.reasons)})
        if isinstance(event, StockImported) and self._before.vehicles is not self._after.vehicles:
            self._add(None, "vehicle_stocked_in", {"vehicles": [entry.record.id for entry in event.entries]})
        for order in _changed(self._before.orders, self._after.orders):
            self._order(self._before.orders.get(order.id), order)
        for loan in _changed(self._before.loans, self._after.loans):
            self._loan(self._before.loans.get(loan.id), loan)
        self._without_order()
        return self._facts

    def _without_order(self) -> None:
        for move in _changed(self._before.moves, self._after.moves):
            self._move(self._before.moves.get(move.id), move)
        for intake in _changed(self._before.intakes, self._after.intakes):
            self._intake(self._before.intakes.get(intake.cabin), intake)
        for vehicle in _changed(self._before.vehicles, self._after.vehicles):
            known = self._before.vehicles.get(vehicle.id)
            if known is not None and FETCHED in known.reasons and FETCHED not in vehicle.reasons:
                self._add(None, BACK, {"vehicle": vehicle.id})

    def _add(self, order: str | None, what: str, data: Mapping[str, Any]) -> None:
        self._facts.append(fact(rfc3339(self._now), order, what, data))

    def _record(self, vehicle: str | None) -> dict[str, Any]:
        row = self._before.vehicles.get(vehicle or "") or self._after.vehicles.get(vehicle or "")
        return {} if row is None else {"vehicle": row.id, "make": row.record.make, "model": row.record.model}

    def _order(self, known: Order | None, order: Order) -> None:
        if known is None and order.vehicle is not None:
            self._add(order.id, "order_accepted", {"kind": order.kind, "vehicle": order.vehicle})
        if order.vehicle is None and (known is None or order.late_told != known.late_told):
            until = None if order.wait_until_at is None else at_json(order.wait_until_at)
            self._add(order.id, "order_awaiting_stock", {"wait_until": until, "late": order.late_told})
        if known is None:
            return
        if known.vehicle is None and order.vehicle is not None:
            self._add(order.id, "order_bound", {"vehicle": order.vehicle, **(slot_json(order.slot) or {})})
        elif known.vehicle != order.vehicle:
            self._add(order.id, "order_vehicle_replaced", {"vehicle": order.vehicle, "before": known.vehicle})
        if known.state != order.state:
            self._order_state(order)

    def _order_state(self, order: Order) -> None:
        data = {**self._record(order.vehicle), "reason": order.reason, "identified_by": order.identified_by}
        if f"order_{order.state}" in COUNTS and order.state not in ("accepted", "awaiting_stock"):
            self._add(order.id, f"order_{order.state}", data)
        if order.state == "storing":
            self._add(order.id, "vehicle_stocked_in", {"vehicles": [order.vehicle]})
        stays_away = order.kind in ("collect", "stock_out") and order.vehicle not in self._after.vehicles
        if order.state == "completed" and stays_away:
            self._add(order.id, "vehicle_stocked_out", {"vehicles": [order.vehicle]})

    def _loan(self, had: Loan | None, loan: Loan) -> None:
        if had is not None and had.state == loan.state:
            return
        vehicle = self._before.vehicles.get(loan.vehicle)
        found = vehicle is not None and vehicle.place.kind in HERE
        if loan.state == "returned" and had is not None and had.state != "returning":
            # found in the tower, without having been driven in
            assert found or self._after.vehicles[loan.vehicle].place.kind in HERE
            self._add(loan.id, "loan_returning", {"vehicle": loan.vehicle})
        late_s = (self._now - loan.due_back_at).total_seconds()
        data = {
            **self._record(loan.vehicle),
            "due_back_s": round(-late_s, 1),
            "out_s": round((self._now - loan.out_since_at).total_seconds(), 1),
            "overdue_s": max(0.0, round(late_s, 1)),
            "tower": loan.reason,
        }
        if isinstance(self._event, OrderRequested):
            data |= self._event.claims.get("payment", {})
        self._add(loan.id, f"loan_{loan.state}", data)

    def _move(self, known: Move | None, move: Move) -> None:
        if move.state == "left" and known is not None and known.state != "left":
            tag = self._before.vehicles[move.vehicle].record.tag
            data = {"vehicle": move.vehicle, "tag": tag, "by": move.by, "reason": move.reason}
            self._add(None, "vehicle_fetched", data)

    def _intake(self, known: Intake | None, intake: Intake) -> None:
        turned_away = intake.state == "turned_away" and known is not None and known.state != "turned_away"
        if turned_away and not WRONG_CARS.isdisjoint(intake.reasons):
            about = None if intake.kind == "vehicle" else intake.about
            data = {"vehicle": intake.vehicle, "cabin": intake.cabin, "reasons": list(intake.reasons)}
            self._add(about, TURNED_AWAY, data)
