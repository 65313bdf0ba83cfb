"""The view: the state as people and other programs see it (orders-if.md 2; invariants 4 and 8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.core_kit import (
    CABIN_1,
    HOME_BAY,
    OCCUPIED_LOCKED,
    between_stations,
    config,
    job,
    machine,
    order_in,
    state_of,
    step_row,
    tables_of,
    turn_of,
    vehicle,
    with_bay,
    with_cabin,
    with_cabin_vehicle,
    with_load,
    with_system,
)
from tests.support.values import AT
from towerd.bays.model import BayBits
from towerd.cabin.model import CabinSensors
from towerd.faults import COMMAND_FAILED
from towerd.fsm.alarm_rows import AlarmRow
from towerd.fsm.config import CoreConfig
from towerd.fsm.show import build_view
from towerd.fsm.state import BayRecord, FaceAsked, Fault, Job, Meta, Size, State
from towerd.mqtt import topics
from towerd.mqtt.payloads import OrderBodies, bodies
from towerd.orders.model import Order
from towerd.places import CARRIAGE, OUT, bay
from towerd.plc.codes import Code
from towerd.plc.snapshot import PackmlState, Snapshot, Unit
from towerd.view import CabinView, ChallengeView, View

STOCKED = with_bay(machine(), 2, 3, OCCUPIED_LOCKED)
SIZE = Size(3, 4, 2)


def shown(state: State, settings: CoreConfig | None = None) -> View:
    settings = settings or config()
    return build_view(state, settings, turn_of(state, settings=settings))


def seen(picture: Snapshot | None = STOCKED, **rows: Any) -> State:
    volatile = {key: rows.pop(key) for key in list(rows) if key in ("started_at", "plc_reason", "asked")}
    tables = tables_of(**{"vehicles": [vehicle()], "meta": Meta(size=SIZE), **rows})
    return state_of(picture, tables, **volatile)


def test_a_tower_at_rest() -> None:
    view = shown(seen())
    assert (view.plc_good, view.plc_reason, view.mode, view.packml, view.stop_reason) == (
        True,
        "",
        "auto",
        "execute",
        None,
    )
    assert (view.can_deliver, view.why_not, view.activity.what) == (True, (), "idle")
    assert (view.floors, view.positions, len(view.bays), len(view.cabins)) == (3, 4, 12, 2)
    assert view.activity.since_at == view.at


@pytest.mark.parametrize("simulated", [True, False])
@pytest.mark.parametrize("picture", [STOCKED, None])
def test_the_mark_of_a_simulated_tower_outlives_the_link(picture: Any, simulated: bool) -> None:
    assert shown(seen(picture, meta=Meta(simulated=simulated))).simulated is simulated


def test_without_the_plc_nothing_is_known_and_nothing_last_known_is_shown() -> None:
    view = shown(seen(None, plc_reason="no reply for 1 s"))
    assert (view.plc_good, view.plc_reason, view.mode, view.packml) == (False, "no reply for 1 s", None, None)
    assert view.why_not == ("plc_lost",)
    assert view.lift.quality == "unknown"
    assert {cabin.quality for cabin in view.cabins} == {bay_view.quality for bay_view in view.bays} == {"unknown"}
    assert (len(view.cabins), len(view.bays), view.bays[11].place) == (2, 12, "3-4")
    assert {bay_view.vehicle for bay_view in view.bays} == {None}


def test_a_start_without_the_plc_takes_back_what_the_broker_holds_of_the_life_before() -> None:
    before = seen()
    held = bodies(shown(before), OrderBodies(), str)
    started = state_of(None, before.tables)
    told = bodies(shown(started), OrderBodies(), str)
    stations = [topic for topic in held if topic.startswith((topics.cabin(1)[:6], topics.bay("1-1")[:4], topics.LIFT))]
    assert len(stations) == 15
    assert {told[topic]["quality"] for topic in stations} == {"unknown"}


def test_a_tower_that_was_never_seen_has_no_size() -> None:
    view = shown(seen(None, meta=Meta()))
    assert (view.floors, view.positions, view.cabins, view.bays) == (0, 0, (), ())


def test_a_stop_is_shown_with_its_reason() -> None:
    view = shown(seen(with_system(STOCKED, packml_state=PackmlState.HELD, stop_reason=2)))
    assert (view.packml, view.can_deliver, view.activity.what) == ("held", False, "stopped")
    assert view.stop_reason == "link to the PC lost"
    assert shown(seen(with_system(STOCKED, stop_reason=99))).stop_reason == "99"


@pytest.mark.parametrize(
    ("picture", "loaded", "car"),
    [
        (STOCKED, False, None),
        (with_load(STOCKED), True, "car-1"),
        (with_load(STOCKED, present_rear=False), None, "car-1"),
    ],
)
def test_the_carriage(picture: Snapshot, loaded: bool | None, car: str | None) -> None:
    place = CARRIAGE if car else HOME_BAY
    lift = shown(seen(picture, vehicles=[vehicle(place=place)])).lift
    assert (lift.loaded, lift.vehicle, lift.floor) == (loaded, car, 0)
    assert shown(seen(between_stations(picture))).lift.floor is None


def test_a_cabin_with_its_order() -> None:
    picture = with_cabin(with_cabin_vehicle(STOCKED), 1, on=CabinSensors.PERSON_DETECTED, signal=3)
    first, second = shown(seen(picture, vehicles=[vehicle(place=CABIN_1)], orders=[order_in("ready")])).cabins
    assert first == CabinView(
        1, "good", "closed", "closed", "car-1", True, True, "drive_forward", "ord-1", tag=4711, occupied=True
    )
    assert (second.vehicle, second.order, second.occupied, second.signal) == (None, None, False, "red")


def test_a_cabin_of_an_ended_order_is_nobodys_and_odd_values_are_shown_as_they_are() -> None:
    picture = with_cabin(STOCKED, 1, on=CabinSensors.VEHICLE_FRONT, signal=77)
    first = shown(seen(picture, orders=[order_in("completed")])).cabins[0]
    assert (first.order, first.occupied, first.signal) == (None, None, "77")


def test_a_bay_with_its_car_and_whom_it_waits_for() -> None:
    word = OCCUPIED_LOCKED | BayBits.DISABLED | BayBits.FAULT
    picture = with_bay(with_bay(STOCKED, 2, 3, word), 1, 1, int(BayBits.OCCUPIED_A))
    marks = {"bay:1-1": BayRecord(bay(1, 1), unknown=True), "bay:1-2": BayRecord(bay(1, 2))}
    view = shown(seen(picture, orders=[order_in("accepted")], bays=marks))
    by_place = {row.place: row for row in view.bays}
    home, odd, known = by_place["2-3"], by_place["1-1"], by_place["1-2"]
    assert (home.occupied, home.vehicle, home.reserved_for, home.locked) == (True, "car-1", "ord-1", True)
    assert (home.disabled, home.fault, home.quality) == (True, True, "good")
    assert (odd.quality, odd.occupied, odd.vehicle, odd.reserved_for, odd.locked) == (
        "unknown",
        None,
        None,
        None,
        False,
    )
    assert known.quality == "good"


def test_a_car_that_nobody_has_ordered_is_reserved_for_nobody() -> None:
    view = shown(seen(orders=[order_in("completed"), order_in("accepted", "ord-2", vehicle=None)]))
    assert {row.reserved_for for row in view.bays} == {None}


def test_alarms_and_faults_in_the_order_they_came() -> None:
    rows = {
        "PLC-022": AlarmRow("PLC-022", "acked_active", AT),
        "PLC-127": AlarmRow("PLC-127", "unacked_active", AT + timedelta(seconds=2)),
    }
    fault = Fault(COMMAND_FAILED, AT + timedelta(seconds=1), "drive fault")
    alarms = shown(seen(alarms=rows, faults={fault.number: fault})).alarms
    assert [alarm.code for alarm in alarms] == ["PLC-022", "TWR-2001", "PLC-127"]
    assert alarms[1].text.endswith("drive fault")
    assert alarms[1].cure
    assert (alarms[0].state, alarms[0].name != alarms[0].code) == ("acked_active", True)
    assert (alarms[2].name, alarms[2].priority) == ("PLC-127", "high"), "not in the catalogue: shown all the same"


@pytest.mark.parametrize(
    ("rows", "what", "order"),
    [
        ({"jobs": [job()], "orders": [order_in("delivering")]}, "delivering", "ord-1"),
        ({"jobs": [job(purpose="stage")], "orders": [order_in("accepted")]}, "staging", "ord-1"),
        ({"jobs": [job(order=None, purpose="store")]}, "storing", None),
        ({"jobs": [job(order=None, purpose="fetch")]}, "fetching", None),
        ({"jobs": [job(order=None, purpose="identify")]}, "reading_tag", None),
        ({"jobs": [job(order=None, purpose="put_back")], "orders": [order_in("staged")]}, "storing", "ord-1"),
        ({"orders": [order_in("accepted", "ord-0"), order_in("staged")]}, "staged", "ord-1"),
        ({"orders": [order_in("handed_over")]}, "handed_over", "ord-1"),
    ],
)
def test_what_the_tower_is_doing(rows: Any, what: str, order: str | None) -> None:
    activity = shown(seen(**rows)).activity
    assert (activity.what, activity.order) == (what, order)


def test_the_last_command_that_is_open_is_shown_but_for_signs() -> None:
    steps = [
        step_row(state="running"),
        step_row(Unit.BAYS, "running", Code.BAY_LOCK, written_at=AT + timedelta(seconds=1)),
        step_row(Unit.CABIN1, "running", Code.SIGNAL, (1, 0, 0, 0), written_at=AT + timedelta(seconds=2)),
    ]
    assert shown(seen(steps=steps)).activity.step == "BAY_LOCK 2-3"
    assert shown(seen(steps=[replace(steps[0], state="done")])).activity.step is None


@pytest.mark.parametrize(("started_s", "remaining_s"), [(10, 20.0), (40, 0.0)])
def test_how_long_a_job_takes_at_least(started_s: int, remaining_s: float) -> None:
    started_at = AT - timedelta(seconds=started_s)
    old = job(state="cancelled", ended_at=AT)
    row: Job = job(2, started_at=started_at, minimum_s=30.0)
    view = shown(seen(jobs=[old, row], orders=[order_in("delivering")]))
    assert (view.activity.since_at, view.activity.remaining_s) == (started_at, remaining_s)
    assert view.order_ready_in_s == {"ord-1": remaining_s}, "by the job that runs, not by one that was cancelled"


def test_a_job_that_stands_is_not_counted_down() -> None:
    faults = {COMMAND_FAILED: Fault(COMMAND_FAILED, AT, "drive fault")}
    rows: dict[str, Any] = {"jobs": [job(minimum_s=30.0)], "orders": [order_in("delivering")], "faults": faults}
    view = shown(seen(**rows))
    assert (view.activity.what, view.activity.order, view.activity.remaining_s) == ("stopped", "ord-1", None)
    assert view.jobs[0].waits_for == ("TWR-2001",)
    last = shown(seen(**rows, steps=[step_row(state="running")]))
    assert (last.activity.what, last.activity.remaining_s) == ("delivering", 30.0), "its last command is still executed"
    assert last.jobs[0].waits_for == ()


def test_idle_since_the_last_thing_ended() -> None:
    ends = AT - timedelta(hours=1)
    rows: dict[str, Any] = {"jobs": [job(state="done", ended_at=ends)], "orders": [order_in("accepted")]}
    assert shown(seen(started_at=ends - timedelta(hours=1), **rows)).activity.since_at == ends
    assert shown(seen(started_at=AT - timedelta(minutes=1), **rows)).activity.since_at == AT - timedelta(minutes=1)


def ready_in(order: Order, **rows: Any) -> dict[str, float]:
    return shown(seen(orders=[order], **rows)).order_ready_in_s


def test_seconds_to_ready_are_told_of_those_who_wait_where_they_are_known() -> None:
    assert ready_in(order_in("accepted"))["ord-1"] > 0
    assert not ready_in(order_in("completed"))
    assert not ready_in(order_in("accepted", vehicle=None))
    assert not ready_in(order_in("accepted"), picture=None)
    assert ready_in(order_in("staged", arrived_at=AT))["ord-1"] > 0, "but for the door"
    assert 0 < ready_in(order_in("staged"))["ord-1"] < 10, "but for the door it is ready"


def test_the_catalogue_offers_what_can_be_ordered() -> None:
    (offer,) = shown(seen()).offers
    assert (offer.vehicle.id, offer.ready_in_s is not None) == ("car-1", True)
    assert shown(seen(None)).offers[0].ready_in_s is None
    (later,) = shown(seen(orders=[order_in("accepted")])).offers
    assert later.orderable_from_at is not None
    assert not shown(seen(vehicles=[vehicle(place=OUT, condition="out")])).offers


@pytest.mark.parametrize(("liveness", "says"), [((), ("not_checked",)), (("challenge",), ("challenge",))])
def test_what_identification_demands_is_said(liveness: tuple[str, ...], says: tuple[str, ...]) -> None:
    assert shown(seen(), config(liveness=liveness)).liveness == says


def test_the_view_leads_back_nowhere() -> None:
    state = seen(orders=[order_in("accepted")])
    before = (state.tables, state.volatile)
    shown(state)
    assert (state.tables, state.volatile) == before


def test_what_the_person_at_the_gate_is_asked_is_shown_in_words() -> None:
    assert shown(seen()).challenge is None
    view = shown(seen(asked=FaceAsked(4, "left", 1, 3)))
    assert view.challenge == ChallengeView("Turn your head a little to the left.", "left", 1, 3)
