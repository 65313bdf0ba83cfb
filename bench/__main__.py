"""`python -m bench [--json] [NAME …]`: every figure beside its baseline of the same run; 1 where a target is missed."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Protocol


class Shown(Protocol):
    """What a benchmark's `run` yields: a ratio or a figure."""

    @property
    def good(self) -> bool:
        """Whether the target is met."""

    def as_json(self) -> dict[str, float | str]:
        """As one line of JSON."""


def names() -> list[str]:
    """Every benchmark there is."""
    return sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))


def held(name: str, *, as_json: bool) -> bool:
    """Run one benchmark and show its figures; False where one misses its target.

    A benchmark gives figures by `run`, or shows its own by `main`, which takes its own options.
    """
    module = importlib.import_module(f"bench.bench_{name}")
    if not hasattr(module, "run"):
        sys.argv = [f"bench_{name}", *(["--json"] if as_json else [])]
        module.main()
        return True
    good = True
    for figure in module.run():
        shown: Shown = figure
        print(json.dumps(shown.as_json()) if as_json else figure, flush=True)
        good = good and shown.good
    return good


def main(wanted: list[str]) -> int:
    """Run what is wanted (all where nothing is); 2 where there is no such benchmark."""
    as_json = "--json" in wanted
    wanted = [name for name in wanted if name != "--json"]
    unknown = set(wanted) - set(names())
    if unknown:
        print(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(names())}", file=sys.stderr)
        return 2
    results = [held(name, as_json=as_json) for name in wanted or names()]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
