"""The outcome as JSON, and in one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from towerd.plctest.model import Result, Verdict
from towerd.plctest.runner import passed

_WORDS: Final[dict[Verdict, str]] = {
    "pass": "passed",
    "fail": "failed",
    "open": "could not be looked at",
    "skipped": "skipped",
}


def as_json(target: str, results: Sequence[Result]) -> dict[str, Any]:
    """Everything, for a program."""
    return {
        "plc": target,
        "ok": passed(results),
        "counts": Counter(result.verdict for result in results),
        "checks": [
            {
                "paragraph": result.check.paragraph,
                "name": result.check.name,
                "wanted": result.check.wanted,
                "moves": result.check.moves,
                "verdict": result.verdict,
                "seen": result.seen,
            }
            for result in results
        ],
    }


def summary(results: Sequence[Result]) -> str:
    """How many passed, failed, stayed open and were skipped, and the names of all but those that passed."""
    told = []
    for verdict, word in _WORDS.items():
        names = [result.check.name for result in results if result.verdict == verdict]
        named = f" ({', '.join(names)})" if names and verdict != "pass" else ""
        told.append(f"{len(names)} {word}{named}")
    return ", ".join(told)
