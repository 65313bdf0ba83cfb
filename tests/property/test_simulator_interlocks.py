"""Whatever is commanded, in whatever order: the machine does nothing that must never happen (plc-if.md 5)."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.cars import Car
from tests.unit.simulator_bench import Bench

COMMANDS = st.one_of(
    st.tuples(st.just("CARRIAGE"), st.sampled_from([1, 2, 3]), st.sampled_from([(0, 1), (1, 1), (1, 2), (2, 1)])),
    st.tuples(st.just("CARRIAGE"), st.just(4), st.sampled_from([(0, 0), (2, 0), (9, 0)])),
    st.tuples(st.just("BAYS"), st.sampled_from([10, 11]), st.sampled_from([(1, 1), (1, 2), (2, 1)])),
    st.tuples(st.just("CABIN1"), st.sampled_from([20, 21]), st.sampled_from([(0, 0), (1, 0)])),
    st.tuples(st.sampled_from(["CARRIAGE", "BAYS", "CABIN1"]), st.just(90), st.just((0, 0))),
)
ACTS = st.sampled_from(["hold", "unhold", "clear", "exit", "drive_off", "person", "nobody", "stop", "start"])
STEPS = st.lists(st.tuples(st.one_of(COMMANDS, ACTS), st.sampled_from([0.0, 0.2, 1.0, 4.0])), min_size=5, max_size=25)


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
            assert plant.fork.position == 0
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
        self.bench.beat()


def act(bench: Bench, name: str) -> None:
    sim = bench.sim
    packml = {"hold": 4, "unhold": 5, "stop": 3}
    if name in packml:
        bench.packml(packml[name], settle_s=0)
    elif name == "start":
        bench.packml(1, settle_s=0)
        sim.step(0.05)
        bench.packml(2, settle_s=0)
    elif name == "clear":
        sim.press_clear(1)
    elif name == "exit":
        sim.press_exit(1)
    elif name in ("person", "nobody"):
        sim.person(1, present=name == "person")
    elif sim.plant.booths[0].outer.position_ratio == 1.0 and sim.plant.booths[0].car is not None:
        sim.drive_off(1)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_never(steps: list[tuple[tuple[str, int, tuple[int, int]] | str, float]]) -> None:
    bench = Bench(("bay:1-1", Car(5)), ("cabin:1", Car(6)), floors=2, positions=2, speed_up=8.0).execute()
    bench.sim.press_clear(1)
    watcher = Watcher(bench)
    watcher.look()
    for deed, wait_s in steps:
        if isinstance(deed, str):
            act(bench, deed)
        else:
            unit, code, args = deed
            epoch = bench.epoch()
            words = {20: (args[0], epoch), 21: (args[0], epoch), 2: (*args, epoch), 3: (*args, epoch)}.get(code, args)
            seq = bench.send(unit, code, *words)
            watcher.run(0.02)
            status = bench.status(unit)
            assert status.taken_seq == seq
            if status.reject_seq == seq:
                assert 1 <= status.reject_code <= 11
        for _ in range(round(wait_s * 10) or 1):
            watcher.run(0.1)
