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


@pytest.fixture
def bench() -> Bench:
    return Bench(("bay:1-1", Car(5))).execute()


def test_a_lost_link_holds_and_nothing_but_unhold_goes_on(bench: Bench) -> None:
    seq = bench.send(C, 1, 5, 3)
    bench.run(2)
    bench.beating = False
    bench.run(0.9)
    assert bench.link == 1
    bench.run(0.3)
    assert bench.link == 2
    bench.run(3)
    assert (bench.state, bench.stop_reason) == (HELD, 2)
    assert bench.alarms() == {7}
    assert not bench.sim.plant.lift.moving
    bench.beating = True
    bench.run(2)
    assert (bench.link, bench.state) == (1, HELD)
    assert bench.packml(UNHOLD) == 0
    assert bench.wait(C, seq) == (3, 0)


def test_the_first_ctl_of_a_session_only_copies(bench: Bench) -> None:
    bench.session = 99
    bench.packml_seq += 7
    bench.packml_command = STOP
    bench.run(0.3)
    assert bench.state == EXECUTE
    words = bench.sim.read(128, 32)
    assert (words[16], words[17], words[18]) == (bench.packml_seq, 0, 99)


@pytest.mark.parametrize(("command", "code"), [(START, 5), (RESET, 5), (UNHOLD, 5), (CLEAR, 5), (6, 1), (0, 0)])
def test_packml_commands_out_of_turn(bench: Bench, command: int, code: int) -> None:
    assert bench.packml(command) == code
    assert bench.state == EXECUTE


def test_stop_ends_what_runs(bench: Bench) -> None:
    seq = bench.send(C, 1, 5, 3)
    bench.run(2)
    assert bench.packml(STOP, settle_s=4) == 0
    assert (bench.state, bench.stop_reason) == (STOPPED, 1)
    assert bench.wait(C, seq) == (5, 6)


def test_the_pcs_own_abort_owes_no_reset(bench: Bench) -> None:
    assert bench.packml(ABORT, settle_s=2) == 0
    assert (bench.state, bench.stop_reason) == (ABORTED, 1)
    assert bench.packml(STOP) == 5
    assert bench.packml(CLEAR) == 0
    assert bench.state == STOPPED


def test_an_open_chain_aborts_and_asks_the_reset_button(bench: Bench) -> None:
    seq = bench.send(C, 1, 5, 3)
    bench.run(2)
    bench.sim.estop(pressed=True)
    bench.run(2)
    assert (bench.state, bench.stop_reason) == (ABORTED, 3)
    assert bench.wait(C, seq) == (5, 6)
    bench.sim.press_reset()
    bench.run(0.2)
    assert bench.packml(CLEAR) == 6
    bench.sim.estop(pressed=False)
    bench.run(1)
    assert bench.state == ABORTED
    assert bench.packml(CLEAR) == 6
    bench.sim.press_reset()
    bench.run(0.2)
    assert bench.packml(CLEAR) == 0
    assert bench.state == STOPPED
    assert bench.alarms() == set()
    assert 0 in bench.unacked()


@pytest.mark.parametrize(
    ("fault", "where", "alarm", "reason", "state"),
    [
        ("fire", {}, 2, 4, ABORTED),
        ("overspeed", {}, 3, 5, ABORTED),
        ("slack_rope", {}, 4, 6, ABORTED),
        ("gate_open", {}, 5, 13, HELD),
        ("mains_lost", {}, 6, 11, HELD),
        ("brake_fault", {}, 12, 16, ABORTED),
        ("bay_overhang", {"bay": "2-2"}, 36, 16, HELD),
        ("ups_low", {}, 38, 16, HELD),
        ("plc_internal", {}, 39, 14, ABORTED),
        ("shaft_person", {}, 40, 13, ABORTED),
        ("cabinet_hot", {}, 37, 0, EXECUTE),
    ],
)
def test_alarms_stop_as_the_catalogue_says(
    bench: Bench, fault: str, where: dict[str, str], alarm: int, reason: int, state: int
) -> None:
    bench.sim.fault(fault, on=True, **where)
    bench.run(1)
    assert alarm in bench.alarms()
    assert (bench.state, bench.stop_reason) == (state, reason)
    assert bench.sim.read(352, 48)[18] == alarm
    bench.sim.fault(fault, on=False, **where)
    bench.run(0.2)
    assert alarm not in bench.alarms()
    assert alarm in bench.unacked()
    bench.sim.press_reset()
    bench.acknowledge()
    bench.run(0.2)
    assert bench.unacked() <= {1}


