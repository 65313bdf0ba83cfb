"""What a check is, and what came of it. Checks are data with a coroutine; the command line and pytest run the same ones."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from towerd.plctest.desk import Desk

Verdict = Literal["pass", "fail", "open", "skipped"]


class CheckFailedError(Exception):
    """The PLC does not do what the paragraph says; the text is what was seen."""


class CheckOpenError(Exception):
    """It could not be looked at as the machine is now, so nobody knows; the text says why. No run with one is a good one."""


class CheckSkippedError(Exception):
    """The machine has no such part, or its line cannot do it; the text says which."""


class Please(StrEnum):
    """What somebody at the tower is asked for; the checks see by the PLC that it has been done."""

    KEY_AUTO = "turn the key to Auto"
    KEY_MANUAL = "turn the key to Manual"
    HOLD = "hold the enabling switch, and keep holding it"
    LET_GO = "let go of the enabling switch"
    CLEAR = "look into cabin 1, see that nobody is in it, and press the button outside"
    CARRIAGE_SENSOR = "make one of the carriage's two sensors wrong: cover it, or pull its plug"
    CARRIAGE_MEND = "put the carriage's sensor right again"
    BAY_SENSOR = "make one of the two sensors of that bay wrong: pull its plug"
    BAY_MEND = "put the bay's sensor right again"


@dataclass(frozen=True, slots=True)
class Check:
    """One sentence of plc-if.md. `run` gives what was seen where it is kept. `moves`: the machine may move. `by_hand`: only with
    somebody at the tower.
    """

    paragraph: str
    name: str
    wanted: str
    run: Callable[[Desk], Awaitable[str]]
    moves: bool = False
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a check."""

    check: Check
    verdict: Verdict
    seen: str


class Checks:
    """A list of checks, filled by a decorator."""

    def __init__(self, *, moves: bool = False, by_hand: bool = False) -> None:
        self.all: list[Check] = []
        self._moves = moves
        self._by_hand = by_hand

    def check(
        self, paragraph: str, wanted: str
    ) -> Callable[[Callable[[Desk], Awaitable[str]]], Callable[[Desk], Awaitable[str]]]:
        """Note the function as a check of `paragraph`; its name is the check's."""

        def note(run: Callable[[Desk], Awaitable[str]]) -> Callable[[Desk], Awaitable[str]]:
            name = run.__name__.replace("_", " ")
            self.all.append(Check(paragraph, name, wanted, run, self._moves, self._by_hand))
            return run

        return note


def expect(good: bool, seen: str) -> None:
    """Raises CheckFailedError with what was seen unless it is good."""
    if not good:
        raise CheckFailedError(seen)


def need(possible: bool, why: str) -> None:
    """Raises CheckOpenError unless the check can be made now."""
    if not possible:
        raise CheckOpenError(why)


def need_part(there: bool, why: str) -> None:
    """Raises CheckSkippedError unless the machine has what the check is about."""
    if not there:
        raise CheckSkippedError(why)
