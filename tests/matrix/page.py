"""docs/reference/fault-matrix.md, from the cells of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.matrix.cell import Cell
from tests.matrix.phases import PHASES

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "fault-matrix.md"
MARKS = {"alone": "a", "helped": "h", "left": "l", "stuck": "STUCK"}
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
"""


def _columns() -> list[str]:
    lines = ["", "| | the car is | what goes on when the fault comes |", "|---|---|---|"]
    lines += [f"| {number} | {phase.where} | {phase.what} |" for number, phase in enumerate(PHASES, 1)]
    return [*lines, ""]


def _helps(cells: Sequence[Cell]) -> str:
    """What helped, most often first; a long way only once."""
    ways = Counter(" → ".join(dict.fromkeys(cell.acts)) for cell in cells if cell.acts)
    return "; or ".join(way for way, _count in ways.most_common(3))


def render(cells: Sequence[Cell]) -> str:
    """The page."""
    rows: dict[str, dict[str, Cell]] = {}
    for cell in cells:
        rows.setdefault(cell.fault, {})[cell.phase] = cell
    heads = " | ".join(str(number) for number in range(1, len(PHASES) + 1))
    lines = [
        _INTRO.format(cells=len(cells)),
        *_columns(),
        f"| fault | {heads} | what helped |",
        "|---|" + "---|" * (len(PHASES) + 1),
    ]
    for fault, by_phase in rows.items():
        marks = " | ".join(MARKS[by_phase[phase.name].outcome] for phase in PHASES)
        lines.append(f"| {fault} | {marks} | {_helps(list(by_phase.values()))} |")
    return "\n".join(lines) + "\n"
