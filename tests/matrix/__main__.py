"""Runs the whole matrix. Writes docs/reference/fault-matrix.md, or with --check says whether it is what the run shows."""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time

from tests.matrix.cell import Cell
from tests.matrix.page import PAGE, render
from tests.matrix.ways import ROWS, WAYS, cells_of


def defects(tables: dict[str, list[Cell]]) -> list[str]:
    """Everything that must not be in the matrix, in words."""
    return [
        f"{way} | {cell.fault} | {cell.phase}: {cell.outcome} {cell.shown} unsafe {cell.unsafe} lost {cell.lost}"
        for way, cells in tables.items()
        for cell in cells
        if cell.outcome == "stuck" or cell.unsafe or cell.lost
    ]


def main() -> int:
    """0 where every cell is well and the page is what the run shows."""
    parser = argparse.ArgumentParser(prog="python -m tests.matrix", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare the page with the run, and write nothing")
    parser.add_argument("--jobs", type=int, default=multiprocessing.cpu_count(), help="processes (default: cores)")
    args = parser.parse_args()
    begun_s, tables = time.monotonic(), {way.name: list[Cell]() for way in WAYS}
    with multiprocessing.get_context("spawn").Pool(args.jobs) as pool:
        for done, made in enumerate(pool.imap(cells_of, ROWS), 1):
            tables[WAYS[ROWS[done - 1][0]].name] += made
            print(f"\r{done} of {len(ROWS)} rows, {time.monotonic() - begun_s:.0f} s", end="", file=sys.stderr)
    print(file=sys.stderr)
    found = defects(tables)
    page = render(tables)
    if args.check and (not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != page):
        found.append(f"{PAGE.name} is not what the run shows: make fault-matrix")
    if not args.check:
        PAGE.write_text(page, encoding="utf-8")
    print(
        "\n".join(found) or f"{sum(map(len, tables.values()))} cells: nothing unsafe, nothing lost, every car came out"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
