"""The one catalogue of faults. `--list-faults`, the control port, scenario files and the page in docs/ derive from it.

A fault changes the plant, the registers or the wire; what follows from it is the program's business.
"""

from __future__ import annotations

from simulator import faults_cabin, faults_drives, faults_places, faults_plc, faults_tower, faults_wire
from simulator.fault import Fault

GROUPS = (faults_drives, faults_places, faults_cabin, faults_tower, faults_plc, faults_wire)
CATALOGUE: dict[str, Fault] = {fault.name: fault for group in GROUPS for fault in group.FAULTS}


def find(name: str) -> Fault:
    """The fault of that name. Raises ValueError where there is none."""
    try:
        return CATALOGUE[name]
    except KeyError:
        raise ValueError(f"no such fault: {name}; there are {', '.join(sorted(CATALOGUE))}") from None
