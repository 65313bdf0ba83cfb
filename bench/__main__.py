"""`python -m bench [--json] [NAME …]`: every figure beside its baseline, measured in one run; 1 where a target is missed.

Runs `run()` of every bench_*.py, or of those named. With --json each figure is one line of JSON.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.figure import Figure, significant

WIDTH = 150


def names() -> list[str]:
    """Every benchmark there is."""
    return sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))


def figures(wanted: list[str]) -> Iterator[Figure]:
    """Run the benchmarks, one after the other."""
    for name in wanted:
        yield from importlib.import_module(f"bench.bench_{name}").run()


def table(found: list[Figure]) -> Table:
    """The figures for people."""
    shown = Table(title="towerd: each figure beside its baseline, in one run")
    for heading in ("figure", "value", "target", "baseline", "ratio", "how"):
        shown.add_column(heading, justify="right" if heading in ("value", "ratio") else "left")
    for one in found:
        mark = "" if one.good else "[bold red] missed[/]"
        value, baseline = (f"{significant(number):,g} {one.unit}" for number in (one.value, one.baseline))
        shown.add_row(
            one.name, value, one.target_text + mark, f"{baseline}: {one.against}", f"{one.ratio:.3g}", one.how
        )
    return shown


def main(arguments: list[str]) -> int:
    """Run what is wanted (all where nothing is). 1: a target is missed; 2: there is no such benchmark."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names())}")
    parser.add_argument("--json", action="store_true", help="one line of JSON a figure")
    options = parser.parse_args(arguments)
    unknown = set(options.names) - set(names())
    if unknown:
        print(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(names())}", file=sys.stderr)
        return 2
    found = []
    for one in figures(options.names or names()):
        found.append(one)
        if options.json:
            print(json.dumps(one.as_json()), flush=True)
        else:
            print(f"{one.name}: {significant(one.value):,g} {one.unit}", file=sys.stderr, flush=True)
    if not options.json:
        console = Console()
        Console(width=None if console.is_terminal else WIDTH).print(table(found))
    return 0 if all(one.good for one in found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
