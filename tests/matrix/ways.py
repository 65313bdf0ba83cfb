"""The tables of the matrix: which faults meet which moments, and what whoever comes may do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from tests.matrix.cell import Cell, run
from tests.matrix.hands import BITS, run_by_hand
from tests.matrix.phases import PHASES, STAGED, Phase
from tests.matrix.variants import VARIANTS, Variant


@dataclass(frozen=True, slots=True)
class Way:
    """One table."""

    name: str
    variants: Sequence[Variant]
    phases: Sequence[Phase]
    run: Callable[[Variant, Phase], Cell]


_SAMPLED = tuple(PHASES[index] for index in (1, 4, 6, 9))
_BAY_MARKS = ("bay_faulty", "bay_disabled", "bay_overhang")
_AT_A_CABIN = ("cabin", "door", "place")


_FIRST = tuple({one.fault: one for one in reversed(VARIANTS)}.values())[::-1]
"""One variant of every fault."""


def _by_hand(variant: Variant) -> bool:
    """Whether the technician's way is Manual: a sensor that can be left out, a bay that Auto keeps off, a tag that is not read."""
    sensor = variant.fault == "sensor_stuck" and variant.params["sensor"] in BITS
    unread = variant.fault == "tag_unreadable" and variant.params["place"] == "cabin:1"
    return sensor or unread or variant.fault in _BAY_MARKS


def _of_a_cabin(variant: Variant) -> bool:
    """Whether it is a fault of cabin 1, which another cabin can stand in for."""
    at = variant.params.get("place", "cabin:1") == "cabin:1" and any(key in variant.params for key in _AT_A_CABIN)
    return at or variant.fault in (
        "door_blocked",
        "curtain_tripped",
        "doorway_blocked",
        "person",
        "motion",
        "exit_button",
    )


WAYS = (
    Way("mended", VARIANTS, PHASES, run),
    Way("by hand", tuple(one for one in VARIANTS if _by_hand(one)), _SAMPLED, run_by_hand),
    Way("staged", _FIRST, STAGED, run),
    Way("two cabins", tuple(one for one in VARIANTS if _of_a_cabin(one)), _SAMPLED, partial(run, cabins=2)),
)
ROWS = tuple((number, row) for number, way in enumerate(WAYS) for row in range(len(way.variants)))
"""Table and row, in the order in which they are run."""


def cells_of(row: tuple[int, int]) -> list[Cell]:
    """One row of one table."""
    way = WAYS[row[0]]
    return [way.run(way.variants[row[1]], phase) for phase in way.phases]
