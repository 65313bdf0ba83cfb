"""The words for what was checked about a face being alive (ISO/IEC 30107-3: presentation attack detection). Pure.

A report says which checks were made and passed: `challenge`, `passive`, `challenge+passive`; `not_checked` where none ran;
`failed` where one was not passed. Nothing but a name in it counts, so what did not run never counts as passed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final, Literal

Check = Literal["challenge", "passive"]
CHECKS: Final[tuple[Check, ...]] = ("challenge", "passive")
NOT_CHECKED: Final = "not_checked"
FAILED: Final = "failed"

Side = Literal["left", "right"]
Ask = Literal["ahead", "left", "right"]
"""What a person is asked to do: look ahead, or turn the head to their own left or right."""
SIDES: Final[tuple[Side, Side]] = ("left", "right")

PROMPT: Final[dict[Ask, str]] = {
    "ahead": "Look straight ahead.",
    "left": "Turn your head a little to the left.",
    "right": "Turn your head a little to the right.",
}


def said(passed: Iterable[str]) -> str:
    """The checks that were passed, as reports, events and audit name them."""
    made = set(passed)
    return "+".join(check for check in CHECKS if check in made) or NOT_CHECKED


def passed(liveness: str) -> frozenset[str]:
    """The checks that such a word names as passed; none for `not_checked`, `failed`, and what is unknown."""
    names = liveness.split("+")
    return frozenset(names) if set(names) <= set(CHECKS) else frozenset()


def missing(liveness: str, demanded: Collection[str]) -> tuple[str, ...]:
    """The demanded checks that were not passed."""
    made = passed(liveness)
    return tuple(check for check in demanded if check not in made)
