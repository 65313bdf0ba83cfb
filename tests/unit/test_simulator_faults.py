"""The catalogue of faults: names, parameters, on and off (simulator.faults, fault, injection, listing)."""

from __future__ import annotations

import json

import pytest

from simulator.cars import Car
from simulator.config import SimulatorConfig
from simulator.core import Simulator
from simulator.fault import Fault
from simulator.faults import CATALOGUE
from simulator.listing import as_records, as_table, as_text
from tests.unit.simulator_bench import Bench

EXAMPLES: dict[str, dict[str, object]] = {
    "sensor": {"sensor": "first", "bay": "1-1"},
    "axis": {"axis": "lift"},
    "bay": {"bay": "1-1"},
    "what": {"what": "magic"},
    "first": {"first": "bay:1-1", "second": "bay:1-2"},
    "block": {"block": "SYS", "field": "packml_state", "value": 17},
}


def example(fault: Fault) -> dict[str, object]:
    """Parameters with which the fault can be injected."""
    needed = [param.name for param in fault.params if param.default is None]
    return next((given for name, given in EXAMPLES.items() if name in needed), {})


@pytest.fixture
def sim() -> Simulator:
    return Simulator(SimulatorConfig(cabins=2), [("bay:1-1", Car(5)), ("bay:1-2", Car(6))])


def state(sim: Simulator) -> str:
    """All that a fault can change, but for counters."""
    plant = sim.plant
    wire = (sim.wire.cut, sim.wire.silent, sim.wire._kinds)
    parts = (plant.axes, plant.bays, plant.booths, plant.inputs, plant.carriage_forced, plant.false_tags)
    return repr((*parts, plant.extra_mass_kg, plant.carriage_off_centre, sim.frozen, sim.image.overlay, wire))


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_every_fault_changes_something_and_goes_away(sim: Simulator, name: str) -> None:
    fault, given = CATALOGUE[name], example(CATALOGUE[name])
    before, boot = state(sim), sim.plc.boot_id
    truth = sim.truth()
    sim.inject(name, **given)
    assert (state(sim), sim.plc.boot_id, sim.truth()) != (before, boot, truth) or name == "lose_reference"
    assert [one.name for one in sim.faults_active] == ([name] if fault.lasting else [])
    assert sim.clear(name) == int(fault.lasting)
    assert sim.faults_active == ()
    if fault.lasting and name != "drive_fault":  # a drive stays tripped until it is acknowledged
        assert state(sim) == before
    assert sim.history[0].what.startswith(f"inject {name}")


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_every_fault_says_what_it_is_and_how_it_goes(name: str) -> None:
    fault = CATALOGUE[name]
    assert fault.text
    assert fault.goes
    assert f"\n    goes: {fault.goes}" in as_text()
    assert f"| `{name}` |" in as_table()
    assert json.loads(json.dumps(as_records()))


def test_every_alarm_of_the_contract_has_a_fault() -> None:
    assert {number for fault in CATALOGUE.values() for number in fault.alarms} == set(range(41))


@pytest.mark.parametrize(
    ("name", "given", "says"),
    [
        ("gremlin", {}, "no such fault: gremlin"),
        ("jam_axis", {}, "jam_axis asks for axis"),
        ("jam_axis", {"axis": "wheel"}, "axis must be one of lift, turntable, fork"),
        ("jam_axis", {"axis": "lift", "ratio": 1}, "jam_axis has no ratio"),
        ("fire", {"bay": "1-1"}, "fire has no bay; it takes no parameter"),
        ("slow_axis", {"axis": "lift", "ratio": 0}, "ratio must be 0.001 to 1.0"),
        ("slow_axis", {"axis": "lift", "ratio": "slow"}, "ratio must be a number"),
        ("overload", {"kg": 1.5}, "kg must be a whole number"),
        ("mains_lost", {"generator": "perhaps"}, "generator must be 0 or 1"),
        ("person", {"cabin": 3}, "no such cabin: 3"),
        ("jam_lock", {"bay": "1"}, "bay must be FLOOR-POSITION"),
        ("jam_lock", {"bay": "6-1"}, "no such bay: 6-1"),
        ("wrong_tag", {"place": "attic"}, "place must be carriage, bay:FLOOR-POSITION or cabin:NUMBER"),
        ("swap_cars", {"first": "bay:1-1", "second": "bay:2-2"}, "no vehicle in bay:2-2"),
        ("sensor_stuck", {"sensor": "front", "bay": "1-1"}, "no sensor front there; there are first, second, locked"),
        ("sensor_stuck", {"sensor": "first", "bay": "1-1", "cabin": 1}, "not to both"),
        ("register_forced", {"block": "XYZ", "field": "a", "value": 1}, "no such block: XYZ"),
        ("register_forced", {"block": "SYS", "field": "a", "value": 1}, "SYS has no field a"),
    ],
)
def test_what_is_wrong_is_refused_and_changes_nothing(
    sim: Simulator, name: str, given: dict[str, object], says: str
) -> None:
    before = state(sim)
    with pytest.raises(ValueError, match=says):
        sim.inject(name, **given)
    assert state(sim) == before
    assert sim.faults_active == ()
    assert sim.history == []


def test_instances_are_told_apart_and_cleared_together_or_alone(sim: Simulator) -> None:
    sim.inject("jam_axis", axis="lift")
    sim.inject("jam_axis", axis="fork")
    sim.inject("jam_axis", axis="fork")
    assert [one.params for one in sim.faults_active] == [{"axis": "lift"}, {"axis": "fork"}]
    assert sim.clear("jam_axis", axis="fork") == 1
    assert (sim.plant.lift.jammed, sim.plant.fork.jammed) == (True, False)
    sim.inject("jam_axis", axis="turntable")
    assert sim.clear("jam_axis") == 2
    assert sim.clear("jam_axis") == 0
    with pytest.raises(ValueError, match="jam_axis has no bay"):
        sim.clear("jam_axis", bay="1-1")


def test_what_another_fault_needs_stays(sim: Simulator) -> None:
    sim.inject("sensor_stuck", sensor="front", value=1)
    sim.inject("load_lost")
    assert sim.plant.load_sensors() == (False, False)
    sim.clear("load_lost")
    assert sim.plant.load_sensors() == (True, False)


def test_fault_is_both_in_one(sim: Simulator) -> None:
    sim.fault("fire")
    assert sim.plant.inputs.fire
    sim.fault("fire", on=False)
    assert not sim.plant.inputs.fire


def test_a_tripped_drive_comes_back_with_its_cause_and_not_without() -> None:
    bench = Bench().execute()
    bench.sim.inject("drive_fault", axis="lift", code=42)
    bench.run(0.5)
    assert bench.sim.read(224, 16)[11] == 42
    bench.acknowledge(8)
    assert 8 in bench.alarms()
    bench.sim.clear("drive_fault")
    bench.run(0.2)
    assert 8 in bench.alarms()
    bench.acknowledge(8)
    assert 8 not in bench.alarms()
    assert bench.sim.read(224, 16)[11] == 0


def test_an_intruder_stays_when_a_customer_leaves(sim: Simulator) -> None:
    sim.inject("person", cabin=2)
    sim.person(2, present=True)
    sim.person(2, present=False)
    assert sim.plant.booths[1].person_detected
    sim.clear("person")
    assert not sim.plant.booths[1].person_detected


def test_a_plc_without_power_starts_anew(sim: Simulator) -> None:
    boot = sim.plc.boot_id
    sim.inject("plc_off")
    sim.step(2)
    assert sim.wire.silent
    sim.clear("plc_off")
    assert not sim.wire.silent
    assert sim.plc.boot_id != boot
