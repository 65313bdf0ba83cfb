"""The outcome as JSON, and in one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from towerd.plctest.model import Result
from towerd.plctest.runner import passed


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
    """How many passed, failed and were skipped."""
    counts = Counter(result.verdict for result in results)
    return f"{counts['pass']} passed, {counts['fail']} failed, {counts['skipped']} skipped"
