"""One commander at a time: whoever works by hand holds a lease; everybody may look, and anybody may stop. Pure."""

from __future__ import annotations

from typing import Final

from towerd.fsm.hand import Denied, refuse
from towerd.fsm.manual_events import LeaseReleased, LeaseTaken
from towerd.fsm.state import Lease, State
from towerd.fsm.turn import Turn

LEASE_S: Final = 120.0
"""How long a lease lasts after its holder's last command, s."""


def holder(state: State, mono_s: float) -> Lease | None:
    """The lease that counts now. It lasts as long as a command of its holder runs."""
    lease = state.volatile.lease
    if lease is None:
        return None
    works = any(step.open and step.by == lease.holder for step in state.tables.steps.values())
    return lease if works or lease.until_mono_s > mono_s else None


def lease_denies(turn: Turn, by: str) -> Denied | None:
    """Why `by` may not command now, or None."""
    lease = holder(turn.state, turn.mono_s)
    if lease is None or lease.holder == by:
        return None
    cure = f"Agree with {lease.holder} ({lease.holder}: towerctl lease release), or take over: towerctl lease take."
    return Denied("lease_held", f"{lease.holder} commands the tower by hand", cure)


def renew(turn: Turn, by: str) -> None:
    """`by` commands from now on. The caller has seen that nobody else does."""
    before = holder(turn.state, turn.mono_s)
    turn.set(lease=Lease(by, turn.mono_s + LEASE_S))
    if before is None:
        turn.tell("manual_intervention", {"lease": "taken", "by": by})


def lease_taken(turn: Turn, event: LeaseTaken) -> None:
    """Take the lease; from another only by force, and then the other's jog ends."""
    before = holder(turn.state, turn.mono_s)
    denied = lease_denies(turn, event.by)
    if denied is not None and not event.force:
        refuse(turn, event.reply, denied)
        return
    if before is not None and before.holder != event.by:
        turn.set(lease=None)
    renew(turn, event.by)
    turn.answer(event.reply, True, (), {"holder": event.by, "lasts_s": LEASE_S})


def lease_released(turn: Turn, event: LeaseReleased) -> None:
    """Give the lease back; only its holder can."""
    lease = holder(turn.state, turn.mono_s)
    if lease is None or lease.holder != event.by:
        turn.answer(event.reply, False, ("no_lease",), {"text": "You do not hold the lease."})
        return
    turn.set(lease=None)
    turn.tell("manual_intervention", {"lease": "released", "by": event.by})
    turn.answer(event.reply, True, (), {})
