"""docs/reference/fault-matrix.md, from the cells of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.matrix.cell import Cell
from tests.matrix.phases import PHASES, STAGED
from tests.matrix.ways import WAYS, Way

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "fault-matrix.md"
MARKS = {
    "alone": "a",
    "helped": "h",
    "left": "l",
    "by hand": "m",
    "door by hand": "d",
    "mended": "h",
    "stuck": "STUCK",
}
_ALL = (*PHASES, *STAGED)
_INTRO = """\
# The fault matrix

Generated from a run (`make test-matrix`); do not edit. One ordered car, one visit, one fault at one moment: every fault of the simulator's
catalogue at every moment of the visit. In each of the {cells} cells the run checks, at every tick and in the simulated shaft itself, that

- nothing is unsafe: no travel with the fork out or an inner door open, never both doors of a cabin open, no fork in an open cabin, no collision;
- nothing is lost: every vehicle is where the inventory says, or the inventory says that it does not know; no command is executed twice; the
  replay of the history gives the same tables;
- the car comes out, and nobody needs to know more for it than `towerctl why`, `alarms` and `status` show.

| mark | the car comes out |
|---|---|
| a | by itself: the fault stands, and a customer at most shows the face again, or whoever passes presses the button outside |
| h | in Auto, after what the last column says. *mend*: whoever stands there takes the cause away |
| l | with whoever took it through a door that was opened by force or from inside: that is told as an alarm, the order ends, no loan begins |
| m | in Auto, after a technician has brought it into the cabin in Manual; nothing is mended |
| d | through the outer door that a technician opens in Manual, because Auto stays held as long as the fault stands; it is mended for the next customer |
"""
_ABOUT = {
    "mended": """\
## Mended

Every fault at every moment. Whoever comes mends the cause when the program has named it, and does what it says.
""",
    "by hand": """\
## By hand

Nobody has a spare part. Key to Manual; `towerctl bay set --override` for what is in doubt; the car by single commands into the cabin, the
sensor that fails left out (`--leave-out`, plc-if.md 5.11) where a command asks it; `job finish`, key to Auto, `confirm-changes`. The faults are
those with which the contract lets a technician do so: single sensors of places and of a bay's lock, bays that Auto keeps off, a tag that
is not read. At sampled moments.
""",
    "staged": """\
## Staged

A car that is brought forward for a customer who is on the way, and comes a while after the fault; mended as above. Where it gives way, the
other customer's car has to come out as well. Every fault of the catalogue in one form.
""",
    "two cabins": """\
## Two cabins

The faults of cabin 1 in a tower that has another one, mended as above. At sampled moments.
""",
}


def _columns() -> list[str]:
    lines = ["", "| | the car is | what goes on when the fault comes |", "|---|---|---|"]
    lines += [f"| {number} | {phase.where} | {phase.what} |" for number, phase in enumerate(_ALL, 1)]
    return [*lines, ""]


def _helps(cells: Sequence[Cell]) -> str:
    """What helped, most often first; a long way only once."""
    ways = Counter(" → ".join(dict.fromkeys(cell.acts)) for cell in cells if cell.acts)
    return "; or ".join(way for way, _count in ways.most_common(3))


def _table(way: Way, cells: Sequence[Cell]) -> list[str]:
    rows: dict[str, dict[str, Cell]] = {}
    for cell in cells:
        rows.setdefault(cell.fault, {})[cell.phase] = cell
    heads = " | ".join(str(_ALL.index(phase) + 1) for phase in way.phases)
    lines = [
        _ABOUT[way.name],
        f"| fault | {heads} | what helped |",
        "|---|" + "---|" * (len(way.phases) + 1),
    ]
    for fault, by_phase in rows.items():
        marks = " | ".join(MARKS[by_phase[phase.name].outcome] for phase in way.phases)
        lines.append(f"| {fault} | {marks} | {_helps(list(by_phase.values()))} |")
    return [*lines, ""]


def render(tables: Mapping[str, Sequence[Cell]]) -> str:
    """The page."""
    lines = [_INTRO.format(cells=sum(map(len, tables.values()))), *_columns()]
    for way in WAYS:
        lines += _table(way, tables[way.name])
    return "\n".join(lines).rstrip() + "\n"
