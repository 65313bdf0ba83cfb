"""What a benchmark gives: a figure against another of the same run."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ratio:
    """`value` against `baseline`, both in `unit`; `least` is what the ratio must not fall below, None where it only informs."""

    name: str
    value: float
    baseline: float
    unit: str
    against: str
    least: float | None = None

    @property
    def ratio(self) -> float:
        """How many times the baseline."""
        return self.value / self.baseline

    @property
    def good(self) -> bool:
        """Whether the ratio is not below its limit."""
        return self.least is None or self.ratio >= self.least

    def as_json(self) -> dict[str, float | str]:
        """The ratio as one line of JSON takes it."""
        limit = "" if self.least is None else f"at least {self.least:g} times"
        return {
            "name": self.name,
            "value": self.value,
            "baseline": self.baseline,
            "ratio": self.ratio,
            "unit": self.unit,
            "target": limit,
        }

    def __str__(self) -> str:
        limit = "" if self.least is None else f" (at least {self.least:g}){'' if self.good else '  TOO SLOW'}"
        figures = f"{self.value:,.0f} {self.unit}, {self.ratio:.2f} times {self.against} ({self.baseline:,.0f})"
        return f"{self.name}: {figures}{limit}"


def per_second(run: Callable[[int], object], count: int) -> float:
    """How often a second `run(number)` can be called, over `count` calls."""
    start_s = time.perf_counter()
    for number in range(count):
        run(number)
    return count / (time.perf_counter() - start_s)
