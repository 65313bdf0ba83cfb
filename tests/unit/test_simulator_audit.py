"""Paragraphs of plc-if.md that no other file of tests asks about, each by its number."""

from __future__ import annotations

import pytest

from simulator.cars import Car
from tests.unit.simulator_bench import (
    ABORT,
    ABORTED,
    AUTO,
    CLEAR,
    EXECUTE,
    HELD,
    HOLD,
    IDLE,
    MANUAL,
    RESET,
    START,
    STOP,
    STOPPED,
    UNHOLD,
    Bench,
)

C, B, K = "CARRIAGE", "BAYS", "CABIN1"
OFF, MAINTENANCE = 0, 3


@pytest.fixture
def bench() -> Bench:
    return Bench(("bay:1-1", Car(5))).execute()


def manual(bench: Bench) -> Bench:
    bench.sim.set_key(MANUAL)
    bench.sim.enabling(held=True)
    bench.run(0.3)
    assert bench.packml(UNHOLD) == 0
    return bench


def test_3_1_a_lost_link_stops_a_rescue(bench: Bench) -> None:
    bench.packml(HOLD)
    seq = bench.send(K, 21, 1, bench.epoch())
    bench.run(1)
    bench.beating = False
    bench.run(1.5)
    assert (bench.status(K).last_seq, bench.status(K).last_error) == (seq, 1)
    assert bench.cab()[2] == 4


@pytest.mark.parametrize("key", [OFF, MAINTENANCE])
def test_4_1_the_key_stops_a_rescue_and_manual_does_not(bench: Bench, key: int) -> None:
    bench.packml(STOP)
    seq = bench.send(K, 21, 1, bench.epoch())
    bench.run(0.5)
    bench.sim.set_key(MANUAL)
    bench.run(0.3)
    assert bench.status(K).active_seq == seq
    bench.sim.set_key(key)
    bench.run(0.3)
    assert (bench.status(K).last_result, bench.status(K).last_error) == (4, 1)


@pytest.mark.parametrize("key", [OFF, AUTO, MANUAL, MAINTENANCE])
def test_4_1_stop_and_abort_act_in_every_key_position(bench: Bench, key: int) -> None:
    bench.sim.set_key(key)
    bench.run(0.3)
    assert bench.packml(STOP) == 0
    assert bench.state == STOPPED
    assert bench.packml(ABORT) == 0
    assert bench.state == ABORTED
    assert bench.packml(CLEAR) == (0 if key in (AUTO, MANUAL) else 4)


def test_4_2_home_and_locks_in_idle(bench: Bench) -> None:
    bench.done(C, 1, 1, 1)
    bench.packml(STOP)
    bench.packml(RESET)
    assert bench.state == IDLE
    assert bench.refusal(B, 10, 1, 1) == 5
    assert bench.refusal(C, 1, 2, 1) == 5
    bench.sim.set_key(MANUAL)
    bench.run(0.2)
    assert bench.refusal(B, 10, 1, 1) == 9
    bench.sim.enabling(held=True)
    bench.run(0.2)
    bench.done(B, 10, 1, 1)
    bench.done(B, 11, 1, 1)
    bench.done(C, 4, 0)


def test_4_4_closing_the_chain_starts_nothing_and_an_abort_of_the_pc_counts_as_none(bench: Bench) -> None:
    bench.packml(ABORT, settle_s=1)
    bench.sim.estop(pressed=True)
    bench.run(0.3)
    bench.sim.estop(pressed=False)
    bench.run(1)
    assert bench.state == ABORTED
    assert 1 in bench.alarms()
    assert bench.packml(CLEAR) == 6
    bench.sim.press_reset()
    bench.run(0.2)
    assert bench.packml(CLEAR) == 0


@pytest.mark.parametrize("key", [OFF, AUTO, MANUAL, MAINTENANCE])
def test_4_6_the_exit_button_acts_in_every_key_position_without_the_pc(bench: Bench, key: int) -> None:
    bench.to_cabin_with(1, 1)
    bench.sim.set_key(key)
    bench.beating = False
    bench.run(2)
    bench.sim.press_exit(1)
    bench.run(12)
    assert bench.cab()[2:4] == [2, 0]
    assert not bench.sim.plant.booths[0].inner.moving


