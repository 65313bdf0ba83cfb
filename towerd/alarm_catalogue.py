"""Every alarm there is, the PLC's and the daemon's own, in one catalogue: what it is, why it comes, what to do. Pure.

The PLC's come from `plc/alarms.csv`, the contract's, and `plc/alarm_help.csv`, which says cause and cure; the daemon's
own from `faults.py`.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final, Literal

from towerd.faults import FAULTS, Priority
from towerd.plc.registers import alarm_types

Stops = Literal["abort", "hold", "no"]
"""What an alarm does to motion: `abort` and `hold` by the PLC; a fault of the daemon that stops holds its commands back."""

RANKS: Final[dict[Priority, int]] = {"low": 0, "medium": 1, "high": 2, "critical": 3}
"""Priorities in rising order (ISA-18.2)."""


@dataclass(frozen=True, slots=True)
class AlarmKind:
    """One line of the catalogue. `code` as shown and published: PLC-022, TWR-2001."""

    code: str
    name: str
    priority: Priority
    stops: Stops
    text: str
    cause: str
    cure: str

    def at_least(self, priority: Priority) -> bool:
        """Whether this is that grave or graver."""
        return RANKS[self.priority] >= RANKS[priority]


def plc_code(number: int) -> str:
    """An alarm number of the PLC as shown and published: PLC-022."""
    return f"PLC-{number:03d}"


@cache
def catalogue() -> dict[str, AlarmKind]:
    """Every known alarm by code, the daemon's own first. Raises KeyError where an alarm of the PLC has no help."""
    text = resources.files("towerd.plc").joinpath("alarm_help.csv").read_text(encoding="utf-8")
    helps = {int(row["number"]): row for row in csv.DictReader(text.splitlines())}
    own = [
        AlarmKind(
            fault.code,
            fault.name,
            fault.priority,
            "hold" if fault.stops else "no",
            fault.text,
            fault.cause,
            fault.cure,
        )
        for fault in FAULTS.values()
    ]
    plc = [
        AlarmKind(
            plc_code(kind.number),
            kind.name,
            kind.priority,
            kind.stops,
            kind.text,
            helps[kind.number]["cause"],
            helps[kind.number]["cure"],
        )
        for kind in alarm_types().values()
    ]
    return {kind.code: kind for kind in (*own, *plc)}


def kind_of(code: str) -> AlarmKind:
    """The line of an alarm. One that the catalogue lacks, as a newer PLC may show, is taken for grave."""
    known = catalogue().get(code)
    if known is not None:
        return known
    cause, cure = (
        "This version of towerd does not know it.",
        "Read the PLC supplier's list, and bring towerd up to date.",
    )
    return AlarmKind(code, code, "high", "no", "not in the catalogue", cause, cure)
