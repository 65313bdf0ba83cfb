"""A key of a person's own is kept while a row may lead to them by it, and not for what was not taken."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.core_kit import answers, asked, config, order_in, state_of, tables_of, turn_of, vehicle
from tests.support.values import AT
from tests.unit.test_fsm_erasing import loan
from tests.unit.test_fsm_orders import REPLY, token
from towerd.fsm.commands import AppendAudit, DestroyCustomerKey, RecordAs
from towerd.fsm.config import KeepingRules
from towerd.fsm.kept_rows import CustomerRow, OwnKeys
from towerd.fsm.orders import order_requested
from towerd.fsm.turn import Turn
from towerd.fsm.whom import destroy_key, destroy_old_keys
from towerd.orders.model import Known

KNOWN = Known("h-9", "p-9")
MADE, FOUND = OwnKeys(made=("c_7Hq2",)), OwnKeys(found=("c_7Hq2",))


def taken(keys: OwnKeys, **rows: Any) -> Turn:
    t = turn_of(state_of(None, tables_of(**rows), clock_sure=True))
    order_requested(t, replace(token(), known=KNOWN, keys=keys, reply=REPLY))
    return t


def test_a_key_is_kept_for_whose_order_is_taken_only() -> None:
    t = taken(MADE, vehicles=[vehicle()])
    assert t.tables.customers == {"c_7Hq2": CustomerRow("c_7Hq2", AT)}
    assert (t.tables.orders["o_91"].pseudonym, asked(t, AppendAudit)[0].body["customer"]) == ("p-9", "p-9")
    assert asked(t, DestroyCustomerKey) == []

    refused = taken(MADE)
    assert (refused.tables.customers, asked(refused, DestroyCustomerKey)) == ({}, [DestroyCustomerKey("c_7Hq2")])


def test_the_history_does_not_say_the_handle_beside_the_alias() -> None:
    [recorded] = asked(taken(MADE, vehicles=[vehicle()]), RecordAs)
    assert recorded.event.known == Known("", "p-9")


def test_who_was_forgotten_while_the_order_was_on_its_way_is_asked_again() -> None:
    t = taken(FOUND, vehicles=[vehicle()])
    assert (answers(t)[0].reasons, t.tables.orders, t.tables.answers) == (("busy",), {}, {})
    known = {"c_7Hq2": CustomerRow("c_7Hq2", AT - timedelta(days=9))}
    again = taken(FOUND, vehicles=[vehicle()], customers=known)
    assert (set(again.tables.orders), again.tables.customers["c_7Hq2"].seen_at) == ({"o_91"}, AT)
    # what is refused lets go of no key that others need
    refused = taken(OwnKeys(("c_7Hq2",)), customers=known)
    assert asked(refused, DestroyCustomerKey) == []


def test_a_key_without_a_row_may_be_on_its_way_and_is_not_destroyed() -> None:
    t = turn_of(state_of(None, tables_of()))
    destroy_key(t, "c_1")
    assert asked(t, DestroyCustomerKey) == []


@pytest.mark.parametrize("what", ["order", "loan", "vehicle"])
def test_a_key_is_kept_as_long_as_a_row_or_the_audit_log_may_lead_by_it(what: str) -> None:
    car = vehicle()
    rows: dict[str, Any] = {
        "order": {"orders": [order_in("accepted", "o_1", customer="named")]},
        "loan": {"loans": {"o_1": loan("o_1", "out", "named")}},
        "vehicle": {"vehicles": [replace(car, record=replace(car.record, owner="named"))]},
    }[what]
    seen_at = {"young": AT - timedelta(days=1250), "old": AT - timedelta(days=1251), "named": AT - timedelta(days=9999)}
    customers = {name: CustomerRow(name, at) for name, at in seen_at.items()}
    settings = config(keeping=KeepingRules(audit_kept_days=1000))
    t = turn_of(state_of(None, tables_of(customers=customers, **rows)), settings=settings)
    destroy_old_keys(t)
    assert (set(t.tables.customers), asked(t, DestroyCustomerKey)) == ({"young", "named"}, [DestroyCustomerKey("old")])
