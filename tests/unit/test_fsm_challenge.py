"""The challenge in the core: who is asked, what is shown, what a failed one costs (orders-if.md 6.1, 6.2)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.core_kit import MONO_S, asked, config, later, told
from tests.unit.test_fsm_identity import decided, look, turn, waiting
from towerd.fsm import events as ev
from towerd.fsm.commands import AskChallenge, Watch
from towerd.fsm.face_events import FaceChallenged
from towerd.fsm.identity import face_challenged, face_health_changed, face_looked, watch_waiting
from towerd.fsm.state import FaceAsked
from towerd.fsm.turn import Turn

DEMANDED = config(liveness=("challenge",))
BOTH = config(liveness=("challenge", "passive"))
ASKED = FaceAsked(1, "ahead", 0, 0)


def told_by_worker(
    outcome: Any = "asking", ask: Any = "left", made: int = 0, track: int = 1, reason: str = ""
) -> FaceChallenged:
    return FaceChallenged(track, outcome, ask, made, ("left", "right", "left"), reason)


def test_a_matching_face_is_asked_to_turn_before_it_counts() -> None:
    t = turn(waiting(), settings=DEMANDED)
    face_looked(t, look(ord_1=0.9))
    assert asked(t, AskChallenge) == [AskChallenge(1)]
    assert t.volatile.asked == ASKED
    assert not t.volatile.decisions
    assert told(t) == []
    assert t.volatile.failed_looks_in_row == 0


def test_what_is_asked_now_is_kept_and_the_passed_challenge_counts() -> None:
    t = turn(waiting(), settings=DEMANDED, asked=ASKED)
    face_challenged(t, told_by_worker(made=1))
    assert t.volatile.asked == FaceAsked(1, "left", 1, 3)
    face_challenged(t, told_by_worker("passed", "ahead", 3))
    assert t.volatile.asked is None
    assert told(t) == []
    face_looked(t, look("challenge", ord_1=0.9))
    order = t.tables.orders["ord-1"]
    assert (order.state, order.liveness) == ("identified", "challenge")


def test_a_failed_challenge_is_a_failed_look_and_locks_nobody() -> None:
    t = turn(waiting(), settings=DEMANDED, asked=ASKED)
    face_challenged(t, told_by_worker("failed", made=1, reason="too_slow"))
    assert t.volatile.asked is None
    assert t.volatile.look_allowed_mono_s == t.mono_s + 2.0
    assert told(t) == ["look_failed"]
    face_looked(t, look(ord_1=0.9))
    assert not asked(t, AskChallenge)
    t = later(t, t.volatile.look_allowed_mono_s)
    face_looked(t, look(ord_1=0.9))
    assert asked(t, AskChallenge) == [AskChallenge(1)]


def test_while_somebody_is_asked_reports_under_way_do_not_count() -> None:
    t = turn(waiting(), settings=DEMANDED, asked=ASKED)
    face_looked(t, look(ord_1=0.9))
    face_looked(t, look("challenge", ord_1=0.9))
    assert not t.commands


@pytest.mark.parametrize(
    "event", [told_by_worker(track=2), told_by_worker("failed", track=2), told_by_worker("passed", track=2)]
)
def test_what_is_told_of_another_face_changes_nothing(event: FaceChallenged) -> None:
    t = turn(waiting(), settings=DEMANDED, asked=ASKED)
    face_challenged(t, event)
    assert t.volatile.asked == ASKED
    assert not t.commands


def test_nor_does_what_is_told_after_nobody_is_asked() -> None:
    t = turn(waiting(), settings=DEMANDED)
    face_challenged(t, told_by_worker("failed", reason="face_lost"))
    assert not t.commands
    assert t.volatile.failed_looks_in_row == 0


@pytest.mark.parametrize(
    ("t", "liveness", "scores"),
    [
        (turn(waiting(), settings=DEMANDED), "not_checked", {"ord_1": 0.1}),
        (turn(waiting(), settings=DEMANDED), "failed", {"ord_1": 0.9}),
        (turn(waiting(), settings=BOTH), "not_checked", {"ord_1": 0.9}),
        (turn(waiting(), settings=BOTH), "challenge", {"ord_1": 0.9}),
        (turn(waiting(kind="collect"), settings=DEMANDED), "not_checked", {"ord_1": 0.9}),
    ],
)
def test_who_would_not_be_served_anyhow_is_not_asked(t: Turn, liveness: str, scores: dict[str, float]) -> None:
    face_looked(t, look(liveness, **scores))
    assert not asked(t, AskChallenge)
    assert told(t) == ["look_failed"]


def test_who_is_known_already_is_not_asked() -> None:
    t = turn(waiting(), waiting("ord-2"), settings=DEMANDED, decisions=decided())
    face_looked(t, look(ord_1=0.9, ord_2=0.1))
    assert not t.commands


def test_the_passive_check_comes_first() -> None:
    t = turn(waiting(), settings=BOTH)
    face_looked(t, look("passive", ord_1=0.9))
    assert asked(t, AskChallenge) == [AskChallenge(1)]


def test_nobody_is_asked_any_more_once_nobody_is_waited_for_or_the_camera_is_gone() -> None:
    t = turn(
        waiting(),
        settings=DEMANDED,
        asked=ASKED,
        face_available=True,
        watching={"ord-1": "sha-ord-1"},
        decisions=decided(),
    )
    watch_waiting(t)
    assert asked(t, Watch) == [Watch({})]
    assert t.volatile.asked is None
    t = turn(waiting(), settings=DEMANDED, asked=ASKED, face_available=True)
    face_health_changed(t, ev.FaceHealthChanged(False, "camera_black"))
    assert t.volatile.asked is None


def test_another_order_that_comes_in_leaves_the_challenge_alone() -> None:
    t = turn(waiting(), waiting("ord-2"), settings=DEMANDED, asked=ASKED, face_available=True, mono_s=MONO_S)
    watch_waiting(t)
    assert t.volatile.asked == ASKED
