"""The acts by name: what each takes, what it does, and what is refused (simulator.deeds)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from simulator import deeds
from simulator.cars import Car
from simulator.config import Actors
from simulator.core import Simulator
from tests.unit.simulator_bench import Bench

K = "CABIN1"
RECORD = {"id": "v_1", "tag": 8, "mass_kg": 1200, "length_mm": 4000, "width_mm": 1700, "height_mm": 1400}


@pytest.fixture
def bench() -> Bench:
    """Both cabins of a tower, the outer doors open; a car stands in cabin 2."""
    bench = Bench(("bay:1-1", Car(5)), ("cabin:2", Car(6)), cabins=2, actors=Actors(driving_s=0.5, boarding_s=0.5))
    bench.execute()
    for number in (1, 2):
        bench.done(f"CABIN{number}", 21, 1, bench.epoch(number))
    return bench


def booth(sim: Simulator, cabin: int = 1) -> Any:
    return sim.plant.booths[cabin - 1]


CASES: list[tuple[str, dict[str, Any], Callable[[Simulator], object], object]] = [
    ("drive_off", {"cabin": 2}, lambda sim: sim.truth()[6], "gone"),
    ("drive_in", {"cabin": 1, "tag": 7}, lambda sim: sim.truth()[7], "cabin:1"),
    ("arrive", {"cabin": 1, "vehicle": RECORD, "misplaced": 4}, lambda sim: booth(sim).misplaced, 4),
    ("arrive", {"cabin": 1, "tag": 7}, lambda sim: booth(sim).person_detected, True),
    ("correct", {"cabin": 2, "misplaced": 2}, lambda sim: booth(sim, 2).misplaced, 2),
    ("come_back", {"cabin": 2}, lambda sim: booth(sim, 2).person_detected, True),
    ("get_out", {"cabin": 2}, lambda sim: booth(sim, 2).person_detected, False),
    ("drive_out", {"cabin": 2}, lambda sim: sim.truth()[6], "gone"),
    ("place_vehicle", {"tag": 5, "place": "carriage"}, lambda sim: sim.truth()[5], "carriage"),
    ("press_clear", {"cabin": 1}, lambda sim: sim.plc.cabins[0].clear_confirmed, True),
    ("press_exit", {"cabin": 2}, lambda sim: sim.plc.packml.stop_reason, 9),
    ("person", {"cabin": 1, "present": True}, lambda sim: booth(sim).person_detected, True),
    ("motion", {"cabin": 1, "present": True}, lambda sim: booth(sim).motion_detected, True),
    ("curtain", {"cabin": 1, "tripped": True}, lambda sim: booth(sim).curtain_clear, False),
    ("press_reset", {}, lambda sim: sim.plant.inputs.reset_pressed, False),
    ("set_key", {"mode": 2}, lambda sim: sim.plc.key, 2),
    ("enabling", {"held": True}, lambda sim: sim.plc.enabled, True),
    ("estop", {"pressed": True}, lambda sim: sim.plc.packml.reset_required, True),
    ("restart_plc", {}, lambda sim: sim.plc.packml.state, 2),
]


@pytest.mark.parametrize(("name", "params", "look", "expected"), CASES)
def test_an_act_is_done_and_written_down(
    bench: Bench, name: str, params: dict[str, Any], look: Callable[[Simulator], object], expected: object
) -> None:
    deeds.perform(bench.sim, name, params)
    bench.run(1.5)
    assert look(bench.sim) == expected
    assert bench.sim.history[-1].what.startswith(f"act {name}")


def test_by_hand_needs_no_power(bench: Bench) -> None:
    bench.done(K, 21, 0)
    with pytest.raises(ValueError, match="by hand"):
        deeds.perform(bench.sim, "open_by_hand", {"cabin": 1})
    bench.sim.inject("mains_lost")
    deeds.perform(bench.sim, "open_by_hand", {"cabin": 1})
    bench.run(6)
    assert bench.cab()[2] == 2


def test_every_act_has_a_case() -> None:
    assert {name for name, *_ in CASES} | {"open_by_hand"} == set(deeds.DEEDS)


@pytest.mark.parametrize(
    ("name", "params", "says"),
    [
        ("dance", {}, "no such act: dance"),
        ("press_clear", {}, "press_clear asks for cabin"),
        ("drive_in", {"cabin": 1}, r"drive_in asks for tag\|vehicle"),
        ("press_clear", {"cabin": 1, "twice": True}, "press_clear has no twice"),
        ("press_clear", {"cabin": 0}, "no such cabin: 0"),
        ("get_out", {"cabin": 3}, "no such cabin: 3"),
        ("drive_off", {"cabin": 1}, "no vehicle in cabin 1"),
        ("arrive", {"cabin": 1, "tag": 5}, "tag 5 stands in bay:1-1"),
        ("arrive", {"cabin": 1, "vehicle": {"id": "x"}}, "vehicle record x"),
        ("press_clear", {"cabin": [1]}, "press_clear: "),
        ("set_key", {"mode": 4}, "no such key position: 4"),
    ],
)
def test_what_cannot_be_done_is_refused_and_not_written_down(
    bench: Bench, name: str, params: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        deeds.perform(bench.sim, name, params)
    assert bench.sim.history == []
