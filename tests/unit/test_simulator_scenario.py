"""Scenarios and the moments in them; the same seed, scenario and inputs give the same run."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from click.testing import CliRunner

from simulator.__main__ import app
from simulator.cars import Car
from simulator.config import SimulatorConfig
from simulator.core import Simulator
from simulator.moments import FORMS, condition
from simulator.scenario import ScenarioError, from_option, parse, read
from tests.unit.simulator_bench import HELD, UNHOLD, Bench

C, B, K = "CARRIAGE", "BAYS", "CABIN1"
CONFIG = SimulatorConfig()
AT_ONCE = """
[[step]]
at_s = 1.0
fault = "fire"
"""
VISIT = """
# a jam while the car is being taken, and a stranger while the door closes

[[step]]
when = "FORK_GET running and fork out"
after_s = 0.5
fault = "jam_axis"
with = { axis = "fork" }
for_s = 2.0

[[step]]
when = "INNER_DOOR ended"
times = 2
act = "press_clear"
with = { cabin = 1 }

[[step]]
when = "outer door 1 open"
fault = "reply_dropped"
with = { ratio = 0.5 }

[[step]]
when = "fault reply_dropped"
after_s = 1
clear = "reply_dropped"
"""


def played(text: str, *cars: tuple[str, Car], **config: object) -> Bench:
    bench = Bench(*cars, **config)
    bench.sim.play(parse(text, bench.sim.config))
    return bench


def happened(bench: Bench) -> list[str]:
    return [one.what for one in bench.sim.history]


def test_a_fault_at_its_time() -> None:
    bench = played(AT_ONCE)
    bench.run(0.7)
    assert happened(bench) == []
    bench.run(0.2)
    assert happened(bench) == ["inject fire"]
    assert bench.sim.history[0].at_ms == 1000
    assert bench.sim.director.idle


def test_a_fault_in_a_situation_goes_away_by_itself() -> None:
    bench = played(VISIT, ("bay:1-1", Car(5))).execute()
    bench.deliver(1, 1)
    bench.run(2)
    assert happened(bench) == [
        "inject jam_axis axis=fork",
        "clear jam_axis axis=fork",
        "act press_clear cabin=1",
        "act press_clear cabin=1",
        "inject reply_dropped ratio=0.5",
        "clear reply_dropped",
    ]
    times_ms = [one.at_ms for one in bench.sim.history]
    assert times_ms[1] - times_ms[0] == 2000
    assert times_ms[5] - times_ms[4] == pytest.approx(1000, abs=10)


def test_times_0_is_always_and_what_cannot_be_done_is_written_down() -> None:
    bench = played('[[step]]\nwhen = "lift moving"\ntimes = 0\nact = "drive_off"\nwith = { cabin = 1 }\n').execute()
    bench.done(C, 1, 2, 1)
    bench.done(C, 1, 1, 1)
    assert happened(bench) == ["refused act drive_off: the outer door of cabin 1 is not open"] * 2
    assert not bench.sim.director.idle


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        ("LIFT_TO running", 0, 1),
        ("CARRIAGE LIFT_TO running", 0, 1),
        ("lift moving", 0, 1),
        ("fork centred", 1, 1),
        ("fork out", 0, 0),
        ("carriage empty", 1, 1),
        ("carriage loaded", 0, 0),
        ("bay 1-1 occupied", 1, 1),
        ("bay 1-2 occupied", 0, 0),
        ("cabin 1 empty", 1, 1),
        ("carriage at bay 3-4", 0, 0),
        ("bay 1-1 locked", 1, 1),
        ("bay 1-1 unlocked", 0, 0),
        ("inner door 1 closed", 1, 1),
        ("outer door 1 open", 0, 0),
        ("outer door 1 moving", 0, 0),
        ("person in cabin 1", 0, 0),
        ("state EXECUTE", 1, 1),
        ("link alive", 1, 1),
        ("link lost", 0, 0),
        ("alarm 11", 0, 0),
        ("LIFT_TO ended", 0, 0),
        ("not lift moving", 1, 0),
        ("lift moving and not fork out", 0, 1),
        ("fault fire", 0, 0),
        ("cabin 1 clear", 0, 0),
    ],
)
def test_moments(text: str, before: int, after: int) -> None:
    bench = Bench(("bay:1-1", Car(5))).execute()
    level = condition(text, bench.sim.config)
    assert level(bench.sim) == before
    bench.send(C, 1, 3, 4)
    bench.run(0.5)
    assert level(bench.sim) == after


def test_moments_at_the_end_of_a_move() -> None:
    bench = Bench().execute()
    bench.done(C, 1, 3, 4)
    bench.done(C, 1, 0, 1)
    level = {text: condition(text, bench.sim.config)(bench.sim) for text in ("LIFT_TO ended", "carriage at cabin 1")}
    assert level == {"LIFT_TO ended": 2, "carriage at cabin 1": 1}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[step]]\nat_s = x\n", "s.toml: Invalid value (at line 2, column 8)"),
        ("[step]\nat_s = 1\n", "s.toml:1: a scenario is a list of"),
        ("[[step]]\nat_s = 1\nfault = 'fire'\n\n[other]\n", "s.toml:5: a scenario is a list of"),
        ("[[step]]\nat_s = 1\nfault = 'fire'\nif = 3\n", "s.toml:4: key if: no such key"),
        ("[[step]]\nat_s = 1\nfault = 'fire'\n\n[[step]]\nat_s = 1\n", "s.toml:5: a step has exactly one of fault"),
        ("[[step]]\nfault = 'fire'\n", "s.toml:1: a step has exactly one of at_s and when"),
        ("[[step]]\nat_s = 1\nwhen = 'lift moving'\nact = 'press_reset'\n", "s.toml:1: a step has exactly one of at_s"),
        ("[[step]]\nfault = 'fire'\nat_s = -1\n", "s.toml:3: key at_s: seconds, 0 or more, not -1"),
        ("[[step]]\nfault = 'fire'\nat_s = true\n", "s.toml:3: key at_s"),
        ("# x\n[[step]]\nat_s = 1\nfault = 'gremlin'\n", "s.toml:4: key fault: no such fault: gremlin"),
        ("[[step]]\nat_s = 1\nfault = 'jam_axis'\n", "s.toml:3: key fault: jam_axis asks for axis"),
        ("[[step]]\nat_s = 1\nclear = 'fire'\nwith = { x = 1 }\n", "s.toml:3: key clear: fire has no x"),
        ("[[step]]\nat_s = 1\nact = 'dance'\n", "s.toml:3: key act: no such act: dance"),
        ("[[step]]\nat_s = 1\nact = 'press_clear'\n", "s.toml:3: key act: press_clear asks for cabin"),
        ("[[step]]\nat_s = 1\nact = 'press_reset'\nfor_s = 1\n", "s.toml:4: key for_s: only a fault"),
        ("[[step]]\nat_s = 1\nfault = 'fire'\nwith = 3\n", "s.toml:4: key with: a table"),
        ("[[step]]\nwhen = 'it rains'\nfault = 'fire'\n", "s.toml:2: key when: no such condition: 'it rains'"),
        ("[[step]]\nwhen = 'person in cabin 2'\nfault = 'fire'\n", "s.toml:2: key when: no such cabin: 2"),
        ("[[step]]\nwhen = 'bay 9-1 empty'\nfault = 'fire'\n", "s.toml:2: key when: no such bay: 9-1"),
        ("[[step]]\nwhen = 'alarm 128'\nfault = 'fire'\n", "s.toml:2: key when: no such alarm: 128"),
        ("[[step]]\nwhen = 'fault gremlin'\nfault = 'fire'\n", "s.toml:2: key when: no such fault: gremlin"),
        ("[[step]]\nwhen = 'lift moving'\nfault = 'fire'\ntimes = -1\n", "s.toml:4: key times: a whole number"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, says: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse(text, CONFIG, "s.toml")
    assert str(caught.value).startswith(says)


def test_steps_written_in_line_have_no_line_of_their_own() -> None:
    with pytest.raises(ScenarioError, match=r"s\.toml:1: key fault"):
        parse("step = [\n {at_s = 1, fault = 'gremlin'} ]\n", CONFIG, "s.toml")


@pytest.mark.parametrize(
    ("text", "params", "at_s", "for_s"),
    [
        ("fire@10s", {}, 10.0, None),
        ("slow_axis:axis=lift,ratio=0.5@1.5s+3s", {"axis": "lift", "ratio": "0.5"}, 1.5, 3.0),
    ],
)
def test_a_fault_of_the_command_line(text: str, params: dict[str, str], at_s: float, for_s: float | None) -> None:
    step = from_option(text, CONFIG)
    assert (step.params, step.at_s, step.for_s) == (params, at_s, for_s)


@pytest.mark.parametrize("text", ["fire", "fire@10", "fire:bay=1-1@1s", "gremlin@1s"])
def test_a_wrong_fault_of_the_command_line_ends_the_program(text: str) -> None:
    result = CliRunner().invoke(app, ["--port", "0", "--fault", text])
    assert result.exit_code == 1
    assert f"--fault {text}" in result.output


def test_a_wrong_scenario_ends_the_program(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text("[[step]]\n")
    result = CliRunner().invoke(app, ["--port", "0", "--scenario", str(path)])
    assert result.exit_code == 1
    assert f"{path}:1: a step has exactly one of" in result.output


def test_a_scenario_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(VISIT)
    assert len(read(path, CONFIG)) == 4


def test_every_form_of_a_moment_is_named_for_whoever_errs() -> None:
    with pytest.raises(ValueError, match="no such condition") as caught:
        condition("it rains", CONFIG)
    assert all(form in str(caught.value) for form, _, _ in FORMS)


def trace(seed: int) -> tuple[str, list[str]]:
    """Every word of the image after every tenth of a second, and what happened."""
    bench = played(VISIT, ("bay:1-1", Car(5)), seed=seed)
    digest = hashlib.sha256()
    step = bench.sim.step

    def stepping(dt_s: float) -> None:
        step(dt_s)
        digest.update(repr((bench.sim.image.words, bench.sim.wire.fate())).encode())

    bench.sim.step = stepping  # type: ignore[method-assign]
    bench.execute().deliver(1, 1)
    bench.run(5)
    return digest.hexdigest(), [f"{one.at_ms} {one.what}" for one in bench.sim.history]


def test_the_same_seed_scenario_and_inputs_give_the_same_run() -> None:
    assert trace(7) == trace(7)
    assert trace(7)[0] != trace(8)[0]


def test_virtual_time_does_not_depend_on_how_it_is_cut() -> None:
    def words(cuts: list[float]) -> list[int]:
        sim = Simulator(SimulatorConfig(homed=True))
        sim.play(parse(AT_ONCE, sim.config))
        for cut in cuts:
            sim.step(cut)
        return sim.image.words

    assert words([2.0]) == words([0.013] * 100 + [0.7])


def test_a_held_machine_goes_on_after_its_fault() -> None:
    bench = played('[[step]]\nwhen = "lift moving"\nfault = "gate_open"\nfor_s = 3\n').execute()
    seq = bench.send(C, 1, 5, 3)
    bench.run(2)
    assert bench.state == HELD
    assert bench.packml(UNHOLD) == 6
    bench.run(2)
    assert bench.packml(UNHOLD) == 0
    assert bench.wait(C, seq) == (3, 0)
