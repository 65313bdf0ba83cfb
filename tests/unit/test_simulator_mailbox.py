from __future__ import annotations

import pytest

from simulator.cars import Car
from simulator.program.mailbox import seq_ahead
from tests.unit.simulator_bench import EXECUTE, HELD, HOLD, UNHOLD, WRITES, Bench

LIFT_TO, NOP, CANCEL = 1, 0, 90


@pytest.fixture
def bench() -> Bench:
    return Bench(("bay:3-4", Car(77))).execute()


@pytest.mark.parametrize(("seq", "taken", "ahead"), [(1, 65535, 1), (5, 5, 0), (4, 5, 65534), (1006, 5, 1001)])
def test_seqs_count_past_65535_to_1(seq: int, taken: int, ahead: int) -> None:
    assert seq_ahead(seq, taken) == ahead


def test_any_seq_is_taken_while_none_was(bench: Bench) -> None:
    bench.seqs["CARRIAGE"] = 40_000
    bench.done("CARRIAGE", LIFT_TO, 1, 1)
    assert bench.status("CARRIAGE").taken_seq == 40_001


def test_the_same_seq_again_does_nothing_whatever_its_arguments(bench: Bench) -> None:
    bench.done("CARRIAGE", LIFT_TO, 1, 1)
    seq = bench.seqs["CARRIAGE"]
    bench.sim.write(WRITES["CARRIAGE"], bench.words(LIFT_TO, (2, 2), seq, 1200))
    bench.run(1)
    assert bench.status("CARRIAGE").active_seq == 0
    assert [record.args[:2] for record in bench.sim.executed] == [(1, 1)]


@pytest.mark.parametrize("step", [-1, 1001])
def test_a_seq_behind_or_too_far_ahead_is_refused_and_not_taken(bench: Bench, step: int) -> None:
    bench.seqs["CARRIAGE"] = 500
    bench.done("CARRIAGE", LIFT_TO, 1, 1)
    taken = bench.seqs["CARRIAGE"]
    bench.seqs["CARRIAGE"] += step - 1
    assert bench.refusal("CARRIAGE", LIFT_TO, 2, 2) == 12
    assert bench.status("CARRIAGE").taken_seq == taken


def test_part_of_a_write_or_another_session_does_nothing(bench: Bench) -> None:
    words = bench.words(LIFT_TO, (1, 1), 1, 1200)
    bench.sim.write(WRITES["CARRIAGE"] + 1, words[1:])
    bench.run(0.2)
    bench.sim.write(WRITES["CARRIAGE"], bench.words(LIFT_TO, (1, 1), 1, 1200, session=99))
    bench.run(0.2)
    assert bench.status("CARRIAGE").taken_seq == 0
    assert bench.sim.executed == []


def test_a_refusal_is_taken_and_leaves_the_running_command_alone(bench: Bench) -> None:
    seq = bench.send("CARRIAGE", LIFT_TO, 5, 3)
    bench.run(0.5)
    assert bench.refusal("CARRIAGE", LIFT_TO, 1, 1) == 3
    assert bench.status("CARRIAGE").active_seq == seq
    assert bench.status("CARRIAGE").taken_seq == seq + 1
    assert bench.wait("CARRIAGE", seq) == (3, 0)


def test_nop_fences_while_busy_and_ends_nothing(bench: Bench) -> None:
    seq = bench.send("CARRIAGE", LIFT_TO, 5, 3)
    bench.run(0.5)
    fence = bench.send("CARRIAGE", NOP)
    bench.run(0.1)
    status = bench.status("CARRIAGE")
    assert (status.fence_seq, status.active_seq, status.last_seq) == (fence, seq, 0)


def test_cancel_stops_on_the_ramp_then_shows_in_the_fence(bench: Bench) -> None:
    seq = bench.send("CARRIAGE", LIFT_TO, 5, 3)
    bench.run(2)
    cancel = bench.send("CARRIAGE", CANCEL, seq)
    bench.sim.step(0.02)
    assert bench.status("CARRIAGE").active_seq == seq
    assert bench.status("CARRIAGE").fence_seq == 0
    bench.run(4)
    status = bench.status("CARRIAGE")
    assert (status.last_seq, status.last_result, status.last_error, status.fence_seq) == (seq, 5, 0, cancel)
    assert not bench.sim.plant.lift.moving


def test_cancel_of_nothing_ends_at_once_and_of_another_is_refused(bench: Bench) -> None:
    assert bench.refusal("CARRIAGE", CANCEL, 9) == 0
    assert bench.status("CARRIAGE").fence_seq == 1
    seq = bench.send("CARRIAGE", LIFT_TO, 5, 3)
    bench.run(0.3)
    assert bench.refusal("CARRIAGE", CANCEL, seq + 5) == 2


def test_a_later_fence_is_not_taken_back_by_a_slow_cancel(bench: Bench) -> None:
    seq = bench.send("CARRIAGE", LIFT_TO, 5, 3)
    bench.run(2)
    bench.send("CARRIAGE", CANCEL, seq)
    bench.sim.step(0.02)
    later = bench.send("CARRIAGE", NOP)
    bench.run(4)
    assert bench.status("CARRIAGE").fence_seq == later


def test_the_time_limit_stops_the_unit(bench: Bench) -> None:
    assert bench.do("CARRIAGE", LIFT_TO, 5, 3, limit_ds=20) == (4, 4)
    assert not bench.sim.plant.lift.moving


def test_hold_finishes_nothing_and_its_time_does_not_count(bench: Bench) -> None:
    seq = bench.send("CARRIAGE", LIFT_TO, 3, 4, limit_ds=150)
    bench.run(3)
    assert bench.packml(HOLD, settle_s=4) == 0
    assert bench.state == HELD
    assert bench.stop_reason == 1
    assert bench.status("CARRIAGE").state == 6
    at = bench.sim.plant.lift.position
    bench.run(30)
    assert bench.sim.plant.lift.position == at
    assert bench.packml(UNHOLD) == 0
    assert bench.state == EXECUTE
    assert bench.stop_reason == 0
    assert bench.wait("CARRIAGE", seq) == (3, 0)


def test_two_units_run_side_by_side(bench: Bench) -> None:
    lift = bench.send("CARRIAGE", LIFT_TO, 3, 4)
    bench.run(11)
    door = bench.send("CABIN1", 21, 1, bench.epoch())
    bench.run(1)
    assert bench.status("CABIN1").active_seq == door
    assert bench.wait("CARRIAGE", lift) == (3, 0)
    assert bench.wait("CABIN1", door) == (3, 0)


def test_cabin_2_of_a_tower_with_one_is_refused_but_fences(bench: Bench) -> None:
    assert bench.refusal("CABIN2", 22, 1) == 2
    fence = bench.send("CABIN2", NOP)
    bench.run(0.1)
    assert bench.status("CABIN2").fence_seq == fence
    assert set(bench.cab(2)[2:-1]) == {0}
