"""What is kept in mind of commands and axes while they are watched; it dies with the process."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DoneAgain:
    """A command that the PLC has done `count` times running, the last time at `mono_s`: code and what it was about."""

    what: tuple[int, int, int]
    count: int
    mono_s: float


@dataclass(frozen=True, slots=True)
class Run:
    """How long a running command has been seen to run, s, and when it was seen last."""

    ran_s: float
    seen_mono_s: float


@dataclass(frozen=True, slots=True)
class AxisRun:
    """An axis in motion: since when by the monotonic clock, s, and from where, in its raw unit (mm, 0.01°)."""

    since_mono_s: float
    actual: int


@dataclass(frozen=True, slots=True)
class AxisSample:
    """A motion that was seen whole: `took_s` for `way` in the axis's raw unit, either sign."""

    axis: str
    took_s: float
    way: int
