"""A car that leaves with its customer: handed over, on loan or gone for good (orders-if.md 5.1)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.core_kit import CABIN_1, asked, config, order_in, state_of, tables_of, told, turn_of, vehicle
from tests.support.values import AT
from towerd.errors import BugError
from towerd.fsm.commands import AppendOutbox
from towerd.fsm.handing_over import end_stay, hand_over
from towerd.fsm.state import IdentityDecision
from towerd.orders.model import Loan
from towerd.orders.rules import DriveRules, OrderRules
from towerd.places import OUT


@pytest.mark.parametrize(
    ("known", "waited_s"),
    [
        ({"identified_at": AT - timedelta(seconds=90)}, 90.0),
        ({"identified_at": AT - timedelta(seconds=9), "arrived_at": AT - timedelta(seconds=400)}, 400.0),
        ({}, None),
    ],
    ids=["older version", "looked at twice", "never"],
)
def test_the_car_is_out_and_its_loan_runs(known: dict[str, datetime], waited_s: float | None) -> None:
    order = order_in("ready", identified_by="code", **known)
    rules = OrderRules(by_model={"Kestrel Three": DriveRules(drive_s=3600.0)})
    state = state_of(None, tables_of(vehicles=[vehicle(place=CABIN_1)], orders=[order]))
    t = turn_of(state, settings=config(rules=rules))
    t.set(decisions={"ord-1": IdentityDecision("ord-1", "code", 1.0, "not_checked", None)})
    hand_over(t, order)
    car, loan = t.tables.vehicles["car-1"], t.tables.loans["ord-1"]
    assert (car.place, car.condition) == (OUT, "out")
    assert t.tables.orders["ord-1"].state == "handed_over"
    assert (loan.state, loan.vehicle, loan.customer, loan.number) == ("out", "car-1", "cust-1", "0815")
    assert loan.due_back_at - loan.out_since_at == timedelta(hours=1)
    assert told(t) == ["order_handed_over", "loan_out"]
    data = asked(t, AppendOutbox)[0].body["data"]
    assert (data["waited_s"], data["make"], data["identified_by"]) == (waited_s, "Kestrel", "code")


def test_who_drives_off_unseen_by_this_process_is_told() -> None:
    order = order_in("ready")
    t = turn_of(state_of(None, tables_of(vehicles=[vehicle(place=CABIN_1)], orders=[order])))
    hand_over(t, order)
    assert told(t) == ["order_handed_over", "handed_over_unidentified", "loan_out"]


def test_only_a_ready_order_is_handed_over() -> None:
    order = order_in("staged")
    t = turn_of(state_of(None, tables_of(vehicles=[vehicle(place=CABIN_1)], orders=[order])))
    with pytest.raises(BugError):
        hand_over(t, order)


@pytest.mark.parametrize("kind", ["collect", "stock_out"])
def test_a_car_that_stays_away_is_lent_to_nobody_and_forgotten_once_the_cabin_is_seen_empty(kind: str) -> None:
    order = order_in("ready", kind=kind)
    t = turn_of(state_of(None, tables_of(vehicles=[vehicle(place=CABIN_1)], orders=[order])))
    t.set(decisions={"ord-1": IdentityDecision("ord-1", "code", 1.0, "not_checked", None)})
    hand_over(t, order)
    assert (t.tables.vehicles["car-1"].place, dict(t.tables.loans)) == (OUT, {})
    end_stay(t, t.tables.orders["ord-1"])
    assert dict(t.tables.vehicles) == {}
    assert told(t) == ["order_handed_over", "vehicle_stocked_out"]
    by = "cust-1" if kind == "stock_out" else None
    assert asked(t, AppendOutbox)[-1].body["data"] == {"vehicles": ["car-1"], "by": by}
    # once is enough
    end_stay(t, t.tables.orders["ord-1"])
    assert len(told(t)) == 2


@pytest.mark.parametrize(("kind", "place"), [("test_drive", OUT), ("collect", CABIN_1)])
def test_a_lent_car_stays_known_and_so_does_one_that_is_back_inside(kind: str, place: object) -> None:
    order = order_in("completed", kind=kind)
    t = turn_of(state_of(None, tables_of(vehicles=[vehicle(place=place)], orders=[order])))
    end_stay(t, order)
    assert (set(t.tables.vehicles), told(t)) == ({"car-1"}, [])


@pytest.mark.parametrize(("loan", "known"), [("sold", False), ("returned_elsewhere", False), ("out", True)])
def test_a_lent_car_that_was_bought_before_the_cabin_was_shut_is_forgotten_then(loan: Any, known: bool) -> None:
    order = order_in("completed")
    row = Loan("ord-1", "cust-1", "car-1", loan, AT, AT, "0815")
    t = turn_of(state_of(None, tables_of(vehicles=[vehicle(place=OUT)], orders=[order], loans={"ord-1": row})))
    end_stay(t, order)
    assert (("car-1" in t.tables.vehicles), told(t)) == (known, [])
