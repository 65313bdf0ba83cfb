"""A car that was handed over and does not come back here: due, overdue, bought, or back at another tower (orders-if.md 5.2)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.property.test_core import check_truth
from tests.support.sync_tower import SyncTower, send_token, told_again
from towerd.orders.model import Loan

LOAN_EVENTS = ["loan_out", "order_completed", "loan_due_soon", "loan_overdue"]


def drive_away(tower: SyncTower, number: int, customer: int) -> Loan:
    """A customer orders, comes, and drives off."""
    tower.order(number, customer)
    tower.tick(1)
    tower.code(f"o_{number}", right=True)
    for _ in range(200):
        tower.tick(0.5)
        if tower.state.tables.orders[f"o_{number}"].state == "completed":
            return tower.state.tables.loans[f"o_{number}"]
    raise AssertionError(tower.state.tables.orders)


def lent() -> tuple[SyncTower, Loan]:
    tower = SyncTower(lambda *_: None)
    tower.tick(30)
    tower.import_stock()
    return tower, drive_away(tower, 1, 1)


def state_after(tower: SyncTower, **time: float) -> str:
    """The loan's state once the tower's clocks have gone on; nothing moves meanwhile."""
    tower.now_s += timedelta(**time).total_seconds()
    tower.tick(1)
    return tower.state.tables.loans["o_1"].state


def told(tower: SyncTower) -> list[dict[str, Any]]:
    return [one.body for one in tower.told if one.topic == "event" and one.body["order"] == "o_1"]


@pytest.mark.parametrize(("kind", "state"), [("purchase", "sold"), ("returned_elsewhere", "returned_elsewhere")])
def test_a_loan_runs_over_its_time_and_ends_elsewhere(kind: str, state: str) -> None:
    tower, loan = lent()
    assert state_after(tower, days=2, hours=17) == "out"
    assert state_after(tower, hours=2) == "due_soon"
    assert state_after(tower, hours=6) == "overdue"
    assert [event["type"] for event in told(tower)][-4:] == LOAN_EVENTS

    assert send_token(tower, kind, sub="c_2", order="o_1").reasons == ("no_such_loan",)
    answer = send_token(tower, kind, sub="c_1", order="o_1", jti="t_end")
    assert (answer.ok, answer.result) == (True, {"order": "o_1", "state": state})
    last = told(tower)[-1]
    assert (last["type"], last["customer"], last["data"]["vehicle"]) == (f"loan_{state}", "c_1", loan.vehicle)
    assert last["data"]["overdue_s"] == pytest.approx(3600, abs=60)
    assert loan.vehicle not in tower.state.tables.vehicles
    assert send_token(tower, kind, sub="c_1", order="o_1").reasons == ("too_late",)
    # the same token again gets the answer that it got
    assert send_token(tower, kind, sub="c_1", order="o_1", jti="t_end").result == answer.result

    # the books are whole without it: the next customer gets the other car, and a new life knows the same
    assert drive_away(tower, 2, 2).vehicle != loan.vehicle
    tower.start()
    tower.tick(30)
    check_truth(tower)
    assert told_again(tower) == tower.state.tables
