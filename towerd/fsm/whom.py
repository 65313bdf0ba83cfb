"""Keys of people's own, as long as a row may lead to them by one (orders-if.md 7.4). Pure.

A key is made before the event that needs it, so it may be gone again once that event is taken, or may have been made in vain.
"""

from __future__ import annotations

from datetime import timedelta

from towerd.fsm.commands import DestroyCustomerKey
from towerd.fsm.expiring import AUDIT_SPARE
from towerd.fsm.kept_rows import CustomerRow, OwnKeys
from towerd.fsm.state import Tables
from towerd.fsm.turn import Turn


def are_gone(turn: Turn, keys: OwnKeys) -> bool:
    """Whether one of them was forgotten while the event was on its way: it would name somebody whom nobody is any more."""
    return any(one not in turn.tables.customers for one in keys.found)


def keep(turn: Turn, keys: OwnKeys) -> None:
    """A row names them from now on."""
    for one in (*keys.made, *keys.found):
        turn.put("customers", one, CustomerRow(one, turn.now))


def let_go(turn: Turn, keys: OwnKeys) -> None:
    """Keys that were made for what was not taken serve nothing."""
    for one in keys.made:
        if one not in turn.tables.customers:
            turn.ask(DestroyCustomerKey(one))


def destroy_key(turn: Turn, customer: str) -> None:
    """Nobody is found by this alias any more. One without a row may be on its way with an event, and is not touched."""
    if customer in turn.tables.customers:
        turn.drop("customers", customer)
        turn.ask(DestroyCustomerKey(customer))


def _named(tables: Tables) -> set[str]:
    return {
        *(order.customer for order in tables.orders.values()),
        *(loan.customer for loan in tables.loans.values()),
        *(vehicle.record.owner for vehicle in tables.vehicles.values()),
    }


def destroy_old_keys(turn: Turn) -> None:
    """A customer's key serves as long as a row of the tables or of the audit log may lead to the customer by it."""
    kept = timedelta(days=turn.config.keeping.audit_kept_days * AUDIT_SPARE)
    old = [row.customer for row in turn.tables.customers.values() if row.seen_at + kept < turn.now]
    named = _named(turn.tables) if old else set()
    for customer in old:
        if customer not in named:
            destroy_key(turn, customer)
