"""The section of the settings about upkeep."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from towerd.settings_parts import Positive, Ratio, Section
from towerd.upkeep.model import ServiceRule, UpkeepRules

Cycles = Annotated[int, Field(ge=1, le=100_000_000)]
Days = Annotated[float, Field(gt=0, le=36_500)]


class IntervalSettings(Section):
    """`[upkeep.lift]` and so on: when this kind of device is due, whichever comes first."""

    cycles: Cycles | None = None
    """So many cycles after the last service. Absent: never by cycles."""
    days: Days | None = None
    """So many days after the last service. Absent: never by the calendar."""

    def value(self) -> ServiceRule:
        """As the domain takes it."""
        return ServiceRule(self.cycles, self.days)


class UpkeepSettings(Section):
    """`[upkeep]`: when devices are due, and from when wear is told. The intervals are the maker's to say."""

    drift_ratio: Positive = 0.15
    """How much slower than after its service a device may become: 0.15 is 15 %."""
    tries_ratio: Ratio = 0.2
    """Share of a device's commands that may need another try."""
    lift: IntervalSettings = IntervalSettings(cycles=50_000, days=180)
    """The lift; a cycle is the PLC's own count."""
    turntable: IntervalSettings = IntervalSettings(cycles=50_000, days=180)
    """The turntable; a cycle is the PLC's own count."""
    fork: IntervalSettings = IntervalSettings(cycles=50_000, days=180)
    """The fork; a cycle is the PLC's own count."""
    lock: IntervalSettings = IntervalSettings(cycles=20_000, days=365)
    """Each bay's lock; a cycle is one command that was carried out."""
    inner_door: IntervalSettings = IntervalSettings(cycles=50_000, days=90)
    """Each cabin's inner door; a cycle is one command that was carried out."""
    outer_door: IntervalSettings = IntervalSettings(cycles=50_000, days=90)
    """Each cabin's outer door; a cycle is one command that was carried out."""

    def value(self) -> UpkeepRules:
        """As the domain takes it."""
        return UpkeepRules(
            self.drift_ratio,
            self.tries_ratio,
            {
                "lift": self.lift.value(),
                "turntable": self.turntable.value(),
                "fork": self.fork.value(),
                "lock": self.lock.value(),
                "inner_door": self.inner_door.value(),
                "outer_door": self.outer_door.value(),
            },
        )
