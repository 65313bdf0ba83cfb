"""Who is in view: the decision over one burst of frames (orders-if.md 6.1). Pure.

The worker measures, this decides: the best order must be the same person in enough frames, above the threshold, and
clear of every other waiting person by a margin. Orders of one customer count as one person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class MatchPolicy:
    """Thresholds on similarity (-1 to 1 for cosine; engines of distance are mapped to 1 - distance).

    `accept` is the least mean similarity of the best person, `margin` the least lead over the second best person,
    `frames` how many frames must be there, `agreement_ratio` how many of them must have that person first. `accept_one` is
    the least mean similarity to the one person whose number was typed.
    """

    accept: float
    margin: float
    frames: int = 3
    agreement_ratio: float = 0.8
    accept_one: float = 1.0


@dataclass(frozen=True, slots=True)
class MatchDecision:
    """`matched`: `customer` is the person in view. `nobody`: below the threshold. `not_sure`: ask for the code."""

    outcome: Literal["matched", "nobody", "not_sure"]
    customer: str | None
    score: float | None
    why: str


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _by_customer(frame: Mapping[str, float], customer_of: Mapping[str, str]) -> dict[str, float]:
    best: dict[str, float] = {}
    for order, score in frame.items():
        customer = customer_of.get(order)
        if customer is not None:
            best[customer] = max(score, best.get(customer, -1.0))
    return best


def decide_match(
    frames: Sequence[Mapping[str, float]], customer_of: Mapping[str, str], policy: MatchPolicy
) -> MatchDecision:
    """Decide over `frames` (for each frame: order id -> similarity); `customer_of` maps the compared orders to customers.

    Orders that `customer_of` does not name are left out: they ended while the worker was looking.
    """
    people = [by for by in (_by_customer(frame, customer_of) for frame in frames) if by]
    if len(people) < policy.frames:
        return MatchDecision("nobody", None, None, f"{len(people)} of {policy.frames} frames")
    names = sorted(set.intersection(*(set(by) for by in people)))
    means = sorted(((_mean([by[name] for by in people]), name) for name in names), reverse=True)
    if not means:
        return MatchDecision("nobody", None, None, "nobody was compared in every frame")
    score, name = means[0]
    if score < policy.accept:
        return MatchDecision("nobody", None, score, f"best {score:.3f} is below {policy.accept:.3f}")
    first = sum(max(by, key=lambda key: by[key]) == name for by in people)
    if first < policy.agreement_ratio * len(people):
        return MatchDecision("not_sure", None, score, f"first in {first} of {len(people)} frames only")
    if len(means) > 1 and score - means[1][0] < policy.margin:
        return MatchDecision("not_sure", None, score, f"leads by {score - means[1][0]:.3f} only")
    return MatchDecision("matched", name, score, f"{score:.3f} over {len(people)} frames")


def decide_claim(
    frames: Sequence[Mapping[str, float]], customer_of: Mapping[str, str], customer: str, policy: MatchPolicy
) -> MatchDecision:
    """Whether the person in view is `customer`, whose number was typed (1:1): nobody else is in question, so the threshold
    is lower and no lead is asked; but whoever is more like another person who waits is not taken for this one.
    """
    people = [by for by in (_by_customer(frame, customer_of) for frame in frames) if customer in by]
    if len(people) < policy.frames:
        return MatchDecision("nobody", None, None, f"{len(people)} of {policy.frames} frames")
    score = _mean([by[customer] for by in people])
    if score < policy.accept_one:
        return MatchDecision("nobody", None, score, f"{score:.3f} is below {policy.accept_one:.3f} for this number")
    first = sum(max(by, key=lambda key: by[key]) == customer for by in people)
    if first < policy.agreement_ratio * len(people):
        return MatchDecision("not_sure", None, score, f"first in {first} of {len(people)} frames only")
    return MatchDecision("matched", customer, score, f"{score:.3f} over {len(people)} frames, by number")
