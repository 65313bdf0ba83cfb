"""What a benchmark gives: a figure beside its baseline, both from the same run."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Bound = Literal["at least", "at most"]


@dataclass(frozen=True, slots=True)
class Target:
    """What is wanted: the figure itself (in its unit) or its ratio to the baseline is at least or at most `limit`."""

    bound: Bound
    limit: float
    of_ratio: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` beside `baseline`, both in `unit`; `against` says what the baseline is, `how` what was done. No target: it
    only informs.
    """

    name: str
    value: float
    baseline: float
    unit: str
    against: str
    target: Target | None = None
    how: str = ""

    @property
    def ratio(self) -> float:
        """How many times the baseline."""
        return self.value / self.baseline

    @property
    def good(self) -> bool:
        """Whether the target is met; true where there is none."""
        if self.target is None:
            return True
        measured = self.ratio if self.target.of_ratio else self.value
        return measured >= self.target.limit if self.target.bound == "at least" else measured <= self.target.limit

    @property
    def target_text(self) -> str:
        """The target in words, such as "at least 300 1/s" or "at most 1.5 times"; empty where there is none."""
        if self.target is None:
            return ""
        return f"{self.target.bound} {self.target.limit:,g} {'times' if self.target.of_ratio else self.unit}"

    def __str__(self) -> str:
        target = f"; wanted {self.target_text}{'' if self.good else '  MISSED'}" if self.target else ""
        figures = f"{significant(self.value):,} {self.unit}, {self.ratio:.2f} times {self.against}"
        return f"{self.name}: {figures} ({significant(self.baseline):,}){target}{f'; {self.how}' if self.how else ''}"

    def as_json(self) -> dict[str, float | str]:
        """The figure as one line of JSON takes it; four significant digits."""
        return {
            "name": self.name,
            "value": significant(self.value),
            "baseline": significant(self.baseline),
            "ratio": significant(self.ratio),
            "unit": self.unit,
            "target": self.target_text,
        }


def significant(value: float) -> float:
    """Rounded to four significant digits: no benchmark knows more."""
    return float(f"{value:.4g}")


def per_second(run: Callable[[int], object], count: int) -> float:
    """How often a second `run(number)` can be called, over `count` calls."""
    start_s = time.perf_counter()
    for number in range(count):
        run(number)
    return count / (time.perf_counter() - start_s)


@contextmanager
def scratch() -> Iterator[Path]:
    """An empty folder for a while, on the disk of this project: what is in memory only tells nothing of a disk."""
    parent = Path(__file__).parent.parent / "build"
    parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent) as folder:
        yield Path(folder)
