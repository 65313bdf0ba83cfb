"""A customer wants to be forgotten while the car is still out (orders-if.md 3 `erase`, 7.3, 7.4)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.scenario.test_loan_ends import lent, state_after
from tests.scenario.tower import record
from tests.support.orders_kit import eligibility
from tests.support.sync_tower import START, SyncTower, send_token, told_again
from tests.unit.test_mqtt_people import OWNER, SUB, opened
from towerd.customers import KeyedCustomers
from towerd.fsm import commands as cmd
from towerd.fsm.events import OrderRequested
from towerd.fsm.reply import ReplyTo
from towerd.mqtt.people import veil
from towerd.orders.claims import KINDS, WITH_CODE
from towerd.units import rfc3339


def erased(tower: SyncTower) -> list[dict[str, object]]:
    return [one.body["data"] for one in tower.told if one.body.get("type") == "privacy_erased"]


def test_what_a_loan_needs_stays_until_it_ends_and_drives_are_counted_on() -> None:
    tower, _loan = lent()
    asked: list[cmd.Command] = []
    tower.check = lambda _tower, _state, command: asked.append(command)
    answer = send_token(tower, "erase", sub="c_1")
    assert (answer.ok, answer.result) == (True, {"order": "o_1", "state": "pending"})
    tables = tower.state.tables
    assert ("o_1" in tables.orders, "o_1" in tables.faces, tables.loans["o_1"].customer) == (False, False, "c_1")
    assert erased(tower)[-1]["kept"] == ["o_1"]

    # a new life knows the wish, and what goes on: the car comes due, and is bought
    tower.start()
    assert state_after(tower, days=3, hours=1) == "overdue"
    assert send_token(tower, "purchase", sub="c_1", order="o_1").ok
    tower.tick(61)
    tables = tower.state.tables
    assert "'c_1'" not in repr(tables)
    assert (tables.loans, tables.erasures, "c_1" in tables.customers) == ({}, {}, False)
    assert cmd.DestroyCustomerKey("c_1") in asked
    assert [(one["orders"], one["loans"], one["kept"]) for one in erased(tower)] == [(1, 0, ["o_1"]), (0, 1, [])]

    audit = [row.body for row in asked if isinstance(row, cmd.AppendAudit)]
    assert "p-c_1" in {row.get("customer") for row in audit}
    assert "'c_1'" not in repr(audit)
    assert tables.drives["h-c_1"].begun_at
    assert told_again(tower) == tables

    # once the sixty days are over, nothing is left at all
    tower.now_s += 58 * 86400
    tower.tick(61)
    assert tower.state.tables.drives == {}


@pytest.mark.looptime(False)
async def test_whatever_tokens_say_neither_row_nor_message_nor_history_holds_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("towerd.mqtt.people._MOTION_WITHIN_S", 30.0)
    asked: list[cmd.Command] = []
    tower = SyncTower(lambda _tower, _state, command: asked.append(command))
    tower.tick(30)
    tower.import_stock()
    customers = KeyedCustomers(tmp_path, b"s" * 32, lambda called: called in tower.state.tables.customers)
    taken = []
    for number, kind in enumerate(("test_drive", "eta", "stock_in", *sorted(KINDS), "erase")):
        now = START + timedelta(seconds=tower.now_s)
        said: dict[str, Any] = {"iat": int(now.timestamp()), "exp": int(now.timestamp()) + 3600, "jti": f"t_{number}"}
        said |= {"arrives_at": rfc3339(now + timedelta(minutes=5))} if kind == "eta" else {}
        said |= {"slot": None, "eligibility": eligibility(as_of=rfc3339(now))} if kind == "test_drive" else {}
        said |= {"order": "t_0"} if kind in ("eta", "cancel", "consent") else {}
        said |= {"vehicle": record(50), "slot": None} if kind == "stock_in" else {}
        veiled = await veil(customers, opened(kind, **said), making=True)
        reply = ReplyTo("mqtt", "rsp/shop", "", f"r_{number}")
        mac = "mac" if kind in WITH_CODE else None
        tower.take(
            OrderRequested(
                kind, veiled.claims, f"d_{number}", reply, mac, known=veiled.known, keys=veiled.keys, expires_at=now
            )
        )
        answer = next(one for one in reversed(tower.answers) if one.reply == reply)
        taken += [kind] if answer.ok else []
    assert {"test_drive", "eta", "cancel", "consent", "stock_in", "condition", "hold", "erase"} <= {*taken}, taken
    # an erasure says the handle, and ends the history with itself
    history = [one for one in tower.history if getattr(one.stamped.event, "verb", "") != "erase"]
    held = repr((asked, tower.state.tables, history))
    assert [name for name in (SUB, OWNER, customers.handle(SUB), customers.handle(OWNER)) if name in held] == []
    assert {customers.whose(one) for one in tower.state.tables.customers} == {SUB, OWNER}
    assert told_again(tower) == tower.state.tables
