"""Wear of one device, and what can be read from it: due, slower than it was, needing more tries. Pure.

A time is compared with the mechanical minimum of that very move, and this ratio with what it was after the last service:
so a long way is no wear, and neither is what link and PLC always add.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Literal

DeviceKind = Literal["lift", "turntable", "fork", "lock", "inner_door", "outer_door"]
Due = Literal["no", "soon", "now"]

REFERENCE_SAMPLES: Final = 20
"""Moves after a service whose mean is the reference for those that follow."""
SOON_RATIO: Final = 0.9
"""Share of an interval from which a service is announced."""
_RECENT: Final = 0.1
_TRIES: Final = 0.05


@dataclass(frozen=True, slots=True)
class ServiceRule:
    """When a kind of device is due: after so many cycles, or so many days, whichever is first. None: never by that."""

    cycles: int | None = None
    days: float | None = None


@dataclass(frozen=True, slots=True)
class UpkeepRules:
    """Settings of the upkeep. `drift_ratio`: how much slower than after its service a device may become before it is
    told; `tries_ratio`: share of commands that needed another try from which it is told.
    """

    drift_ratio: float = 0.15
    tries_ratio: float = 0.2
    intervals: dict[DeviceKind, ServiceRule] = field(default_factory=dict)

    def rule_of(self, kind: DeviceKind) -> ServiceRule:
        """When this kind of device is due; never, where nothing is set."""
        return self.intervals.get(kind, ServiceRule())


@dataclass(frozen=True, slots=True)
class Wear:
    """One device. `device` as shown: lift, fork, lock 3-4, inner_door 1.

    `cycles` since the tower knows it, `serviced_cycles` at the last service. `plc_cycles` is the PLC's own count where it
    keeps one. Ratios are times over the mechanical minimum: `reference_ratio` the mean of the first moves after the
    service, `recent_ratio` a moving mean. `tries_ratio` is a moving share of commands that needed another try.
    """

    device: str
    kind: DeviceKind
    since_at: datetime
    cycles: int = 0
    plc_cycles: int | None = None
    serviced_at: datetime | None = None
    serviced_by: str | None = None
    serviced_cycles: int = 0
    samples: int = 0
    reference_ratio: float = 0.0
    recent_ratio: float = 0.0
    commands: int = 0
    tries_ratio: float = 0.0

    @property
    def cycles_since_service(self) -> int:
        """How often it has worked since then."""
        return self.cycles - self.serviced_cycles


def worked(wear: Wear, plc_cycles: int | None = None) -> Wear:
    """One more cycle; where the PLC counts, as many as it says. A count that fell is another PLC's: it begins anew."""
    if plc_cycles is None:
        return replace(wear, cycles=wear.cycles + 1)
    known = plc_cycles if wear.plc_cycles is None else wear.plc_cycles
    more = plc_cycles - known if plc_cycles >= known else plc_cycles
    return replace(wear, cycles=wear.cycles + more, plc_cycles=plc_cycles)


def timed(wear: Wear, took_s: float, minimum_s: float) -> Wear:
    """A move that took so long. Raises ValueError where `minimum_s` is not above 0."""
    if minimum_s <= 0:
        raise ValueError("a move takes time")
    ratio, count = took_s / minimum_s, wear.samples
    if count < REFERENCE_SAMPLES:
        mean = (wear.reference_ratio * count + ratio) / (count + 1)
        return replace(wear, samples=count + 1, reference_ratio=round(mean, 6), recent_ratio=round(mean, 6))
    recent = wear.recent_ratio + _RECENT * (ratio - wear.recent_ratio)
    return replace(wear, samples=count + 1, recent_ratio=round(recent, 6))


def tried(wear: Wear, *, again: bool) -> Wear:
    """A command ended; `again`: it was refused or blocked and has to be given another time."""
    share = wear.tries_ratio + _TRIES * (float(again) - wear.tries_ratio)
    return replace(wear, commands=wear.commands + 1, tries_ratio=round(share, 6))


def serviced(wear: Wear, at: datetime, by: str) -> Wear:
    """After a service counts and references begin anew."""
    fresh = Wear(wear.device, wear.kind, wear.since_at, wear.cycles, wear.plc_cycles)
    return replace(fresh, serviced_at=at, serviced_by=by, serviced_cycles=wear.cycles)


def drift(wear: Wear) -> float | None:
    """How much slower it is than after its service, as a ratio (0.2: a fifth); None before there is a reference."""
    if wear.samples <= REFERENCE_SAMPLES or wear.reference_ratio <= 0:
        return None
    return round(wear.recent_ratio / wear.reference_ratio - 1.0, 4)


def is_slower(wear: Wear, rules: UpkeepRules) -> bool:
    """Whether it has become slower than the rules let pass."""
    slower = drift(wear)
    return slower is not None and slower > rules.drift_ratio


def needs_tries(wear: Wear, rules: UpkeepRules) -> bool:
    """Whether too many of its commands need another try. One bad day of a new device is not enough."""
    return wear.commands >= REFERENCE_SAMPLES and wear.tries_ratio > rules.tries_ratio


def due_at(wear: Wear, rule: ServiceRule) -> datetime | None:
    """When it is due by the calendar."""
    return None if rule.days is None else (wear.serviced_at or wear.since_at) + timedelta(days=rule.days)


def due(wear: Wear, rule: ServiceRule, now: datetime) -> Due:
    """Whether a service is due, by cycles or by the calendar."""
    shares = []
    if rule.cycles:
        shares.append(wear.cycles_since_service / rule.cycles)
    if rule.days:
        waited_s = (now - (wear.serviced_at or wear.since_at)).total_seconds()
        shares.append(waited_s / (rule.days * 86400.0))
    most = max(shares, default=0.0)
    if most >= 1.0:
        return "now"
    return "soon" if most >= SOON_RATIO else "no"
