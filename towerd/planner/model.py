"""What the planner sees and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from towerd.places import Place

WishKind = Literal["serve", "stage", "give_way", "idle"]


@dataclass(frozen=True, slots=True)
class Wish:
    """A transfer that would be good to make. `targets` are the places that would do.

    `kind`: somebody waits for it (`serve`); the customer of `order` is on the way (`stage`); the vehicle waits in a cabin for
    a customer who has not come, and would make room (`give_way`); it has time (`idle`). `waiting_since_s` is wall time, s
    since 1970: since when it is waited for, or from when on it is to be made (`stage`).
    """

    order: str | None
    vehicle: str
    source: Place
    targets: tuple[Place, ...]
    waiting_since_s: float
    kind: WishKind = "serve"


@dataclass(frozen=True, slots=True)
class Want:
    """Somebody at the tower waits for one of these cabins, wall time in s since 1970."""

    cabins: tuple[Place, ...]
    since_s: float


@dataclass(frozen=True, slots=True)
class PlanSnapshot:
    """All that a decision may depend on. `version` names the state it was taken from, `at_s` is its wall time, s since 1970.

    `distance_s[place string]` is the time the carriage needs to reach a place from where it stands, in s. `cabins`: how many
    the tower has; `free_cabins`: those that are empty, shut and nobody's; `wants`: who waits for one, free or not.
    """

    version: int
    wishes: tuple[Wish, ...]
    distance_s: dict[str, float]
    at_s: float = 0.0
    cabins: int = 1
    free_cabins: tuple[Place, ...] = ()
    wants: tuple[Want, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do next: take `vehicle` from `source` to `target`; all None where there is nothing to do."""

    version: int
    order: str | None
    vehicle: str | None
    source: Place | None
    target: Place | None
    why: str
