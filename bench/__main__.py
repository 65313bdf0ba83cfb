"""`python -m bench [NAME …]`: runs `run()` of every bench_*.py, or of those named; 1 where a limit is not held."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path


def names() -> list[str]:
    """Every benchmark there is."""
    return sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))


def held(name: str) -> bool:
    """Run one benchmark and show its figures; False where one is below its limit.

    A benchmark gives ratios by `run`, or shows figures that only inform by `main`, which takes its own options.
    """
    module = importlib.import_module(f"bench.bench_{name}")
    if not hasattr(module, "run"):
        sys.argv = [f"bench_{name}"]
        module.main()
        return True
    good = True
    for ratio in module.run():
        print(ratio, flush=True)
        good = good and ratio.good
    return good


def main(wanted: list[str]) -> int:
    """Run what is wanted (all where nothing is); 2 where there is no such benchmark."""
    unknown = set(wanted) - set(names())
    if unknown:
        print(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(names())}", file=sys.stderr)
        return 2
    results = [held(name) for name in wanted or names()]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