def test_4_6_the_exit_button_in_aborted_waits_for_the_chain(bench: Bench) -> None:
    bench.sim.estop(pressed=True)
    bench.run(0.5)
    bench.sim.press_exit(1)
    bench.run(6)
    assert bench.cab()[2] == 0
    bench.sim.estop(pressed=False)
    bench.run(6)
    assert bench.state == ABORTED
    assert bench.cab()[2] == 2


def test_4_6_until_that_door_was_open_nothing_starts_and_the_cabin_is_busy(bench: Bench) -> None:
    bench.sim.inject("jam_door", cabin=1, door="outer")
    seq = bench.send(K, 21, 1, bench.epoch())
    bench.run(0.5)
    bench.sim.press_exit(1)
    bench.run(1)
    assert (bench.status(K).last_seq, bench.status(K).last_error) == (seq, 1)
    assert bench.refusal(K, 22, 1) == 3
    assert bench.packml(UNHOLD) == 6
    bench.packml(STOP)
    bench.packml(RESET)
    assert bench.packml(START) == 6
    bench.sim.clear("jam_door")
    bench.run(6)
    assert bench.packml(START) == 0


def test_4_6_without_power_the_outer_door_opens_by_hand(bench: Bench) -> None:
    with pytest.raises(ValueError, match="by hand"):
        bench.sim.open_by_hand(1)
    epoch = bench.epoch()
    bench.sim.inject("mains_lost")
    bench.run(0.5)
    bench.sim.open_by_hand(1)
    bench.run(6)
    assert bench.cab()[2] == 2
    assert bench.epoch() != epoch
    assert not bench.clear_confirmed()


def test_6_mains_lost_under_way_stands_at_once_and_a_generator_brings_the_car_out(bench: Bench) -> None:
    seq = bench.send(C, 1, 5, 3)
    bench.run(2)
    bench.sim.inject("mains_lost")
    bench.run(1)
    assert (bench.state, bench.stop_reason) == (HELD, 11)
    assert not bench.sim.plant.lift.moving
    assert bench.packml(UNHOLD) == 6
    bench.sim.inject("on_generator")
    bench.run(0.3)
    safety = bench.sim.read(136, 1)[0]
    assert (safety >> 3 & 1, safety >> 10 & 1) == (0, 1)
    assert 6 not in bench.alarms()
    assert bench.packml(UNHOLD) == 0
    assert bench.wait(C, seq) == (3, 0)


def test_6_with_a_generator_at_once_nothing_holds(bench: Bench) -> None:
    bench.sim.inject("mains_lost", generator=1)
    bench.run(0.5)
    assert bench.state == EXECUTE
    assert 6 not in bench.alarms()


def test_5_a_lost_reference_ends_a_move_with_error_1(bench: Bench) -> None:
    seq = bench.send(C, 1, 5, 3)
    bench.run(1)
    bench.sim.inject("lose_reference", axis="turntable")
    assert bench.wait(C, seq) == (4, 1)
    assert 11 in bench.alarms()


def test_5_a_lost_reference_of_the_fork_ends_its_cycle_and_home_2_brings_it_in(bench: Bench) -> None:
    bench.done(C, 1, 1, 1)
    bench.done(B, 10, 1, 1)
    seq = bench.send(C, 2, 1, 1)
    bench.run(2)
    bench.sim.inject("lose_reference", axis="fork")
    assert bench.wait(C, seq) == (4, 1)
    assert bench.refusal(C, 2, 1, 1) == 7
    bench.done(C, 4, 2)
    assert bench.sim.plant.fork_centred
    assert bench.sim.truth() == {5: "bay:1-1"}


