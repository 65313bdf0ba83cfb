"""Whatever is commanded, in whatever order: the machine does nothing that must never happen (plc-if.md 5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator import deeds
from simulator.cars import Car
from simulator.program.crc import crc16_words
from tests.unit.simulator_bench import Bench

STATIONS = st.sampled_from([(0, 1), (0, 2), (1, 1), (1, 2), (2, 1)])
CABINS = st.sampled_from(["CABIN1", "CABIN2"])
COMMANDS = st.one_of(
    st.tuples(st.just("CARRIAGE"), st.sampled_from([1, 2, 3]), STATIONS),
    st.tuples(st.just("CARRIAGE"), st.just(4), st.sampled_from([(0, 0), (2, 0), (9, 0)])),
    st.tuples(st.just("BAYS"), st.sampled_from([10, 11]), st.sampled_from([(1, 1), (1, 2), (2, 1)])),
    st.tuples(CABINS, st.sampled_from([20, 21]), st.sampled_from([(0, 0), (1, 0)])),
    st.tuples(st.sampled_from(["CARRIAGE", "BAYS", "CABIN1", "CABIN2"]), st.just(90), st.just((0, 0))),
)
PACKML = {"reset": 1, "start": 2, "stop": 3, "hold": 4, "unhold": 5, "abort": 8, "clear": 9}
ACTS = st.one_of(
    st.sampled_from([*PACKML, "acknowledge", "press_reset", "auto", "manual", "held", "released", "well"]),
    st.tuples(st.sampled_from(["press_clear", "press_exit", "drive_off"]), st.integers(1, 2)),
    st.tuples(st.just("jog"), st.integers(0, 2), st.sampled_from([-1, 1])),
)
AXES = st.sampled_from(["lift", "turntable", "fork"])
CABIN = st.fixed_dictionaries({"cabin": st.integers(1, 2)})
DOOR = st.fixed_dictionaries({"cabin": st.integers(1, 2), "door": st.sampled_from(["inner", "outer"])})
BAY = st.fixed_dictionaries({"bay": st.sampled_from(["1-1", "1-2", "2-1"])})
FAULTS = st.one_of(
    st.tuples(
        st.sampled_from(["jam_axis", "slow_axis", "drive_fault", "lose_reference"]), AXES.map(lambda a: {"axis": a})
    ),
    st.tuples(st.sampled_from(["jam_door", "slow_door"]), DOOR),
    st.tuples(st.sampled_from(["jam_lock", "slow_lock", "bay_faulty", "bay_overhang", "sensors_disagree"]), BAY),
    st.tuples(
        st.sampled_from(
            [
                "person",
                "motion",
                "curtain_tripped",
                "doorway_blocked",
                "door_blocked",
                "vehicle_too_large",
                "exit_button",
            ]
        ),
        CABIN,
    ),
    st.tuples(
        st.sampled_from(
            [
                *("estop", "fire", "gate_open", "shaft_person", "mains_lost", "on_generator", "load_lost", "overload"),
                *(
                    "sensors_disagree",
                    "frozen_plc",
                    "plc_off",
                    "restart_plc",
                    "brake_fault",
                    "load_off_centre",
                    "cable_out",
                ),
            ]
        ),
        st.just({}),
    ),
)
"""Not those in which somebody moves a lock or a door by hand, a safe sensor lies, or a bay is disabled."""
DEEDS = st.one_of(COMMANDS, COMMANDS, ACTS, FAULTS)
STEPS = st.lists(st.tuples(DEEDS, st.sampled_from([0.0, 0.2, 1.0, 4.0])), min_size=5, max_size=30)


class Watcher:
    """Looks at the real plant after every scan."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.lift = self.turntable = 0.0
        self.tags = set(bench.sim.truth())

    def look(self) -> None:
        plant = self.bench.sim.plant
        travelled = plant.lift.position != self.lift or plant.turntable.position != self.turntable
        self.lift, self.turntable = plant.lift.position, plant.turntable.position
        if travelled:
            assert plant.fork.position <= 2
            assert all(booth.inner.position_ratio == 0 for booth in plant.booths)
            assert all(bay.lock.position_ratio == 1 for bay in plant.bays)
        for booth in plant.booths:
            assert booth.inner.position_ratio == 0 or plant.station() == (0, booth.number)
            assert booth.inner.position_ratio == 0 or booth.outer.position_ratio == 0
        assert plant.collisions == []
        assert set(self.bench.sim.truth()) == self.tags

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds * 100)):
            self.bench.sim.step(0.01)
            self.look()
        if not (self.bench.sim.wire.cut or self.bench.sim.wire.silent):
            self.bench.beat()


SWITCHES: dict[str, Callable[[Bench], object]] = {
    "acknowledge": lambda bench: bench.acknowledge(),
    "press_reset": lambda bench: bench.sim.press_reset(),
    "auto": lambda bench: bench.sim.set_key(1),
    "manual": lambda bench: bench.sim.set_key(2),
    "held": lambda bench: bench.sim.enabling(held=True),
    "released": lambda bench: bench.sim.enabling(held=False),
    "well": lambda bench: [bench.sim.clear(one.name) for one in bench.sim.faults_active],
}


def act(bench: Bench, name: str) -> None:
    if name in PACKML:
        bench.packml(PACKML[name], settle_s=0)
    else:
        SWITCHES[name](bench)


def person_acts(bench: Bench, name: str, cabin: int) -> None:
    booth = bench.sim.plant.booths[cabin - 1]
    if name != "drive_off" or (booth.outer.position_ratio == 1.0 and booth.car is not None):
        deeds.perform(bench.sim, name, {"cabin": cabin})


def command(bench: Bench, watcher: Watcher, unit: str, code: int, args: tuple[int, int]) -> None:
    epoch = bench.epoch(2 if unit == "CABIN2" or args[:2] == (0, 2) else 1)
    words = {20: (args[0], epoch), 21: (args[0], epoch), 2: (*args, epoch), 3: (*args, epoch)}.get(code, args)
    boot = bench.sim.plc.boot_id
    seq = bench.send(unit, code, *words)
    watcher.run(0.02)
    status = bench.status(unit)
    if bench.sim.frozen or bench.sim.plc.boot_id != boot or bench.sim.read(146, 1) != [bench.session]:
        return
    assert status.taken_seq == seq
    if status.reject_seq == seq:
        assert 1 <= status.reject_code <= 11


def jog(bench: Bench, axis: int, direction: int) -> None:
    words = [bench.heartbeat & 0xFFFF, axis, direction & 0xFFFF, 100, 0]
    bench.sim.write(48, [*words, crc16_words([*words, bench.session])])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_never(steps: list[tuple[Any, float]]) -> None:
    stock = (("bay:1-1", Car(5)), ("cabin:1", Car(6)))
    bench = Bench(*stock, floors=2, positions=2, cabins=2, speed_up=8.0).execute()
    bench.sim.press_clear(1)
    watcher = Watcher(bench)
    watcher.look()
    for deed, wait_s in steps:
        if isinstance(deed, str):
            act(bench, deed)
        elif deed[0] == "jog":
            jog(bench, *deed[1:])
        elif len(deed) == 3:
            command(bench, watcher, *deed)
        elif isinstance(deed[1], int):
            person_acts(bench, *deed)
        else:
            bench.sim.inject(deed[0], **deed[1])
        for _ in range(round(wait_s * 10) or 1):
            watcher.run(0.1)
    assert len({(one.unit, one.seq, one.session, one.boot_id) for one in bench.sim.executed}) == len(bench.sim.executed)
