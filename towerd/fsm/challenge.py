"""The challenge as the core follows it: who is asked, what is asked now, and what a failed one costs (6.1, 6.2). Pure."""

from __future__ import annotations

from collections.abc import Callable

from towerd.faceid.liveness import FAILED
from towerd.fsm.commands import AskChallenge
from towerd.fsm.face_events import FaceChallenged
from towerd.fsm.state import FaceAsked
from towerd.fsm.turn import Turn

FailedLook = Callable[[Turn, str, str, str], None]


def ask_to_turn(turn: Turn, track: int) -> None:
    """The face of that track matches; now it has to show that it is alive."""
    turn.set(asked=FaceAsked(track, "ahead", 0, 0))
    turn.ask(AskChallenge(track))


def follow_challenge(turn: Turn, event: FaceChallenged, failed_look: FailedLook) -> None:
    """Keep what is asked now. `failed_look(turn, liveness, outcome, why)` is what a failed look costs."""
    asked = turn.volatile.asked
    if asked is None or asked.track != event.track:
        return  # whoever was asked is not wanted any more
    if event.outcome == "asking":
        turn.set(asked=FaceAsked(event.track, event.ask, event.made, len(event.order)))
        return
    turn.set(asked=None)
    if event.outcome == "failed":
        turns = " ".join(event.order)
        why = f"challenge {turns}: {event.reason} after {event.made} of {len(event.order)}: the code decides"
        failed_look(turn, FAILED, "not_sure", why)
