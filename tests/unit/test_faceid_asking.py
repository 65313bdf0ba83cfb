from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.support.faces import ScriptedEngine
from tests.support.heads import head, sweep
from towerd.faceid.asking import GRANT_S, Challenger
from towerd.faceid.engine import Vector
from towerd.faceid.thresholds import challenge_rules
from towerd.faceid.wire import Message

LEFT_RIGHT = sweep(0, 30, 0, -30, 0)


def person(number: int) -> Vector:
    vector = np.zeros(128, np.float32)
    vector[number] = 1
    return vector


class Bench:
    """A challenger that asks left, then right, and a clock."""

    def __init__(self) -> None:
        sides = iter(("left", "right") * 20)
        self.challenger = Challenger(ScriptedEngine(), 2, lambda _: next(sides))  # type: ignore[arg-type, return-value]
        self.now_s = 100.0

    def begin(self, track: int = 1, face: Vector | None = None) -> Message:
        return self.challenger.begin(track, person(0) if face is None else face, self.now_s)

    def turn(
        self, yaws: list[float], who: Callable[[float], Vector] = lambda _: person(0), track: int = 1
    ) -> list[Message]:
        told = []
        for yaw in yaws:
            self.now_s += 1 / 15
            message = self.challenger.observe(self.now_s, track, head(yaw), who(yaw))
            told += [] if message is None else [message]
        return told


@pytest.fixture
def bench() -> Bench:
    return Bench()


def short(messages: list[Message]) -> list[tuple[Any, ...]]:
    return [tuple(message.header[name] for name in ("outcome", "ask", "made", "reason")) for message in messages]


def test_it_tells_each_thing_that_is_asked_and_the_end(bench: Bench) -> None:
    first = bench.begin()
    assert first.header == {
        "op": "challenged",
        "track": 1,
        "outcome": "asking",
        "ask": "ahead",
        "made": 0,
        "order": ["left", "right"],
        "reason": "",
    }
    assert bench.challenger.asking
    assert short(bench.turn(LEFT_RIGHT)) == [
        ("asking", "left", 0, ""),
        ("asking", "ahead", 1, ""),
        ("asking", "right", 1, ""),
        ("asking", "ahead", 2, ""),
        ("passed", "ahead", 2, ""),
    ]
    assert not bench.challenger.asking


def test_who_has_passed_is_known_once_and_for_a_moment(bench: Bench) -> None:
    for wait_s, counts in ((GRANT_S - 0.5, True), (GRANT_S + 0.1, False)):
        bench.begin()
        bench.turn(LEFT_RIGHT)
        assert bench.challenger.redeem(1, bench.now_s + wait_s) is counts
        assert not bench.challenger.redeem(1, bench.now_s)


def test_another_track_redeems_nothing(bench: Bench) -> None:
    bench.begin()
    bench.turn(LEFT_RIGHT)
    assert not bench.challenger.redeem(2, bench.now_s)
    assert not bench.challenger.redeem(1, bench.now_s)


def test_who_takes_the_place_of_who_passed_is_noticed(bench: Bench) -> None:
    assert bench.challenger.same(1, person(1))
    bench.begin()
    bench.turn(LEFT_RIGHT)
    assert bench.challenger.same(1, person(0))
    assert not bench.challenger.same(1, person(1))
    assert bench.challenger.same(2, person(1))


def test_another_face_does_not_finish_what_one_began(bench: Bench) -> None:
    bench.begin()
    bench.turn(sweep(0, 30))
    assert short(bench.turn(sweep(30, 0, -30, 0), who=lambda _: person(1))) == [("failed", "ahead", 1, "another_face")]
    assert not bench.challenger.redeem(1, bench.now_s)


def turned(yaw: float) -> Vector:
    """Of somebody whose turned head is no more like the head that looks ahead than a stranger's is."""
    angle = math.radians(2.4 * yaw)
    vector = np.zeros(128, np.float32)
    vector[:2] = math.cos(angle), math.sin(angle)
    return vector


def test_a_face_is_compared_with_what_it_was_like_a_moment_ago(bench: Bench) -> None:
    bench.begin(face=turned(0))
    assert float(np.dot(turned(0), turned(30))) < challenge_rules("opencv").same
    assert short(bench.turn(LEFT_RIGHT, who=turned))[-1] == ("passed", "ahead", 2, "")


def test_who_shows_a_turned_head_at_once_is_not_who_looked_ahead(bench: Bench) -> None:
    bench.begin(face=turned(0))
    assert short(bench.turn([0, 0, 30, 30], who=turned))[-1] == ("failed", "left", 0, "another_face")


def test_beyond_what_is_compared_nothing_is_kept_to_compare_with(bench: Bench) -> None:
    bench.begin(face=turned(0))
    bench.turn([0, 0, 20, 41], who=turned)
    # like the face at 41 degrees, and like none that was compared
    found = bench.turn([39, 39], who=lambda _: turned(50))
    assert short(found) == [("failed", "ahead", 1, "another_face")]


def test_a_face_that_is_not_to_be_seen_is_followed_for_a_moment_only(bench: Bench) -> None:
    bench.begin()
    assert bench.challenger.observe(100.5, 1, None, None) is None
    message = bench.challenger.observe(100.7, 1, None, None)
    assert message is not None
    assert short([message]) == [("failed", "ahead", 0, "face_lost")]
    assert bench.challenger.observe(100.8, 1, None, None) is None


def test_nobody_there_fails_at_once(bench: Bench) -> None:
    message = bench.challenger.begin(7, None, 100.0)
    assert short([message]) == [("failed", "ahead", 0, "face_lost")]
    assert not bench.challenger.asking


def test_dropped_it_asks_nobody_and_nobody_has_passed(bench: Bench) -> None:
    bench.begin()
    bench.challenger.drop()
    assert not bench.challenger.asking
    assert bench.turn(LEFT_RIGHT) == []
    bench.begin()
    bench.turn(LEFT_RIGHT)
    bench.challenger.drop()
    assert not bench.challenger.redeem(1, bench.now_s)


def test_a_new_challenge_takes_back_what_an_old_one_gave(bench: Bench) -> None:
    bench.begin()
    bench.turn(LEFT_RIGHT)
    bench.begin()
    assert not bench.challenger.redeem(1, bench.now_s)


def test_chance_draws_both_sides() -> None:
    orders = {tuple(Challenger(ScriptedEngine(), 3).begin(1, None, 0.0).header["order"]) for _ in range(300)}
    assert len(orders) == 6