@pytest.mark.parametrize(
    ("fault", "where", "error", "alarm"),
    [
        ("drive_fault", {"axis": "lift"}, 5, 8),
        ("jam_axis", {"axis": "lift"}, 2, 13),
        ("jam_axis", {"axis": "turntable"}, 2, 14),
    ],
)
def test_a_faulty_axis_ends_the_command_then_holds(
    bench: Bench, fault: str, where: dict[str, str], error: int, alarm: int
) -> None:
    seq = bench.send(C, 1, 5, 3)
    bench.run(1)
    bench.sim.fault(fault, on=True, **where)
    assert bench.wait(C, seq) == (4, error)
    bench.run(3)
    assert bench.state == HELD
    assert alarm in bench.alarms()
    assert bench.packml(UNHOLD) == 6
    bench.sim.fault(fault, on=False, **where)
    bench.acknowledge(alarm)
    assert bench.packml(UNHOLD) == 0


def test_a_jammed_lock_and_a_jammed_door(bench: Bench) -> None:
    bench.done(C, 1, 1, 1)
    bench.sim.fault("jam_lock", bay="1-1")
    assert bench.do(B, 10, 1, 1) == (4, 2)
    bench.run(0.2)
    assert 35 in bench.alarms()
    assert bench.sim.read(1024, 1)[0] & 8
    bench.done(K, 21, 1, bench.epoch())
    bench.sim.fault("door_blocked", cabin=1)
    assert bench.do(K, 21, 0) == (4, 7)
    bench.run(0.2)
    assert 22 in bench.alarms()
    assert bench.cab()[2] == 2


def test_a_person_while_the_inner_door_is_open_holds(bench: Bench) -> None:
    bench.to_cabin_with(1, 1)
    seq = bench.send(C, 3, 0, 1, bench.epoch())
    bench.run(3)
    bench.sim.person(1, present=True)
    bench.run(2)
    assert (bench.state, bench.stop_reason) == (HELD, 8)
    assert bench.status(C).state == 6
    bench.sim.person(1, present=False)
    bench.run(0.3)
    assert bench.packml(UNHOLD) == 10
    bench.sim.press_clear(1)
    bench.run(0.2)
    assert bench.packml(UNHOLD) == 0
    assert bench.wait(C, seq) == (3, 0)


def test_motion_with_the_fork_in_the_cabin_ends_the_command(bench: Bench) -> None:
    bench.to_cabin_with(1, 1)
    seq = bench.send(C, 3, 0, 1, bench.epoch())
    bench.run(4)
    bench.sim.motion(1, present=True)
    assert bench.wait(C, seq) == (4, 1)
    assert not bench.sim.plant.fork.moving
    assert not bench.sim.plant.fork_centred


def test_the_inner_door_reopens_when_the_doorway_is_lost(bench: Bench) -> None:
    bench.to_cabin_with(1, 1)
    seq = bench.send(K, 20, 0)
    bench.run(1.5)
    bench.sim.fault("doorway_blocked", cabin=1)
    assert bench.wait(K, seq) == (4, 1)
    assert bench.cab()[3] == 2


def test_the_exit_button_lets_out(bench: Bench) -> None:
    seq = bench.send(C, 1, 5, 3)
    bench.run(1)
    bench.sim.press_exit(1)
    bench.run(3)
    assert 32 in bench.alarms()
    assert bench.packml(UNHOLD) == 6
    bench.run(8)
    assert (bench.state, bench.stop_reason) == (HELD, 9)
    assert bench.cab()[2] == 2
    assert bench.packml(UNHOLD) == 0
    assert bench.wait(C, seq) == (3, 0)


def test_the_exit_button_with_the_fork_inside_aborts_and_opens_by_hand(bench: Bench) -> None:
    bench.to_cabin_with(1, 1)
    bench.send(C, 3, 0, 1, bench.epoch())
    bench.run(4)
    bench.sim.press_exit(1)
    bench.run(2)
    assert (bench.state, bench.stop_reason) == (ABORTED, 9)
    assert bench.sim.read(128, 32)[8] & 2 == 0
    assert bench.cab()[2] == 0
    bench.sim.open_by_hand(1)
    bench.run(8)
    assert bench.cab()[2] == 2
    assert bench.packml(CLEAR) == 0


def test_the_key_holds_and_manual_wants_the_switch(bench: Bench) -> None:
    seq = bench.send(C, 1, 5, 3)
    bench.run(2)
    bench.sim.set_key(MANUAL)
    bench.run(3)
    assert (bench.state, bench.stop_reason) == (HELD, 12)
    assert bench.packml(UNHOLD) == 9
    bench.sim.enabling(held=True)
    bench.run(0.2)
    assert bench.packml(UNHOLD) == 0
    bench.run(3)
    assert 0 < bench.sim.plant.lift.velocity <= 200.001
    bench.sim.enabling(held=False)
    bench.run(2)
    assert (bench.state, bench.stop_reason) == (HELD, 15)
    bench.sim.enabling(held=True)
    bench.run(1)
    assert bench.state == HELD
    assert bench.packml(UNHOLD) == 0
    assert bench.wait(C, seq) == (3, 0)


