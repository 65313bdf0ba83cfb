"""The challenge as the worker makes it: keeps the face it began with and how it has looked since, and tells how far the
person has come.

Vectors are here in memory only; what is told is what was asked and how it ended (orders-if.md 7.1).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from towerd.faceid.challenge import Challenge, Sample, begin, draw_order, observe
from towerd.faceid.engine import FaceEngine, Vector
from towerd.faceid.liveness import Side
from towerd.faceid.pose import Landmarks, yaw_deg
from towerd.faceid.thresholds import challenge_rules
from towerd.faceid.views import ViewRules, Views
from towerd.faceid.wire import Message

GRANT_S = 3.0
"""How long a passed challenge waits for the burst that it stands for."""


@dataclass(frozen=True, slots=True)
class _Grant:
    track: int
    face: Vector
    until_mono_s: float


class Challenger:
    """One challenge at a time. `choose` picks a side by chance."""

    def __init__(
        self, engine: FaceEngine, turns: int, choose: Callable[[Sequence[Side]], Side] = secrets.choice
    ) -> None:
        self._engine = engine
        self._turns = turns
        self._choose = choose
        self._rules = challenge_rules(engine.name)
        self._challenge: Challenge | None = None
        self._views: Views | None = None
        self._grant: _Grant | None = None

    @property
    def asking(self) -> bool:
        """Whether somebody is being asked."""
        return self._challenge is not None

    def begin(self, track: int, face: Vector | None, mono_s: float) -> Message:
        """Ask the face of `track`, which looked like `face`; None where nobody is there under that number any more."""
        order = draw_order(self._turns, self._choose)
        challenge = begin(order, track, mono_s)
        self._grant = None
        if face is None:
            return _told(challenge, "failed", "face_lost")
        self._challenge, self._views = challenge, Views(self._engine.similarities, face, ViewRules())
        return _told(challenge, "asking", "")

    def drop(self) -> None:
        """Ask nobody any more, and forget who passed."""
        self._challenge = self._views = self._grant = None

    def observe(self, mono_s: float, track: int, landmarks: Landmarks | None, face: Vector | None) -> Message | None:
        """One frame of whoever is asked. What has changed, if anything has."""
        before, views = self._challenge, self._views
        if before is None or views is None:
            return None
        similarity = -1.0 if face is None else views.similarity(face)
        now = observe(before, Sample(mono_s, track, landmarks, similarity), self._rules)
        if face is not None and landmarks is not None and abs(yaw_deg(landmarks)) <= self._rules.compared_deg:
            views.keep(face, similarity)
        self._challenge = now
        if now.outcome == "passed":
            self._grant = _Grant(track, views.first, mono_s + GRANT_S)
        if now.outcome != "asking":
            self._challenge = self._views = None
        changed = (now.ask, now.outcome) != (before.ask, before.outcome)
        return _told(now, now.outcome, now.reason) if changed else None

    def same(self, track: int, face: Vector) -> bool:
        """Whether `face` may be the one that passed under this number; also where nobody has."""
        grant = self._grant
        return grant is None or grant.track != track or self._engine.similarity(grant.face, face) >= self._rules.same

    def redeem(self, track: int, mono_s: float) -> bool:
        """Whether the face of `track` has passed a moment ago. Counts once."""
        grant, self._grant = self._grant, None
        return grant is not None and grant.track == track and mono_s <= grant.until_mono_s


def _told(challenge: Challenge, outcome: str, reason: str) -> Message:
    header = {"op": "challenged", "track": challenge.track, "outcome": outcome, "ask": challenge.ask}
    return Message(header | {"made": challenge.made, "order": list(challenge.order), "reason": reason})
