"""What to do next: the first planner behind the port; better ones follow. Pure.

What is on the carriage goes first, then first come, first served, to the closest open place. Where nobody waits, a car is
brought forward for a customer who is on the way. Such a car never keeps anybody waiting: of several cabins
it never takes the last free one, and from the cabin that somebody waits for it makes room.
"""

from __future__ import annotations

from towerd.places import CARRIAGE, Place
from towerd.planner.model import Decision, PlanSnapshot, Want, Wish


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
    open_wishes = open_to(snapshot)
    if not open_wishes:
        return nothing(snapshot.version, "no wish that could be met")
    first = min(open_wishes, key=lambda wish: (_since_s(wish, snapshot), wish.vehicle))
    target = min(first.targets, key=lambda place: (snapshot.distance_s.get(str(place), 0.0), str(place)))
    return Decision(snapshot.version, first.order, first.vehicle, first.source, target, "has waited longest")


def open_to(snapshot: PlanSnapshot) -> tuple[Wish, ...]:
    """The wishes that may be met now: those that somebody waits for, else cars brought forward, else what has time."""
    possible = [wish for wish in snapshot.wishes if wish.targets]
    carried = _carried(snapshot)
    if carried:
        return tuple(wish for wish in carried if wish.targets)
    waited_for = [wish for wish in possible if wish.kind == "serve" or _asked_for_s(wish, snapshot)]
    ahead = [wish for wish in possible if wish.kind == "stage" and _may_be_staged(wish, snapshot)]
    return tuple(waited_for or ahead or (wish for wish in possible if wish.kind == "idle"))


def _carried(snapshot: PlanSnapshot) -> tuple[Wish, ...]:
    """Wishes for what stands on the carriage: nothing else can be fetched before it is off."""
    return tuple(wish for wish in snapshot.wishes if wish.source == CARRIAGE)


def unmet(wants: tuple[Want, ...], free_cabins: tuple[Place, ...]) -> tuple[Want, ...]:
    """Who waits for a cabin, and none that would do is free."""
    return tuple(want for want in wants if not set(want.cabins) & set(free_cabins))


def _asked_for_s(wish: Wish, snapshot: PlanSnapshot) -> list[float]:
    """Since when others wait in vain for the cabin that a car could make room in."""
    if wish.kind != "give_way":
        return []
    return [want.since_s for want in unmet(snapshot.wants, snapshot.free_cabins) if wish.source in want.cabins]


def _may_be_staged(wish: Wish, snapshot: PlanSnapshot) -> bool:
    spare = len(snapshot.free_cabins) > 1 or snapshot.cabins == 1
    return spare and not snapshot.wants and snapshot.at_s >= wish.waiting_since_s


def _since_s(wish: Wish, snapshot: PlanSnapshot) -> float:
    return min(_asked_for_s(wish, snapshot), default=wish.waiting_since_s)


def guard(decision: Decision, snapshot: PlanSnapshot) -> str | None:
    """Why a decision must not be carried out, or None: it must be for this snapshot, and for a wish that is open in it."""
    if decision.version != snapshot.version:
        return f"made for {decision.version}, now it is {snapshot.version}"
    if decision.vehicle is None:
        return None
    if _carried(snapshot) and decision.source != CARRIAGE:
        return "the carriage is loaded"
    for wish in open_to(snapshot):
        if (wish.order, wish.vehicle, wish.source) == (decision.order, decision.vehicle, decision.source):
            return None if decision.target in wish.targets else f"{decision.target} is not open to {decision.vehicle}"
    return f"nobody asks for {decision.vehicle} from {decision.source} now"
