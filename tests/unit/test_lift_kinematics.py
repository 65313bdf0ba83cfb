from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towerd.lift.kinematics import Kinematics, Motion


def test_a_short_move_never_reaches_full_speed() -> None:
    assert Motion(velocity=10.0, acceleration=1.0).time_s(25.0) == pytest.approx(10.0)


def test_a_long_move_runs_at_full_speed_between_two_ramps() -> None:
    assert Motion(velocity=10.0, acceleration=1.0).time_s(-200.0) == pytest.approx(30.0)


def test_both_profiles_meet_where_the_ramps_touch() -> None:
    motion = Motion(velocity=10.0, acceleration=1.0)
    assert motion.time_s(100.0) == pytest.approx(motion.time_s(99.999999), rel=1e-6) == pytest.approx(20.0)


@given(st.floats(0.0, 1e5), st.floats(0.0, 1e5))
def test_farther_never_takes_less(one: float, other: float) -> None:
    motion = Motion(1500.0, 800.0)
    near, far = sorted((one, other))
    assert motion.time_s(near) <= motion.time_s(far) + 1e-9


def test_heights_of_ground_and_floors() -> None:
    kinematics = Kinematics(ground_mm=-100.0, first_floor_mm=3000.0, floor_pitch_mm=2400.0)
    assert [kinematics.height_mm(floor) for floor in (0, 1, 3)] == [-100.0, 3000.0, 7800.0]


def test_angles_of_cabins_and_bays() -> None:
    kinematics = Kinematics(positions=4, cabin_deg=(10.0, 190.0))
    assert kinematics.angle_deg(0, 2) == 190.0
    assert [kinematics.angle_deg(5, position) for position in (1, 2, 4)] == [0.0, 90.0, 270.0]


@pytest.mark.parametrize(
    ("start", "end", "turn"), [(0, 90, 90), (350, 10, 20), (10, 350, 20), (0, 180, 180), (0, 720, 0)]
)
def test_the_shorter_way_round(start: float, end: float, turn: float) -> None:
    assert Kinematics().turn_deg(start, end) == pytest.approx(turn)


def test_the_slower_axis_sets_the_time() -> None:
    lift_only = Kinematics(positions=4)
    high = lift_only.travel_s(0.0, 0.0, (20, 1))
    assert high == Motion(1500.0, 800.0).time_s(lift_only.height_mm(20))
    round_only = lift_only.travel_s(lift_only.height_mm(1), 0.0, (1, 3))
    assert round_only == Motion(30.0, 20.0).time_s(180.0)


def test_where_it_stands_already_it_needs_no_time() -> None:
    assert Kinematics().travel_s(0.0, 0.0, (0, 1)) == 0.0


def test_speed_up_scales_the_plant() -> None:
    slow, fast = Kinematics(), Kinematics(speed_up=10.0)
    assert fast.travel_s(0.0, 0.0, (3, 4)) == pytest.approx(slow.travel_s(0.0, 0.0, (3, 4)) / 10.0)
    assert fast.fork_cycle_s == pytest.approx(slow.fork_cycle_s / 10.0) == pytest.approx(0.9)
