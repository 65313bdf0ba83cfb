"""A customer wants to be forgotten while the car is still out (orders-if.md 3 `erase`, 7.3, 7.4)."""

from __future__ import annotations

from tests.scenario.test_loan_ends import lent, state_after
from tests.support.sync_tower import SyncTower, send_token, told_again
from towerd.fsm import commands as cmd


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
    assert (tables.loans, tables.erasures, "h-c_1" in tables.customers) == ({}, {}, False)
    assert cmd.DestroyCustomerKey("h-c_1") in asked
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
