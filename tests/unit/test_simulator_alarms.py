"""Every alarm of alarms.csv: provoked by a fault of the catalogue, shown, stopping as the table says, and gone as the contract says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from simulator.cars import Car
from simulator.faults import CATALOGUE
from tests.unit.simulator_bench import ABORTED, CLEAR, EXECUTE, HELD, RESET, START, STOPPED, UNHOLD, Bench
from towerd.plc.registers import alarm_types

C, B = "CARRIAGE", "BAYS"
LATCHED = {13, 14, 15, 17, 18, 22, 23, 24, 25, 26, 27, 35}
"""Active until acknowledged (8.2)."""
Act = Callable[[Bench], None]


def nothing(bench: Bench) -> None:
    """What the fault does shows by itself."""


def lift(bench: Bench) -> None:
    bench.send(C, 1, 5, 3)
    bench.run(1)


def moves(bench: Bench) -> None:
    bench.run(5)


def at_bay(bench: Bench) -> None:
    bench.done(C, 1, 1, 1)
    bench.done(B, 10, 1, 1)


def get(bench: Bench) -> None:
    bench.send(C, 2, 1, 1)
    bench.run(9)


def at_locked_bay(bench: Bench) -> None:
    bench.done(C, 1, 1, 1)


def unlock(bench: Bench) -> None:
    bench.send(B, 10, 1, 1)
    bench.run(4)


def inner_open(number: int) -> Act:
    def act(bench: Bench) -> None:
        at_cabin(number)(bench)
        bench.done(f"CABIN{number}", 20, 1, bench.epoch(number))

    return act


def at_cabin(number: int) -> Act:
    def act(bench: Bench) -> None:
        bench.done(C, 1, 0, number)
        bench.sim.press_clear(number)
        bench.run(0.2)

    return act


def open_inner(number: int, for_s: float = 4) -> Act:
    def act(bench: Bench) -> None:
        bench.send(f"CABIN{number}", 20, 1, bench.epoch(number))
        bench.run(for_s)

    return act


def open_outer(number: int) -> Act:
    def act(bench: Bench) -> None:
        bench.send(f"CABIN{number}", 21, 1, bench.epoch(number))
        bench.run(9)

    return act


def outer_open(number: int) -> Act:
    return lambda bench: bench.done(f"CABIN{number}", 21, 1, bench.epoch(number))


def outer_closing(number: int) -> Act:
    def act(bench: Bench) -> None:
        outer_open(number)(bench)
        bench.send(f"CABIN{number}", 21, 0)
        bench.run(1)

    return act


def close_outer(number: int) -> Act:
    def act(bench: Bench) -> None:
        bench.send(f"CABIN{number}", 21, 0)
        bench.run(35)

    return act


def seconds(count: float) -> Act:
    return lambda bench: bench.run(count)


A_MOMENT = seconds(0.5)


def close_the_chain(bench: Bench) -> None:
    bench.run(0.3)
    bench.sim.clear("estop")
    bench.acknowledge(0)


def home(bench: Bench) -> None:
    bench.done(C, 4, 0)


def look_again(number: int) -> Act:
    def act(bench: Bench) -> None:
        bench.run(0.2)
        bench.sim.press_clear(number)

    return act


def door_opens(bench: Bench) -> None:
    bench.run(8)


@dataclass(frozen=True)
class Case:
    """How alarm `number` comes and goes. `first` is what `first_out` shows."""

    number: int
    fault: str
    given: dict[str, object] = field(default_factory=dict)
    before: Act = nothing
    then: Act = A_MOMENT
    after: Act = nothing
    first: int = -1
    stock: tuple[tuple[str, Car], ...] = ()


def cabin_cases(number: int) -> list[Case]:
    n, offset = {"cabin": number}, number - 1
    parked = ((f"cabin:{number}", Car(9)),)
    return [
        Case(20 + offset, "person", n, inner_open(number), after=look_again(number)),
        Case(22 + offset, "door_blocked", n, outer_open(number), close_outer(number)),
        Case(22 + offset, "curtain_tripped", n, outer_closing(number), seconds(15), first=26 + offset),
        Case(22 + offset, "jam_door", {**n, "door": "outer"}, outer_closing(number), seconds(4)),
        Case(24 + offset, "jam_door", n, at_cabin(number), open_inner(number)),
        Case(26 + offset, "curtain_tripped", n, outer_closing(number), seconds(0.3)),
        Case(28 + offset, "vehicle_too_large", {**n, "what": "heavy"}, stock=parked),
        Case(30 + offset, "vehicle_misplaced", n, stock=parked),
        Case(32 + offset, "exit_button", n, after=door_opens),
        Case(
            20 + offset,
            "sensor_stuck",
            {**n, "sensor": "person", "value": 1},
            inner_open(number),
            after=look_again(number),
        ),
        Case(22 + offset, "sensor_stuck", {**n, "sensor": "outer_open"}, then=open_outer(number)),
        Case(24 + offset, "sensor_stuck", {**n, "sensor": "inner_open"}, at_cabin(number), open_inner(number, 8)),
        Case(26 + offset, "sensor_stuck", {**n, "sensor": "curtain"}, outer_closing(number), seconds(0.3)),
        Case(32 + offset, "sensor_stuck", {**n, "sensor": "exit_button", "value": 1}, then=door_opens),
    ]


CASES = [
    Case(0, "estop"),
    Case(1, "estop", then=close_the_chain, first=0),
    Case(2, "fire"),
    Case(3, "overspeed"),
    Case(4, "slack_rope"),
    Case(5, "gate_open", before=lift),
    Case(6, "mains_lost", before=lift),
    Case(7, "cable_out", then=seconds(1.5)),
    Case(7, "frozen_plc", {"answers": 0}, then=nothing),
    Case(8, "drive_fault", {"axis": "lift"}, lift),
    Case(9, "drive_fault", {"axis": "turntable"}, lift),
    Case(10, "drive_fault", {"axis": "fork"}, at_bay, get),
    Case(11, "lose_reference", {"axis": "lift"}, after=home),
    Case(12, "brake_fault", before=lift),
    Case(13, "jam_axis", {"axis": "lift"}, lift, moves),
    Case(14, "jam_axis", {"axis": "turntable"}, lift, moves),
    Case(15, "jam_axis", {"axis": "fork"}, at_bay, get),
    Case(16, "sensors_disagree"),
    Case(17, "load_lost", before=lift, stock=(("carriage", Car(5)),)),
    Case(18, "overload", before=at_bay, then=get, stock=(("bay:1-1", Car(5)),)),
    Case(19, "tag_unreadable", stock=(("carriage", Car(5)),)),
    *cabin_cases(1),
    *cabin_cases(2),
    Case(34, "sensors_disagree", {"bay": "2-2"}),
    Case(35, "jam_lock", {"bay": "1-1"}, at_locked_bay, unlock),
    Case(16, "sensor_stuck", {"sensor": "front", "value": 1}),
    Case(34, "sensor_stuck", {"sensor": "first", "value": 1, "bay": "2-2"}),
    Case(35, "sensor_stuck", {"sensor": "locked", "value": 1, "bay": "1-1"}, at_locked_bay, unlock),
    Case(36, "bay_overhang", {"bay": "2-2"}),
    Case(37, "cabinet_hot"),
    Case(38, "ups_low"),
    Case(39, "plc_internal"),
    Case(40, "shaft_person"),
]


def first_out(bench: Bench) -> int:
    return bench.sim.read(352, 48)[18]


def provoked(case: Case) -> Bench:
    stock = case.stock or (("bay:1-1", Car(5)),)
    bench = Bench(*stock, cabins=2, rated_person_detection=False).execute()
    case.before(bench)
    assert bench.alarms() == set()
    bench.sim.inject(case.fault, **case.given)
    case.then(bench)
    return bench


@pytest.mark.parametrize("case", CASES, ids=[f"{case.number}-{case.fault}" for case in CASES])
def test_alarm(case: Case) -> None:
    kind = alarm_types()[case.number]
    bench = provoked(case)
    frozen = case.fault == "frozen_plc"
    if frozen:  # it shows nothing at all before it runs again
        bench.beating = False
        bench.run(2)
        bench.sim.clear("frozen_plc")
        bench.run(1.5)
        bench.beating = True
    assert case.number in CATALOGUE[case.fault].alarms
    # shown
    assert case.number in bench.alarms() | (bench.unacked() if frozen else set())
    assert case.number in bench.unacked()
    assert first_out(bench) == (case.number if case.first < 0 else case.first)
    # stops
    bench.run(3)
    if not frozen:
        state = {"abort": ABORTED, "hold": HELD, "no": EXECUTE}[kind.stops] if case.number != 1 else ABORTED
        assert (bench.state, bench.stop_reason) == (state, kind.stop_reason if case.number != 1 else 3)
        assert not bench.sim.plant.axes_moving
    if kind.stops == "abort":
        assert 1 in bench.alarms()
    # goes
    bench.sim.clear(case.fault)
    bench.run(0.3)
    case.after(bench)
    latched = case.number in LATCHED or case.number in (8, 9, 10)
    assert (case.number in bench.alarms()) is (latched or case.number == 1)
    bench.acknowledge()
    bench.sim.press_reset()
    bench.run(0.3)
    bench.acknowledge()
    assert bench.alarms() <= {11}
    recover(bench)
    assert bench.alarms() == set()
    assert bench.unacked() == set()
    assert first_out(bench) == 65535
    assert (bench.state, bench.stop_reason) == (EXECUTE, 0)


def recover(bench: Bench) -> None:
    """Clear, Reset, home what lost its reference, Start, Unhold: whichever is asked."""
    if bench.state == ABORTED:
        assert bench.packml(CLEAR) == 0
    if bench.state == STOPPED:
        assert bench.packml(RESET) == 0
        if 11 in bench.alarms():
            if not bench.sim.plant.fork_centred:
                bench.done(C, 4, 2)
            bench.done(C, 4, 9)
        assert bench.packml(START) == 0
    if bench.state == HELD:
        assert bench.packml(UNHOLD) == 0
    bench.acknowledge()


@pytest.mark.parametrize("fault", ["restart_plc", "plc_off"])
def test_a_start_of_the_plc_forgets_alarms_and_references(fault: str) -> None:
    bench = Bench(("bay:1-1", Car(5))).execute()
    bench.sim.inject("cabinet_hot")
    bench.run(0.3)
    bench.sim.clear("cabinet_hot")
    bench.sim.inject(fault)
    bench.run(0.5)
    bench.sim.clear(fault)
    bench.run(0.5)
    assert (bench.alarms(), bench.unacked(), first_out(bench)) == ({11}, {11}, 11)
    recover(bench)
    assert bench.alarms() == bench.unacked() == set()


STARTS = {("restart_plc", 11), ("plc_off", 11)}
"""Provoked by a test of their own."""


def test_every_alarm_of_the_contract_is_provoked_and_every_one_that_a_fault_claims() -> None:
    assert {case.number for case in CASES} == set(alarm_types())
    provoked = {(case.fault, case.number) for case in CASES} | STARTS
    provoked |= {(case.fault, 1) for case in CASES if alarm_types()[case.number].stops == "abort"}
    assert provoked == {(fault.name, number) for fault in CATALOGUE.values() for number in fault.alarms}