def test_5_home_with_the_fork_in_a_cabin_asks_its_cabin(bench: Bench) -> None:
    bench.to_cabin_with(1, 1)
    bench.send(C, 3, 0, 1, bench.epoch())
    bench.run(4)
    bench.packml(STOP, settle_s=3)
    bench.packml(RESET)
    bench.sim.inject("motion", cabin=1)
    bench.run(0.2)
    assert bench.refusal(C, 4, 2) == 10
    bench.sim.clear("motion")
    bench.sim.step(0.02)
    assert bench.refusal(C, 4, 2) == 10
    bench.sim.press_clear(1)
    bench.sim.step(0.02)
    bench.done(C, 4, 2)
    assert bench.sim.truth() == {5: "carriage"}


def test_5_8_the_button_counts_with_the_door_open_and_not_with_somebody_inside(bench: Bench) -> None:
    bench.done(K, 21, 1, bench.epoch())
    bench.sim.inject("person", cabin=1)
    bench.sim.press_clear(1)
    bench.run(0.2)
    assert not bench.clear_confirmed()
    bench.sim.clear("person")
    bench.run(0.2)
    assert not bench.clear_confirmed()
    bench.sim.press_clear(1)
    bench.run(0.2)
    assert bench.clear_confirmed()
    bench.sim.curtain(1, tripped=True)
    bench.run(0.2)
    bench.sim.curtain(1, tripped=False)
    bench.run(0.2)
    assert not bench.clear_confirmed()


@pytest.mark.parametrize("rated", [True, False])
def test_5_8_only_rated_detection_confirms_by_itself(rated: bool) -> None:
    bench = Bench(rated_person_detection=rated).execute()
    bench.run(9)
    assert not bench.clear_confirmed()
    bench.run(1.5)
    assert bench.clear_confirmed() is rated


def test_5_8_a_vehicle_in_the_cabin_is_never_confirmed_by_itself() -> None:
    bench = Bench(("cabin:1", Car(5))).execute()
    bench.run(15)
    assert not bench.clear_confirmed()


def test_5_10_tag_mass_and_gauge_read_0_with_one_of_two_sensors() -> None:
    bench = Bench(("cabin:1", Car(5)), ("carriage", Car(6))).execute()
    assert bench.cab()[5:9] == [4300, 1800, 1500, 1500]
    assert bench.sim.read(272, 16)[3:6] == [1500, 0, 6]
    bench.sim.inject("sensors_disagree", cabin=1)
    bench.sim.inject("sensors_disagree")
    bench.run(0.2)
    assert bench.cab()[5:12] == [0] * 7
    assert bench.sim.read(272, 16)[3:6] == [0, 0, 0]


def test_5_11_a_lock_left_out_stays_left_out_while_the_lift_moves(bench: Bench) -> None:
    bench.done(C, 1, 1, 1)
    bench.sim.inject("sensor_stuck", sensor="locked", bay="1-1", value=0)
    bench.run(0.2)
    assert bench.refusal(C, 1, 2, 2) == 6
    manual(bench)
    assert bench.refusal(C, 1, 2, 2) == 6
    assert bench.do(C, 1, 2, 2, 0, 16) == (3, 0)
    assert bench.refusal(C, 1, 3, 3, 0, 16) == 6  # now it stands at another bay


def test_5_11_a_load_lost_under_an_override_is_still_seen() -> None:
    bench = Bench(("carriage", Car(5))).execute()
    manual(bench)
    bench.sim.inject("sensor_stuck", sensor="rear", value=1)
    bench.send(C, 1, 5, 3, 0, 8)
    bench.run(2)
    bench.sim.inject("sensor_stuck", sensor="front", value=0)
    bench.run(0.3)
    assert 17 in bench.alarms()
    assert bench.state == ABORTED


def test_8_2_in_manual_16_is_shown_while_an_override_runs(bench: Bench) -> None:
    bench.sim.inject("sensors_disagree")
    bench.run(0.2)
    assert (bench.state, bench.stop_reason) == (HELD, 10)
    manual(bench)
    bench.send(C, 1, 5, 3, 0, 4)
    bench.run(1)
    assert 16 in bench.alarms()
    assert bench.state == EXECUTE


