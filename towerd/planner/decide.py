"""First come, first served, after what is on the carriage; the closest open place. The first planner behind the port; better ones follow. Pure."""

from __future__ import annotations

from towerd.places import CARRIAGE
from towerd.planner.model import Decision, PlanSnapshot, Wish


def nothing(version: int, why: str) -> Decision:
    """No transfer."""
    return Decision(version, None, None, None, None, why)


def decide(snapshot: PlanSnapshot, max_iterations: int, seed: int) -> Decision:
    """What to do next. The same arguments give the same answer.

    `max_iterations` bounds the search and `seed` its draws in planners that search; this one looks once at each wish.
    Raises ValueError below one iteration.
    """
    if max_iterations < 1:
        raise ValueError(f"max_iterations is at least 1, not {max_iterations}")
    del seed
    carried = _carried(snapshot)
    open_wishes = [wish for wish in (carried or snapshot.wishes) if wish.targets]
    if not open_wishes:
        return nothing(snapshot.version, "no wish that could be met")
    first = min(open_wishes, key=_waited_longest)
    target = min(first.targets, key=lambda place: (snapshot.distance_s.get(str(place), 0.0), str(place)))
    return Decision(snapshot.version, first.order, first.vehicle, first.source, target, "has waited longest")


def _carried(snapshot: PlanSnapshot) -> tuple[Wish, ...]:
    """Wishes for what stands on the carriage: nothing else can be fetched before it is off."""
    return tuple(wish for wish in snapshot.wishes if wish.source == CARRIAGE)


def _waited_longest(wish: Wish) -> tuple[float, str]:
    return wish.waiting_since_s, wish.vehicle


def guard(decision: Decision, snapshot: PlanSnapshot) -> str | None:
    """Why a decision must not be carried out, or None: it must be for this snapshot, and for a wish that stands in it."""
    if decision.version != snapshot.version:
        return f"made for {decision.version}, now it is {snapshot.version}"
    if decision.vehicle is None:
        return None
    if _carried(snapshot) and decision.source != CARRIAGE:
        return "the carriage is loaded"
    for wish in snapshot.wishes:
        if (wish.order, wish.vehicle, wish.source) == (decision.order, decision.vehicle, decision.source):
            return None if decision.target in wish.targets else f"{decision.target} is not open to {decision.vehicle}"
    return f"nobody asked for {decision.vehicle} from {decision.source}"
