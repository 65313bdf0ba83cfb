"""The outcome as JSON and as a table for people, grouped by paragraph of plc-if.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.table import Table

from towerd.plctest.model import Result
from towerd.plctest.runner import passed

STYLES = {"pass": "green", "fail": "bold red", "skipped": "yellow"}


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


def as_table(target: str, results: Sequence[Result]) -> Table:
    """A row a check, in the order of the paragraphs."""
    table = Table(title=f"PLC interface 1.0 at {target}", title_justify="left", show_lines=False)
    for heading in ("§", "verdict", "check", "seen", "wanted"):
        table.add_column(heading, overflow="fold")
    for result in sorted(results, key=lambda one: one.check.paragraph):
        wanted = "" if result.verdict == "pass" else result.check.wanted
        style = STYLES[result.verdict]
        verdict = f"[{style}]{result.verdict}[/]"
        table.add_row(result.check.paragraph, verdict, result.check.name, result.seen, wanted)
    return table


def summary(results: Sequence[Result]) -> str:
    """How many passed, failed and were skipped."""
    counts = Counter(result.verdict for result in results)
    return f"{counts['pass']} passed, {counts['fail']} failed, {counts['skipped']} skipped"