def test_8_2_36_leaves_out_the_bay_that_the_fork_is_in(bench: Bench) -> None:
    bench.done(C, 1, 1, 1)
    bench.done(B, 10, 1, 1)
    seq = bench.send(C, 2, 1, 1)
    bench.run(2)
    bench.sim.inject("bay_overhang", bay="1-1")
    bench.run(1)
    assert 36 not in bench.alarms()
    bench.sim.inject("bay_overhang", bay="2-2")
    bench.run(2)
    assert 36 in bench.alarms()
    assert bench.state == HELD
    bench.sim.clear("bay_overhang")
    bench.run(0.2)
    assert bench.packml(UNHOLD) == 0
    assert bench.wait(C, seq) == (3, 0)


def test_8_2_34_leaves_out_the_place_the_fork_is_in(bench: Bench) -> None:
    bench.done(C, 1, 1, 1)
    bench.done(B, 10, 1, 1)
    bench.send(C, 2, 1, 1)
    bench.run(2)
    bench.sim.inject("sensors_disagree", bay="1-1")
    bench.run(0.5)
    assert 34 not in bench.alarms()
    bench.sim.inject("sensors_disagree", bay="2-1")
    bench.run(0.5)
    assert 34 in bench.alarms()


def test_9_3_pressed_again_nothing_moves_until_unhold(bench: Bench) -> None:
    manual(bench)
    bench.send(C, 1, 5, 3)
    bench.run(1)
    bench.sim.enabling(held=False)
    bench.run(3)
    assert (bench.state, bench.stop_reason) == (HELD, 15)
    bench.sim.enabling(held=True)
    bench.run(1)
    assert not bench.sim.plant.lift.moving


def test_9_4_a_door_stopped_half_way_reads_4_and_a_failed_one_until_it_moves_on(bench: Bench) -> None:
    seq = bench.send(K, 21, 1, bench.epoch())
    bench.run(2)
    bench.send(K, 90, seq)
    bench.run(0.2)
    assert bench.cab()[2] == 4
    bench.done(K, 21, 1, bench.epoch())
    bench.done(K, 21, 0)
    bench.done(C, 1, 0, 1)
    bench.run(11)
    bench.sim.inject("jam_door", cabin=1)
    assert bench.do(K, 20, 1, bench.epoch()) == (4, 2)
    bench.run(0.2)
    assert bench.cab()[3] == 5
    assert bench.state == HELD
    bench.sim.clear("jam_door")
    bench.acknowledge()
    assert bench.packml(UNHOLD) == 0
    bench.done(K, 20, 1, bench.epoch())
    assert bench.cab()[3] == 2


def test_5_of_two_end_switches_that_differ_the_worse_counts(bench: Bench) -> None:
    bench.to_cabin_with(1, 1)
    bench.sim.inject("sensor_stuck", sensor="inner_closed", cabin=1, value=1)
    bench.run(0.2)
    assert bench.refusal(C, 1, 1, 1) == 6
    assert bench.refusal(K, 21, 1, bench.epoch()) == 6


def test_5_a_fork_that_is_homed_and_out_is_not_centred_whatever_its_switch_says(bench: Bench) -> None:
    bench.done(C, 1, 1, 1)
    bench.done(B, 10, 1, 1)
    seq = bench.send(C, 2, 1, 1)
    bench.run(2)
    bench.send(C, 90, seq)
    bench.run(2)
    bench.sim.inject("sensor_stuck", sensor="fork_centred", value=1)
    bench.run(0.2)
    assert bench.refusal(B, 11, 1, 1) == 6
    assert bench.refusal(C, 1, 2, 2) == 6


def test_a_frozen_plc_moves_nothing_and_goes_on_where_it_was(bench: Bench) -> None:
    seq = bench.send(C, 1, 5, 3)
    bench.run(2)
    bench.sim.inject("frozen_plc", answers=0)
    at_mm = bench.sim.plant.lift.position
    bench.run(3)
    assert bench.sim.wire.silent
    assert bench.sim.plant.lift.position == at_mm
    bench.sim.clear("frozen_plc")
    assert not bench.sim.wire.silent
    assert bench.wait(C, seq) == (3, 0)
