"""A cabin's block and commands (registers.csv CAB1, CAB2; plc-if.md 5). Pure."""

from __future__ import annotations

from collections.abc import Mapping

from towerd.cabin.model import Cabin, CabinSensors, DoorState, Gauge, Signal
from towerd.plc.codes import Code, MailboxCommand


def decode_cabin(number: int, values: Mapping[str, int]) -> Cabin:
    """Cabin `number` from the fields of its block. Raises ValueError on a door state that the contract does not know."""
    return Cabin(
        number=number,
        outer_door=DoorState(values["outer_door"]),
        inner_door=DoorState(values["inner_door"]),
        sensors=CabinSensors(values["sensors"]),
        length_mm=values["length_mm"],
        width_mm=values["width_mm"],
        height_mm=values["height_mm"],
        mass_kg=values["mass_kg"],
        gauge=Gauge(values["gauge"]),
        tag=values["tag"],
        signal=values["signal"],
        occupancy_epoch=values["occupancy_epoch"],
    )


def inner_door(to_open: bool, epoch: int = 0) -> MailboxCommand:
    """INNER_DOOR. To open it carries the occupancy epoch that was decided on (5.9); to close it needs none."""
    return _door(Code.INNER_DOOR, to_open, epoch)


def outer_door(to_open: bool, epoch: int = 0) -> MailboxCommand:
    """OUTER_DOOR. To open it carries the occupancy epoch that was decided on (5.9); to close it needs none."""
    return _door(Code.OUTER_DOOR, to_open, epoch)


def signal(sign: Signal | int) -> MailboxCommand:
    """SIGNAL: what the cabin's sign shows. Raises ValueError on a number that the contract does not know."""
    return MailboxCommand(Code.SIGNAL, (Signal(sign).value, 0, 0, 0))


def _door(code: Code, to_open: bool, epoch: int) -> MailboxCommand:
    return MailboxCommand(code, (1, epoch, 0, 0) if to_open else (0, 0, 0, 0))
