"""How orders end, and what becomes of what they held (orders-if.md 5.1, 7.1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.support.core_kit import (
    CABIN_1,
    MONO_S,
    asked,
    job,
    machine,
    order_in,
    state_of,
    step_row,
    tables_of,
    told,
    turn_of,
    vehicle,
    with_cabin,
)
from tests.support.values import AT
from towerd.cabin.model import DoorState
from towerd.fsm.commands import AppendOutbox
from towerd.fsm.intake_row import Intake
from towerd.fsm.kept_rows import FaceRow
from towerd.fsm.order_ends import door_opens, door_works, end_order, lost_vehicle, may_end, release
from towerd.fsm.state import IdentityDecision
from towerd.fsm.turn import Turn
from towerd.orders.model import Slot, Vehicle
from towerd.places import CARRIAGE, OUT, UNKNOWN, Place, bay
from towerd.plc.codes import Code
from towerd.plc.snapshot import Unit

OPENING = step_row(Unit.CABIN1, "running", Code.OUTER_DOOR, (1, 5, 0, 0))
NEXT_MONTH = Slot(AT + timedelta(days=29), AT + timedelta(days=30))


def turn(*orders: Any, car: Vehicle | None = None, picture: Any = None, **rows: Any) -> Turn:
    tables = tables_of(vehicles=[car or vehicle(condition="reserved")], orders=orders, **rows)
    decision = IdentityDecision("ord-1", "face", MONO_S, "not_checked", 0.8)
    return turn_of(state_of(picture or machine(), tables, decisions={"ord-1": decision}))


def ended(t: Turn) -> str:
    end_order(t, t.tables.orders["ord-1"], "failed", "vehicle_unavailable")
    return t.tables.vehicles["car-1"].condition


def test_an_order_that_ends_is_told_and_lets_go_of_everything() -> None:
    jobs = [job(), job(2, order="ord-2"), job(3, state="done")]
    t = turn(order_in("delivering"), car=vehicle(condition="moving"), jobs=jobs, faces={"ord-1": FaceRow("ord-1", "x")})
    assert ended(t) == "available"
    order = t.tables.orders["ord-1"]
    assert (order.state, order.reason, order.ended_at) == ("failed", "vehicle_unavailable", t.now)
    assert [row.state for row in t.tables.jobs.values()] == ["cancelled", "running", "done"]
    assert (t.tables.faces["ord-1"].destroy_at, t.volatile.decisions) == (t.now + timedelta(days=1), {})
    assert told(t) == ["order_failed"]
    car = {"vehicle": "car-1", "make": "Kestrel", "model": "Three"}
    assert asked(t, AppendOutbox)[0].body["data"] == {"reason": "vehicle_unavailable", **car}


@pytest.mark.parametrize(
    ("state", "car", "slot", "after"),
    [
        # a drive fits before the other order; none does; the other's customer is at the gate
        ("accepted", "reserved", NEXT_MONTH, "available"),
        ("accepted", "reserved", Slot(AT, AT + timedelta(hours=1)), "reserved"),
        ("staged", "moving", NEXT_MONTH, "moving"),
        ("completed", "moving", NEXT_MONTH, "available"),
    ],
)
def test_a_vehicle_that_another_order_has_stays_its(state: str, car: Any, slot: Slot, after: str) -> None:
    t = turn(order_in("accepted"), order_in(state, "ord-2", slot=slot), car=vehicle(condition=car))
    assert ended(t) == after


@pytest.mark.parametrize("condition", ["out", "unknown", "inspection"])
def test_what_became_of_a_car_otherwise_stays_so(condition: Any) -> None:
    assert ended(turn(order_in("accepted"), car=vehicle(condition=condition))) == condition


@pytest.mark.parametrize(("place", "known"), [(OUT, False), (None, True)])
def test_a_vehicle_that_was_announced_and_never_came_is_forgotten(place: Any, known: bool) -> None:
    car = vehicle(condition="out", place=place) if place else vehicle()
    t = turn(order_in("accepted", kind="stock_in"), car=car)
    release(t, t.tables.orders["ord-1"])
    assert ("car-1" in t.tables.vehicles) is known
    nothing = turn(order_in("accepted", vehicle=None))
    release(nothing, nothing.tables.orders["ord-1"])
    assert "car-1" in nothing.tables.vehicles


def test_no_order_ends_once_the_door_opens_for_its_customer() -> None:
    for rows, picture, opens in (
        ({}, None, False),
        ({"steps": [OPENING]}, None, True),
        ({}, with_cabin(machine(), outer_door=DoorState.OPENING), True),
    ):
        t = turn(order_in("staged"), picture=picture, **rows)
        assert (door_opens(t, t.tables.orders["ord-1"]), may_end(t, t.tables.orders["ord-1"], "fail")) == (
            opens,
            not opens,
        )
        assert door_works(t, 1) is bool(rows)
    assert not door_opens(t, order_in("staged", cabin=None))


@pytest.mark.parametrize(
    ("cars", "opens"),
    [([], True), ([CABIN_1], True), ([UNKNOWN], True), ([bay(2, 3)], False), ([CARRIAGE], False)],
)
def test_unseen_the_door_may_be_open_unless_the_car_is_known_to_be_elsewhere(cars: list[Place], opens: bool) -> None:
    t = turn_of(state_of(None, tables_of(vehicles=[vehicle(place=place) for place in cars])))
    assert door_opens(t, order_in("staged")) is opens
    assert may_end(t, order_in("staged"), "cancel") is not opens
    assert not door_opens(t, order_in("staged", cabin=None))


def test_what_has_ended_ends_no_more() -> None:
    assert not may_end(turn(), order_in("completed"), "fail")


@pytest.mark.parametrize(("kind", "ends"), [("stock_in", False), ("test_drive", True)])
def test_only_who_announced_it_waits_for_a_car_that_is_driven_in(kind: str, ends: bool) -> None:
    row = Intake(1, "loan", "ord-0", "car-1", "kiosk", "waiting", AT, AT)
    assert may_end(turn(intakes={1: row}), order_in("accepted", kind=kind, cabin=None), "cancel") is ends


def test_a_lost_vehicle_is_one_whose_place_nobody_knows() -> None:
    t = turn(car=vehicle(place=UNKNOWN))
    assert lost_vehicle(t.tables, order_in("accepted")) is not None
    assert lost_vehicle(t.tables, order_in("accepted", vehicle=None)) is None
    assert lost_vehicle(turn().tables, order_in("accepted")) is None
