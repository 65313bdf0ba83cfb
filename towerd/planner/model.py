"""What the planner sees and what it answers."""

from __future__ import annotations

from dataclasses import dataclass

from towerd.places import Place


@dataclass(frozen=True, slots=True)
class Wish:
    """A transfer that somebody waits for. `waiting_since_s` is wall time, s since 1970; `targets` are the places that would do."""

    order: str | None
    vehicle: str
    source: Place
    targets: tuple[Place, ...]
    waiting_since_s: float


@dataclass(frozen=True, slots=True)
class PlanSnapshot:
    """All that a decision may depend on. `version` names the state it was taken from.

    `distance_s[place string]` is the time the carriage needs to reach a place from where it stands, in s.
    """

    version: int
    wishes: tuple[Wish, ...]
    distance_s: dict[str, float]


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do next: take `vehicle` from `source` to `target`; all None where there is nothing to do."""

    version: int
    order: str | None
    vehicle: str | None
    source: Place | None
    target: Place | None
    why: str
