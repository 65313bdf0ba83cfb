"""What a technician tells the tower: stock, faults looked at, a layout confirmed (invariant 11)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.core_kit import (
    HOME_BAY,
    OCCUPIED_LOCKED,
    answers,
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
    with_bay,
    with_cabin_vehicle,
    with_load,
    writes,
)
from tests.support.intake_kit import open_cabin, row
from tests.support.values import AT, record
from towerd.bays.model import BayBits
from towerd.faults import COMMAND_REFUSED, LAYOUT_CHANGED, WRONG_VEHICLE
from towerd.fsm import events as ev
from towerd.fsm.commands import DestroyCustomerKey
from towerd.fsm.driving_in import drive_in
from towerd.fsm.inventory import FORK
from towerd.fsm.kept_rows import OwnKeys
from towerd.fsm.reply import ReplyTo
from towerd.fsm.state import BayRecord, Fault, Job, Meta, Move, Tables
from towerd.fsm.technician import clock_confirmed, fault_reset, layout_confirmed, stock_imported
from towerd.fsm.turn import Turn
from towerd.places import CARRIAGE, OUT, UNKNOWN, Place, bay, cabin
from towerd.plc.codes import Code
from towerd.plc.snapshot import Snapshot, Unit
from towerd.units import rfc3339

API = ReplyTo("api", "request 1")
FULL = with_bay(with_bay(machine(), 2, 3, OCCUPIED_LOCKED), 1, 1, OCCUPIED_LOCKED)


def turn(tables: Tables | None = None, seen: Snapshot | None = FULL, **volatile: Any) -> Turn:
    return turn_of(state_of(seen, tables or Tables(), **volatile))


def line(place: Place = HOME_BAY, vehicle_id: str = "car-1", tag: int = 4711) -> ev.StockEntry:
    return ev.StockEntry(record(vehicle_id, tag), place)


def load(t: Turn, *entries: ev.StockEntry) -> list[str]:
    stock_imported(t, ev.StockImported(entries, "jo", API))
    result = answers(t)[0].result or {}
    return list(result.get("problems", []))


def test_an_owners_key_is_kept_with_the_stock_that_is_taken_and_no_stock_without_it() -> None:
    made, found = OwnKeys(made=("p-1",)), OwnKeys(found=("p-1",))
    taken = turn()
    stock_imported(taken, ev.StockImported((line(),), "jo", API, made))
    assert (set(taken.tables.customers), asked(taken, DestroyCustomerKey)) == ({"p-1"}, [])
    refused = turn()
    stock_imported(refused, ev.StockImported((line(bay(1, 2)),), "jo", API, made))
    assert (refused.tables.customers, asked(refused, DestroyCustomerKey)) == ({}, [DestroyCustomerKey("p-1")])
    forgotten = turn()
    stock_imported(forgotten, ev.StockImported((line(),), "jo", API, found))
    assert (answers(forgotten)[0].result or {})["problems"] == ["an owner is being forgotten: try again"]


def test_a_stock_file_fills_the_inventory() -> None:
    t = turn(places_checked=True)
    assert load(t, line(), line(bay(1, 1), "car-2", 4712)) == []
    assert {key: row.place for key, row in t.tables.vehicles.items()} == {"car-1": bay(2, 3), "car-2": bay(1, 1)}
    assert answers(t)[0].result == {"vehicles": 2}
    assert told(t) == ["vehicle_stocked_in"]
    assert not t.volatile.places_checked, "the sensors are asked again"


@pytest.mark.parametrize(
    ("running", "entry", "refused"),
    [
        (job(vehicle="car-1"), line(), True),
        (job(vehicle="car-9", source=bay(1, 1)), line(bay(1, 1), "car-2", 4712), True),
        (job(vehicle="car-9", source=bay(3, 1), target=HOME_BAY), line(), True),
        (job(vehicle="car-9", source=bay(3, 1)), line(), False),
        (job(vehicle="car-1", state="held"), line(), False),
    ],
    ids=["its car", "from there", "to there", "elsewhere", "held"],
)
def test_a_running_job_keeps_its_car_and_its_bays(running: Job, entry: ev.StockEntry, refused: bool) -> None:
    t = turn(tables_of(jobs=[running]))
    assert bool(load(t, entry)) is refused
    assert bool(t.tables.vehicles) is not refused


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (line(bay(3, 4)), "car-1: the sensors of bay:3-4 say empty"),
        (line(bay(9, 9)), "car-1: the sensors of bay:9-9 say no_such_place"),
        (line(cabin(1)), "car-1: the sensors of cabin:1 say empty"),
        (line(bay(3, 3)), "car-1: the sensors of bay:3-3 say disagree"),
        (line(bay(1, 1), "car-3", 99), "car-3: bay:1-1 holds car-2"),
        (line(bay(2, 3), "car-3", 4712), "car-3: tag 4712 is that of car-2"),
    ],
)
def test_what_sensors_or_inventory_contradict_is_refused_whole(entry: ev.StockEntry, problem: str) -> None:
    seen = with_bay(FULL, 3, 3, int(BayBits.OCCUPIED_A | BayBits.LOCKED))
    before = tables_of(vehicles=[vehicle("car-2", bay(1, 1), 4712)])
    t = turn(before, seen)
    good = line(bay(2, 3), "car-5", 55)
    assert problem in load(t, good, entry)
    assert answers(t)[0].reasons == ("stock_refused",)
    assert t.tables is before


def test_no_file_takes_a_car_that_is_out_as_back() -> None:
    t = turn(tables_of(vehicles=[vehicle(place=OUT, condition="out")]))
    (problem,) = load(t, line())
    assert "car-1 is out by the books" in problem
    assert t.tables.vehicles["car-1"].place == OUT


def test_cars_may_change_places_in_one_file() -> None:
    t = turn(tables_of(vehicles=[vehicle(), vehicle("car-2", bay(1, 1), 4712)]))
    assert load(t, line(bay(1, 1)), line(bay(2, 3), "car-2", 4712)) == []
    assert t.tables.vehicles["car-1"].place == bay(1, 1)


def test_without_the_plc_the_file_is_believed_and_checked_later() -> None:
    t = turn(seen=None)
    assert load(t, line()) == []
    assert not t.volatile.places_checked


def test_a_car_in_a_cabin_or_on_the_carriage_can_be_told() -> None:
    t = turn(seen=with_cabin_vehicle(FULL))
    assert load(t, line(cabin(1)), line(CARRIAGE, "car-2", 4712)) == []


@pytest.mark.parametrize(
    "step",
    [
        step_row(state="running", code=Code.FORK_GET),
        step_row(state="unsure", code=Code.FORK_PUT),
        replace(step_row(state="settling", code=Code.FORK_GET), unit=FORK),  # type: ignore[arg-type]
    ],
)
def test_while_the_fork_moves_a_car_no_file_is_taken(step: Any) -> None:
    t = turn(tables_of(steps=[step]))
    assert load(t, line()) == ["a vehicle is being moved"]


@pytest.mark.parametrize(
    "step", [step_row(state="running"), step_row(state="done", code=Code.FORK_GET)], ids=["lift", "ended"]
)
def test_other_commands_keep_no_file_out(step: Any) -> None:
    assert load(turn(tables_of(steps=[step])), line()) == []


@pytest.mark.parametrize(("state", "condition"), [("accepted", "reserved"), ("completed", "available")])
def test_a_car_that_is_found_again_is_still_its_orders(state: str, condition: str) -> None:
    lost = vehicle(place=UNKNOWN, condition="unknown", charge_ratio=0.7)
    t = turn(tables_of(vehicles=[lost], orders=[order_in(state)]))
    load(t, line())
    found = t.tables.vehicles["car-1"]
    assert (found.place, found.condition, found.charge_ratio) == (bay(2, 3), condition, 0.7)


def test_places_that_are_told_or_empty_are_unknown_no_more() -> None:
    marks = [bay(2, 3), bay(3, 1), bay(1, 1), CARRIAGE]
    t = turn(tables_of(bays={str(place): BayRecord(place, unknown=True) for place in marks}))
    load(t, line())
    assert set(t.tables.bays) == {"bay:1-1"}, "occupied, and nobody says by what"


def test_a_fault_is_reset_and_refusals_are_counted_anew() -> None:
    fault = Fault(COMMAND_REFUSED, AT, "why")
    t = turn(tables_of(faults={COMMAND_REFUSED: fault}), refusals={"CARRIAGE": 3}, retry_after_mono_s={"CARRIAGE": 9e9})
    fault_reset(t, ev.FaultReset(COMMAND_REFUSED, "jo", API))
    assert not t.tables.faults
    assert (t.volatile.refusals, t.volatile.retry_after_mono_s) == ({}, {})
    assert told(t) == ["TWR-2002 cleared", "manual_intervention"]
    assert answers(t)[0].ok


def test_a_fault_that_does_not_stand_cannot_be_reset() -> None:
    t = turn()
    fault_reset(t, ev.FaultReset(COMMAND_REFUSED, "jo", API))
    assert answers(t)[0].reasons == ("no_such_fault",)
    assert not told(t)


def test_a_confirmed_layout_is_the_known_one() -> None:
    changed = Fault(LAYOUT_CHANGED, AT, "another")
    t = turn(tables_of(meta=Meta(layout_crc=1), faults={LAYOUT_CHANGED: changed}))
    layout_confirmed(t, ev.LayoutConfirmed("jo", API))
    assert t.tables.meta.layout_crc == FULL.identity.layout_crc
    assert not t.tables.faults
    assert told(t) == ["TWR-1002 cleared", "manual_intervention"]
    assert answers(t)[0].result == {"layout_crc": FULL.identity.layout_crc}


def test_an_unseen_layout_cannot_be_confirmed() -> None:
    t = turn(tables_of(meta=Meta(layout_crc=1)), None)
    layout_confirmed(t, ev.LayoutConfirmed("jo", API))
    assert answers(t)[0].reasons == ("plc_lost",)
    assert t.tables.meta.layout_crc == 1


def test_a_confirmed_clock_is_believed_from_now_on() -> None:
    t = turn(clock_sure=False)
    clock_confirmed(t, ev.ClockConfirmed("jo", API))
    assert (t.volatile.clock_sure, t.volatile.clock_confirmed_mono_s) == (True, t.mono_s)
    assert told(t) == ["manual_intervention", "clock_sure"]
    assert answers(t)[0].result == {"clock": rfc3339(t.now)}


def found(place: Place, tag: int = 0) -> Any:
    base = vehicle("found-7", place, tag, condition="unknown")
    return replace(base, record=replace(base.record, id="found-7", tag=tag))


@pytest.mark.parametrize("stray", [found(HOME_BAY), found(CARRIAGE, 4711)], ids=["its place", "its tag"])
def test_a_stock_file_names_a_car_that_had_no_record_and_its_move_goes_on(stray: Any) -> None:
    wanted = Move(5, "fetch", "found-7", stray.place, None, "lin", AT)
    t = turn(tables_of(vehicles=[stray], moves={5: wanted}))
    assert load(t, line()) == []
    assert set(t.tables.vehicles) == {"car-1"}
    assert t.tables.moves[5].vehicle == "car-1"


def test_a_cabin_that_is_open_for_a_found_car_shuts_once_a_stock_file_names_it() -> None:
    awaited = row("waiting", kind="vehicle", about="found-7", vehicle="found-7")
    t = turn(tables_of(vehicles=[found(OUT, 4711)], intakes={1: awaited}))
    assert load(t, line()) == []
    for seen in (open_cabin(FULL), FULL):
        drive_in(t, seen.cabin(1))
    assert (t.tables.intakes[1].vehicle, t.tables.intakes[1].state) == ("car-1", "refused")
    assert t.tables.intakes[1].reasons == ("vehicle_elsewhere",)
    assert [(one.unit, one.code, one.args[0]) for one in writes(t)] == [(Unit.CABIN1, Code.OUTER_DOOR, 0)]


def test_a_car_without_a_record_elsewhere_stays_as_it_is() -> None:
    t = turn(tables_of(vehicles=[found(bay(1, 1))]))
    assert load(t, line()) == []
    assert set(t.tables.vehicles) == {"car-1", "found-7"}


def test_whoever_resets_a_wrong_vehicle_believes_the_tags() -> None:
    other = vehicle("car-2", bay(1, 1), 4712)
    rows = tables_of(vehicles=[vehicle(place=CARRIAGE), other], faults={WRONG_VEHICLE: Fault(WRONG_VEHICLE, AT, "tag")})
    t = turn(rows, with_load(FULL, tag=4712))
    fault_reset(t, ev.FaultReset(WRONG_VEHICLE, "lin", API))
    assert (t.tables.vehicles["car-2"].place, t.tables.vehicles["car-1"].place) == (CARRIAGE, UNKNOWN)
