from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.config import Kinematics, SimulatorConfig
from simulator.kinematics import Axis, Mechanism, trapezoid_time_s


def axis(position: float = 0.0) -> Axis:
    return Axis("lift", 0.0, 20_000.0, 800.0, 400.0, position=position)


@pytest.mark.parametrize(("distance", "seconds"), [(0, 0), (400, 2.0), (1600, 4.0), (8000, 12.0), (-8000, 12.0)])
def test_least_time(distance: float, seconds: float) -> None:
    assert trapezoid_time_s(distance, 800, 400) == pytest.approx(seconds)


@pytest.mark.parametrize(("velocity", "acceleration"), [(0, 1), (1, 0)])
def test_least_time_refuses_a_drive_that_cannot_move(velocity: float, acceleration: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        trapezoid_time_s(1, velocity, acceleration)


@given(start=st.floats(0, 20_000), target=st.floats(0, 20_000), dt_s=st.sampled_from([0.001, 0.01, 0.37, 3.0]))
def test_a_move_takes_its_least_time_whatever_the_step(start: float, target: float, dt_s: float) -> None:
    moved = axis(start)
    moved.move_to(target)
    steps = 0
    while moved.moving:
        moved.step(dt_s)
        steps += 1
    least_s = trapezoid_time_s(target - start, 800, 400)
    assert moved.position == target
    assert moved.velocity == 0
    assert steps * dt_s == pytest.approx(least_s, abs=dt_s * 1.01)


def test_a_stop_takes_the_ramp_and_the_move_goes_on_from_there() -> None:
    moved = axis()
    moved.move_to(8000)
    moved.step(4.0)
    assert moved.velocity == pytest.approx(800)
    before = moved.position
    moved.stop()
    moved.step(10.0)
    assert moved.position - before == pytest.approx(800)
    assert not moved.moving
    moved.move_to(8000)
    moved.step(60)
    assert moved.position == 8000


@pytest.mark.parametrize("target", [0.0, 900.0, 20_000.0])
def test_a_new_target_under_way_is_reached_exactly(target: float) -> None:
    moved = axis()
    moved.move_to(8000)
    moved.step(2.5)
    moved.move_to(target, ratio=0.25)
    moved.step(200)
    assert moved.position == pytest.approx(target)
    assert moved.velocity == 0


def test_a_jammed_axis_stands() -> None:
    moved = axis()
    moved.jammed = True
    moved.move_to(100)
    moved.step(5)
    assert moved.position == 0
    moved.stop()
    assert not moved.moving


def test_a_mechanism_goes_from_end_to_end() -> None:
    door = Mechanism(4.0)
    door.drive(1)
    assert not door.at_zero
    door.step(2.0)
    door.stop()
    assert (door.at_zero, door.at_one, door.position_ratio) == (False, False, 0.5)
    door.drive(1)
    door.step(2.0)
    assert door.at_one


def test_speed_up_divides_every_time() -> None:
    plain, fast = Kinematics(), Kinematics().scaled(4.0)
    slow_s = trapezoid_time_s(9000, plain.lift_velocity_mm_s, plain.lift_acceleration_mm_s2)
    fast_s = trapezoid_time_s(9000, fast.lift_velocity_mm_s, fast.lift_acceleration_mm_s2)
    assert fast_s == pytest.approx(slow_s / 4)
    assert fast.outer_door_s == plain.outer_door_s / 4


@pytest.mark.parametrize("wrong", [{"floors": 41}, {"positions": 0}, {"cabins": 3}, {"speed_up": 0}])
def test_a_tower_that_the_table_cannot_show_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be"):
        SimulatorConfig(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("start", "end", "way"),
    [(0.0, 9000.0, 9000.0), (3000.0, 33000.0, -6000.0), (33000.0, 3000.0, 6000.0), (0.0, 18000.0, -18000.0)],
)
def test_a_turntable_turns_the_shorter_way_round(start: float, end: float, way: float) -> None:
    axis = Axis("turntable", 0.0, 36_000.0, 3000.0, 1500.0, position=start, full_turn=36_000.0)
    assert axis.way_to(end, nearest=True) == way
    axis.move_to(end, nearest=True)
    took_s = 0.0
    while axis.moving:
        axis.step(0.01)
        took_s += 0.01
        assert 0.0 <= axis.position < 36_000.0 or axis.position == end
    assert axis.position == end
    assert took_s == pytest.approx(trapezoid_time_s(way, 3000.0, 1500.0), abs=0.02)


def test_an_axis_with_ends_goes_straight() -> None:
    axis = Axis("lift", 0.0, 36_000.0, 3000.0, 1500.0, position=33_000.0)
    assert axis.way_to(3000.0, nearest=True) == -30_000.0


def test_a_move_that_was_stopped_while_it_braked_can_be_finished() -> None:
    """The ramp of the stop is that of the move: it ends at the goal but for a rounding error, for which no move can be planned."""
    axis = Axis("turntable", 0.0, 36_000.0, 6000.0, 3000.0, position=27_000.0, full_turn=36_000.0)
    axis.move_to(13_500.0, nearest=True)
    for _ in range(120):
        axis.step(0.02)
    axis.stop()
    while axis.moving:
        axis.step(0.02)
    assert 0.0 < abs(axis.position - 13_500.0) < 1e-9
    axis.move_to(13_500.0, nearest=True)
    assert (axis.moving, axis.position) == (False, 13_500.0)
