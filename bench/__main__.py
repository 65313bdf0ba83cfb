"""`python -m bench [NAME …]`: runs `run()` of every bench_*.py, or of those named; 1 where a limit is not held."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path


def names() -> list[str]:
    """Every benchmark there is."""
    return sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))


def main(wanted: list[str]) -> int:
    """Run what is wanted (all where nothing is) and show each ratio."""
    unknown = set(wanted) - set(names())
    if unknown:
        print(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(names())}", file=sys.stderr)
        return 2
    good = True
    for name in wanted or names():
        for ratio in importlib.import_module(f"bench.bench_{name}").run():
            print(ratio, flush=True)
            good = good and ratio.good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