def test_homing_in_idle_ends_with_error_1_when_the_link_is_lost() -> None:
    bench = Bench(homed=False)
    bench.packml(RESET)
    assert bench.state == IDLE
    assert bench.do(C, 4, 9) == (3, 0)
    assert [bench.sim.read(block, 16)[3] & 2 for block in (224, 240, 256)] == [2, 2, 2]
    bench.sim.plant.lift.position = 5000
    seq = bench.send(C, 4, 0)
    bench.run(1)
    bench.beating = False
    bench.run(2)
    assert (bench.status(C).last_seq, bench.status(C).last_error) == (seq, 1)
    assert bench.state == IDLE


def test_after_a_restart_the_reset_is_still_owed(bench: Bench) -> None:
    bench.sim.estop(pressed=True)
    bench.run(0.5)
    bench.sim.estop(pressed=False)
    bench.run(0.5)
    bench.sim.restart_plc()
    assert bench.state == ABORTED
    assert bench.sim.read(128, 32)[8] & 2


def test_a_frozen_plc_shows_its_last_words(bench: Bench) -> None:
    beat = bench.sim.read(130, 1)
    bench.sim.fault("frozen_plc")
    bench.run(2)
    assert bench.sim.read(130, 1) == beat
    bench.sim.fault("frozen_plc", on=False)
    bench.run(0.2)
    assert bench.sim.read(130, 1) != beat


def test_an_unknown_fault_is_refused(bench: Bench) -> None:
    with pytest.raises(ValueError, match="no such fault"):
        bench.sim.fault("gremlin")


def test_the_key_back_in_auto_is_a_turn_too(bench: Bench) -> None:
    bench.sim.set_key(0)
    bench.run(0.3)
    assert (bench.state, bench.stop_reason) == (HELD, 12)
    assert bench.packml(UNHOLD) == 4
    bench.sim.set_key(AUTO)
    bench.run(0.3)
    assert bench.packml(UNHOLD) == 0


def test_two_cabins_are_two() -> None:
    bench = Bench(("bay:1-1", Car(5)), cabins=2).execute()
    bench.run(11)
    bench.done(C, 1, 0, 2)
    assert bench.sim.read(240, 16)[10] == 2
    assert bench.refusal(K, 20, 1, bench.epoch(1)) == 6
    bench.done("CABIN2", 20, 1, bench.epoch(2))
    assert bench.refusal(C, 1, 1, 1) == 6
    bench.done(K, 21, 1, bench.epoch(1))
    bench.sim.person(2, present=True)
    bench.run(0.5)
    assert 21 in bench.alarms()
    assert bench.state == HELD
    bench.sim.person(2, present=False)
    bench.run(0.2)
    bench.done("CABIN2", 20, 0)
    assert bench.refusal("CABIN2", 21, 1, bench.epoch(2)) == 0


def test_the_vehicle_lost_on_the_way_aborts_until_acknowledged() -> None:
    bench = Bench(("carriage", Car(5))).execute()
    bench.send(C, 1, 5, 3)
    bench.run(2)
    for sensor in ("front", "rear"):
        bench.sim.fault("sensor_stuck", sensor=sensor, value=0)
    bench.run(2)
    assert 17 in bench.alarms()
    assert (bench.state, bench.stop_reason) == (ABORTED, 16)
    bench.sim.press_reset()
    bench.run(0.2)
    assert bench.packml(CLEAR) == 6
    bench.acknowledge(17)
    bench.sim.press_reset()
    bench.run(0.2)
    assert bench.packml(CLEAR) == 0


def test_a_disagreement_after_the_fork_is_error_8_and_an_override_decides() -> None:
    bench = Bench(("bay:1-1", Car(5)), ("bay:1-2", Car(6))).execute()
    bench.done(C, 1, 1, 1)
    bench.done(B, 10, 1, 1)
    bench.sim.fault("sensor_stuck", sensor="rear", value=0)
    assert bench.do(C, 2, 1, 1) == (4, 8)
    bench.run(0.5)
    assert bench.state == HELD
    assert 16 in bench.alarms()
    bench.sim.set_key(MANUAL)
    bench.sim.enabling(held=True)
    bench.run(0.2)
    assert bench.packml(UNHOLD) == 0
    assert bench.do(C, 3, 1, 1, 0, 8) == (3, 0)
    assert bench.sim.truth()[5] == "bay:1-1"
