"""Which task a command becomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.program import rules
from simulator.program.carriage_tasks import Home, LiftTo
from simulator.program.fork_tasks import ForkCycle
from simulator.program.mailbox import Command, Task, Unit
from simulator.program.small_tasks import InnerDoor, Lock, OuterDoor, Signal

if TYPE_CHECKING:
    from simulator.program.plc import Plc


def build_task(plc: Plc, unit: Unit, command: Command) -> Task:
    """The task of a command that was not refused."""
    if command.code == rules.LIFT_TO:
        return LiftTo(plc, command)
    if command.code == rules.HOME:
        return Home(plc, command)
    if command.code in rules.FORK_CODES:
        return ForkCycle(plc, command)
    if unit.name == "BAYS":
        return Lock(plc, command)
    cabin = plc.cabins[int(unit.name[-1]) - 1]
    if command.code == rules.INNER_DOOR:
        return InnerDoor(plc, cabin, command)
    if command.code == rules.OUTER_DOOR:
        return OuterDoor(plc, cabin, command)
    return Signal(cabin, command)
