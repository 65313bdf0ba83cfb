"""The active challenge: turn the head left and right in an order that nobody could know before (orders-if.md 6.1). Pure.

A picture cannot do it: paper that is turned or bent shows the nose where it was printed. A film can only by chance: each
turn is asked once the head looks ahead again, and a turn to the other side ends the challenge. Throughout, the face must
be the one it began with, in one piece of plausible motion. Chance and clock come from outside, with the order and the
samples.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from towerd.faceid.liveness import SIDES, Ask, Side
from towerd.faceid.pose import Landmarks, yaw_deg

Outcome = Literal["asking", "passed", "failed"]
Reason = Literal["", "too_slow", "wrong_side", "face_lost", "face_changed", "another_face", "jump"]


@dataclass(frozen=True, slots=True)
class ChallengeRules:
    """What counts; how the values were measured: docs/faces.md.

    `turn_deg` is the least turn, `ahead_deg` the most that still looks ahead; a head looks ahead that does so for
    `ahead_frames` in a row, as landmarks that jitter do for one while it is still turned. `limit_s` is the time for each thing asked;
    nobody reacts within `react_s`, and a head that comes back from a turn may still seem turned.
    `lost_s` is how long no face may be seen. `same` is the least similarity to the face as it was seen before in this challenge
    (`views.py`); it is asked up to `compared_deg`, for beyond it no engine compares well, and a turn counts on a face that
    was compared only. `odd_frames` in a row below it are another face, and so are `odd_most` in all: somebody who lets
    their own face be seen for a frame at a time must not be able to try for long. `speed_deg_s` is the quickest turn of a head, over a time between
    frames that counts as `step_min_s` to `step_max_s`.
    """

    same: float
    turn_deg: float = 15.0
    ahead_deg: float = 12.0
    ahead_frames: int = 2
    compared_deg: float = 40.0
    limit_s: float = 6.0
    react_s: float = 0.25
    lost_s: float = 0.6
    odd_frames: int = 2
    odd_most: int = 4
    speed_deg_s: float = 500.0
    step_min_s: float = 0.07
    step_max_s: float = 0.15


@dataclass(frozen=True, slots=True)
class Sample:
    """One frame: when, the track of the face, its landmarks, and its similarity to the face as seen in this challenge.

    `landmarks` is None where no face was to be seen.
    """

    mono_s: float
    track: int
    landmarks: Landmarks | None
    similarity: float


@dataclass(frozen=True, slots=True)
class Challenge:
    """How far a person has come. `made` turns of `order` are done; `ask` is what they are asked for since `asked_mono_s`.

    `reason` says why it failed. `seen_mono_s` and `yaw` are of the last frame with a face. `odd` frames in a row,
    and `odd_all` so far, were not like it; `settled` in a row looked ahead while that was asked.
    """

    order: tuple[Side, ...]
    track: int
    asked_mono_s: float
    seen_mono_s: float
    ask: Ask = "ahead"
    made: int = 0
    outcome: Outcome = "asking"
    reason: Reason = ""
    yaw: float | None = None
    odd: int = 0
    odd_all: int = 0
    settled: int = 0


def draw_order(turns: int, choose: Callable[[Sequence[Side]], Side]) -> tuple[Side, ...]:
    """An order of `turns` (2 and more) with both sides in it, all such orders alike likely where `choose` is fair."""
    while True:
        order = tuple(choose(SIDES) for _ in range(turns))
        if len(set(order)) == len(SIDES):
            return order


def begin(order: Sequence[Side], track: int, mono_s: float) -> Challenge:
    """Ask the face of `track` for these turns. Raises ValueError where a side is missing: a picture could pass that."""
    if set(order) != set(SIDES):
        raise ValueError(f"a challenge of {', '.join(order) or 'nothing'} proves nothing")
    return Challenge(tuple(order), track, mono_s, mono_s)


def fail(challenge: Challenge, reason: Reason) -> Challenge:
    """It is over, and was not passed."""
    return replace(challenge, outcome="failed", reason=reason)


def observe(challenge: Challenge, sample: Sample, rules: ChallengeRules) -> Challenge:
    """The challenge after one more frame. A finished one stays as it is."""
    if challenge.outcome != "asking":
        return challenge
    if sample.mono_s - challenge.asked_mono_s > rules.limit_s:
        return fail(challenge, "too_slow")
    if sample.mono_s - challenge.seen_mono_s > rules.lost_s:
        return fail(challenge, "face_lost")
    if sample.landmarks is None:
        return challenge
    if sample.track != challenge.track:
        return fail(challenge, "face_changed")
    return _follow(challenge, sample, yaw_deg(sample.landmarks), rules)


def _follow(challenge: Challenge, sample: Sample, yaw: float, rules: ChallengeRules) -> Challenge:
    if _jumps(challenge, sample, yaw, rules):
        return fail(challenge, "jump")
    compared = abs(yaw) <= rules.compared_deg
    odd = compared and sample.similarity < rules.same
    seen = replace(challenge, seen_mono_s=sample.mono_s, yaw=yaw, odd=0)
    if odd:
        seen = replace(seen, odd=challenge.odd + 1, odd_all=challenge.odd_all + 1)
    if seen.odd >= rules.odd_frames or seen.odd_all >= rules.odd_most:
        return fail(seen, "another_face")
    if odd or not compared:
        return replace(seen, settled=0)
    return _take(seen, sample.mono_s, yaw, rules)


def _jumps(challenge: Challenge, sample: Sample, yaw: float, rules: ChallengeRules) -> bool:
    before = challenge.yaw
    # near the profile the eyes lie on each other, and a landmark's error becomes an angle
    if before is None or max(abs(before), abs(yaw)) > rules.compared_deg:
        return False
    step_s = min(max(sample.mono_s - challenge.seen_mono_s, rules.step_min_s), rules.step_max_s)
    return abs(yaw - before) > rules.speed_deg_s * step_s


def _side(yaw: float, rules: ChallengeRules) -> Ask | None:
    if abs(yaw) <= rules.ahead_deg:
        return "ahead"
    if abs(yaw) < rules.turn_deg:
        return None
    return "left" if yaw > 0 else "right"


def _settle(challenge: Challenge, mono_s: float, rules: ChallengeRules) -> Challenge:
    """Go on once the head looks ahead."""
    if challenge.settled < rules.ahead_frames:
        return challenge
    if challenge.made == len(challenge.order):
        return replace(challenge, outcome="passed")
    return replace(challenge, ask=challenge.order[challenge.made], asked_mono_s=mono_s, settled=0)


def _take(challenge: Challenge, mono_s: float, yaw: float, rules: ChallengeRules) -> Challenge:
    """What a compared frame of the same face changes."""
    side = _side(yaw, rules)
    if challenge.ask == "ahead":
        return _settle(replace(challenge, settled=challenge.settled + 1 if side == "ahead" else 0), mono_s, rules)
    if side == challenge.ask:
        return replace(challenge, ask="ahead", made=challenge.made + 1, asked_mono_s=mono_s)
    # the head was ahead when this turn was asked: whoever guesses which way is found out
    if side in ("ahead", None) or mono_s - challenge.asked_mono_s <= rules.react_s:
        return challenge
    return fail(challenge, "wrong_side")
