from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.heads import head, paper, samples, sweep
from towerd.faceid.challenge import Challenge, ChallengeRules, Sample, begin, draw_order, observe
from towerd.faceid.liveness import Side

RULES = ChallengeRules(same=0.4)
LEFT_RIGHT: tuple[Side, Side] = ("left", "right")
TURNS = sweep(0, 30, 0, -30, 0)


def after(frames: Iterable[Sample], order: tuple[Side, ...] = LEFT_RIGHT) -> Challenge:
    challenge = begin(order, 1, 100.0)
    for frame in frames:
        challenge = observe(challenge, frame, RULES)
    return challenge


def test_turns_in_the_order_asked_pass() -> None:
    challenge = after(samples(TURNS))
    assert (challenge.outcome, challenge.made, challenge.reason) == ("passed", 2, "")
    assert after(samples(sweep(0, -20, 0, 20, 0, -20, 0)), ("right", "left", "right")).outcome == "passed"
    assert after(samples(sweep(0, 20, 0, 20, 0, -20, 0)), ("left", "left", "right")).outcome == "passed"


def test_what_is_asked_is_told_step_by_step() -> None:
    asked = []
    challenge = begin(LEFT_RIGHT, 1, 100.0)
    for frame in samples(TURNS):
        challenge = observe(challenge, frame, RULES)
        if not asked or asked[-1] != (challenge.ask, challenge.made):
            asked.append((challenge.ask, challenge.made))
    assert asked == [("ahead", 0), ("left", 0), ("ahead", 1), ("right", 1), ("ahead", 2)]


def test_it_begins_once_the_head_looks_ahead() -> None:
    assert after(samples([30] * 10)).ask == "ahead"
    assert after(samples([30] * 10 + sweep(30, 0))).ask == "left"


def test_a_finished_one_stays_as_it_is() -> None:
    passed = after(samples(TURNS))
    assert observe(passed, Sample(1e6, 9, None, 0), RULES) is passed
    failed = after(samples([0, 0], start_mono_s=200))
    assert observe(failed, samples([0])[0], RULES) is failed


def test_a_head_that_still_seems_turned_when_it_is_asked_is_no_answer() -> None:
    asked = [*sweep(0, 30, 10), 10]  # asked to turn right with the last frame
    assert after(samples([*asked, 16, 5, 0, *sweep(0, -30, 0)])).outcome == "passed"
    assert after(samples([*asked, 16, 16, 16, 16])).reason == "wrong_side"


def test_a_turn_to_the_other_side_ends_it() -> None:
    challenge = after(samples([*[0] * 5, *sweep(0, -20)]))
    assert (challenge.outcome, challenge.reason) == ("failed", "wrong_side")


def test_a_head_that_seems_ahead_for_one_frame_is_still_turned() -> None:
    still = [*[0] * 5, *sweep(0, 30), 30, 5, 30, 30, 30, 30, 30]
    assert (after(samples(still)).ask, after(samples(still)).outcome) == ("ahead", "asking")
    assert after(samples([*still, *sweep(30, 0, -30, 0)])).outcome == "passed"
    odd = samples([*[0] * 5, *sweep(0, 30), 5, 5, 5])
    odd[-2] = replace(odd[-2], similarity=0.1)
    assert after(odd).ask == "ahead", "a frame of somebody else looks nowhere"


def test_fifteen_degrees_to_one_side_only_are_not_enough() -> None:
    assert after(samples(sweep(0, 30, 0, -14, 0))).outcome == "asking"


@pytest.mark.parametrize("still", [samples([0] * 200), [replace(one, landmarks=None) for one in samples([0] * 200)]])
def test_who_does_nothing_or_is_gone_fails(still: list[Sample]) -> None:
    challenge = after(still)
    assert challenge.outcome == "failed"
    assert challenge.reason == ("face_lost" if still[0].landmarks is None else "too_slow")


def test_paper_that_is_turned_and_shifted_does_not_pass() -> None:
    frames = [
        replace(one, landmarks=paper(60 * (-1) ** (n // 20), 40 + n % 7)) for n, one in enumerate(samples([0] * 200))
    ]
    assert after(frames).reason == "too_slow"


def test_a_face_that_was_gone_for_a_moment_may_go_on() -> None:
    frames = samples(TURNS)
    frames[7:12] = [replace(one, landmarks=None) for one in frames[7:12]]
    assert after(frames).outcome == "passed"


def test_another_track_ends_it() -> None:
    frames = samples(TURNS)
    frames[5:] = [replace(one, track=2) for one in frames[5:]]
    assert after(frames).reason == "face_changed"


def test_another_face_ends_it_and_one_poor_frame_does_not() -> None:
    frames = samples(TURNS)
    frames[3] = replace(frames[3], similarity=0.1)
    assert after(frames).outcome == "passed"
    frames[4] = replace(frames[4], similarity=0.1)
    assert after(frames).reason == "another_face"


def test_another_face_for_a_frame_at_a_time_is_found_out_as_well() -> None:
    still = samples([0, 0, *[30] * 8])
    for flashes, reason in ((3, ""), (4, "another_face")):
        frames = [replace(one, similarity=0.1) if n % 2 and n < 2 * flashes else one for n, one in enumerate(still)]
        assert after(frames).reason == reason


def test_a_turn_counts_on_a_face_that_was_compared_only() -> None:
    beyond = [replace(one, similarity=0.0) for one in samples(sweep(50, 70, 50))]
    there = samples(sweep(0, 10))
    frames = [*there, *(replace(one, mono_s=there[-1].mono_s + 0.1 * n) for n, one in enumerate(beyond, 1))]
    challenge = after(frames)
    assert (challenge.outcome, challenge.made, challenge.odd) == ("asking", 0, 0)


def test_a_picture_that_is_swapped_for_another_jumps() -> None:
    assert after(samples([0, 0, 36])).reason == "jump"
    assert after(samples([0, 0, 30])).outcome == "asking"
    # after a longer pause a head may be further on, but not anywhere
    assert after(samples([-35, -35, 35], period_s=0.4)).outcome == "asking"
    assert after(samples([-39, -39, 39], period_s=0.4)).reason == "jump"
    # beyond what is compared angles are not exact
    assert after(samples([0, 0, 60])).outcome == "asking"


def test_an_order_without_both_sides_proves_nothing() -> None:
    for order in ((), ("left",), ("right", "right")):
        with pytest.raises(ValueError, match="proves nothing"):
            begin(order, 1, 0.0)  # type: ignore[arg-type]


def test_orders_are_drawn_until_both_sides_are_in() -> None:
    drawn = iter(("left", "left", "left", "right", "left", "right"))
    assert draw_order(2, lambda sides: next(drawn)) == ("left", "right")  # type: ignore[arg-type, return-value]


@given(st.lists(st.floats(-14.9, 14.9), max_size=120), st.permutations(["left", "right", "left"]))
def test_nothing_below_the_least_turn_ever_passes(yaws: list[float], order: list[Side]) -> None:
    assert after(samples(yaws), tuple(order)).outcome != "passed"


@given(st.lists(st.floats(-60, 60), max_size=150), st.permutations(["left", "right", "left"]))
def test_what_passed_showed_both_sides(yaws: list[float], order: list[Side]) -> None:
    if after([Sample(100 + n / 15, 1, head(yaw), 0.8) for n, yaw in enumerate(yaws)], tuple(order)).outcome == "passed":
        assert max(yaws) >= 15 - 1e-6
        assert min(yaws) <= -15 + 1e-6
