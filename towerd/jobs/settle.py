"""What came of a fork command, by the sensors (plc-if.md 6.2). Pure."""

from __future__ import annotations

from typing import Literal

from towerd.jobs.transfer import content_of
from towerd.places import Place, bay, cabin
from towerd.plc.codes import Args, Code
from towerd.plc.snapshot import Snapshot

Outcome = Literal["before", "after", "unknown"]


def fork_place(args: Args) -> Place:
    """The place that FORK_GET or FORK_PUT names: floor 0 is a cabin."""
    floor, position = args[0], args[1]
    return cabin(position) if floor == 0 else bay(floor, position)


def settle(code: int, args: Args, machine: Snapshot) -> Outcome:
    """Whether the vehicle is where it was, where it was to go, or neither can be told.

    Raises ValueError on another command than FORK_GET and FORK_PUT.
    """
    if code not in (Code.FORK_GET, Code.FORK_PUT):
        raise ValueError(f"command {code} moves no vehicle between places")
    there = content_of(machine, fork_place(args))
    carried = machine.load.state
    taken = there == "empty" and carried == "loaded"
    left = there == "occupied" and carried == "empty"
    if not taken and not left:
        return "unknown"
    return "after" if taken == (code == Code.FORK_GET) else "before"
