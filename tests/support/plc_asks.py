"""What the PLC asks of a command, read from plc-if.md 5 for one snapshot; an oracle apart from the code that decides."""

from __future__ import annotations

from collections.abc import Iterator

from towerd.bays.model import BayBits, content
from towerd.cabin.model import Cabin, CabinSensors, DoorState, Gauge
from towerd.jobs.model import Act
from towerd.plc.codes import Code
from towerd.plc.snapshot import Interlock, Safety, Snapshot, Unit, cabin_unit

_MISPLACED = (
    CabinSensors.TOO_FAR_FORWARD | CabinSensors.TOO_FAR_BACK | CabinSensors.TOO_FAR_LEFT | CabinSensors.TOO_FAR_RIGHT
)
_TOO_LARGE = Gauge.TOO_LONG | Gauge.TOO_WIDE | Gauge.TOO_HIGH


def _shaft(machine: Snapshot) -> Iterator[tuple[str, bool]]:
    yield "shaft clear", Safety.SHAFT_CLEAR in machine.system.safety
    yield "gates closed", Safety.GATES_CLOSED in machine.system.safety


def _centred(machine: Snapshot) -> bool:
    return Interlock.FORK_NOT_CENTRED not in machine.system.interlocks


def _homed(machine: Snapshot) -> bool:
    return machine.lift.homed and machine.turntable.homed


def _runs(machine: Snapshot, unit: Unit, *codes: Code) -> bool:
    mailbox = machine.mailboxes[unit]
    return bool(mailbox.active_seq) and mailbox.active_code in codes


def _at(machine: Snapshot, floor: int, position: int) -> bool:
    still = machine.lift.standstill and machine.turntable.standstill
    return still and (machine.lift.station_floor, machine.turntable.station_position) == (floor, position)


def _all_locked(machine: Snapshot) -> bool:
    left_out = [bool(word & BayBits.DISABLED) and content(word) == "empty" for word in machine.bay_words]
    locked = all(word & BayBits.LOCKED or out for word, out in zip(machine.bay_words, left_out, strict=True))
    return locked and not _runs(machine, Unit.BAYS, Code.BAY_UNLOCK)


def _inner_closed(machine: Snapshot) -> bool:
    opening = any(_runs(machine, cabin_unit(shown.number), Code.INNER_DOOR) for shown in machine.cabins)
    return not opening and all(shown.inner_door is DoorState.CLOSED for shown in machine.cabins)


def _clear(shown: Cabin) -> bool:
    somebody = CabinSensors.PERSON_DETECTED | CabinSensors.MOTION_DETECTED
    return CabinSensors.CLEAR_CONFIRMED in shown.sensors and not shown.sensors & somebody


def _lift_to(machine: Snapshot, act: Act) -> Iterator[tuple[str, bool]]:
    yield from _shaft(machine)
    yield "homed", _homed(machine)
    yield "fork centred", _centred(machine)
    yield "inner doors closed", _inner_closed(machine)
    yield "bays locked", _all_locked(machine)
    load = machine.load
    yield "carriage empty or loaded and centred", load.state == "empty" or (load.state == "loaded" and load.centred)
    floor, position = act.command.args[:2]
    yield "a station of this tower", position <= (machine.identity.positions if floor else machine.identity.cabins)


def _fork(machine: Snapshot, act: Act) -> Iterator[tuple[str, bool]]:
    yield from _shaft(machine)
    get = act.command.code == Code.FORK_GET
    floor, position, epoch, override = act.command.args
    yield "no override in Auto", override == 0
    yield "homed", _homed(machine) and machine.fork.homed
    yield "at that station", _at(machine, floor, position)
    yield "carriage", machine.load.state == ("empty" if get else "loaded")
    yield "vehicle in position", get or machine.load.centred
    if floor:
        word = machine.bay_word(floor, position)
        yield "bay unlocked", not word & BayBits.LOCKED and not machine.mailboxes[Unit.BAYS].active_seq
        yield "bay content", content(word) == ("occupied" if get else "empty")
        yield "bay usable", not word & (BayBits.FAULT | BayBits.DISABLED | BayBits.OVERHANG)
        return
    shown = machine.cabin(position)
    yield "epoch", epoch == shown.occupancy_epoch
    yield "cabin content", shown.content == ("occupied" if get else "empty")
    yield "inner door open", shown.inner_door is DoorState.OPEN
    yield "no door works", not _runs(machine, cabin_unit(position), Code.INNER_DOOR, Code.OUTER_DOOR)
    yield "outer door closed", shown.outer_door is DoorState.CLOSED
    yield "cabin clear", _clear(shown)
    yield (
        "vehicle in position and small enough",
        not get or not (shown.sensors & _MISPLACED or shown.gauge & _TOO_LARGE),
    )


def _home(machine: Snapshot, act: Act) -> Iterator[tuple[str, bool]]:
    yield from _shaft(machine)
    if act.command.args[0] != 2:
        yield "inner doors closed", _inner_closed(machine)
        yield "bays locked", _all_locked(machine)
        yield "fork centred", _centred(machine)
    elif not _centred(machine):
        for shown in machine.cabins:
            closed = shown.inner_door is DoorState.CLOSED
            yield f"cabin {shown.number} clear", closed or _clear(shown)
            yield f"outer door {shown.number} closed", closed or shown.outer_door is DoorState.CLOSED


def _lock(machine: Snapshot, act: Act) -> Iterator[tuple[str, bool]]:
    floor, position = act.command.args[:2]
    if act.command.code == Code.BAY_UNLOCK:
        yield "homed", _homed(machine)
        yield "at that bay", _at(machine, floor, position)
    else:
        yield "fork centred", _centred(machine)


def _inner_door(machine: Snapshot, act: Act) -> Iterator[tuple[str, bool]]:
    shown = machine.cabin(int(act.unit[-1]))
    if not act.command.args[0]:
        yield "fork centred", _centred(machine)
        yield "doorway clear", CabinSensors.DOORWAY_CLEAR in shown.sensors
        return
    yield from _shaft(machine)
    yield "homed", _homed(machine)
    yield "epoch", act.command.args[1] == shown.occupancy_epoch
    yield "cabin clear", _clear(shown)
    yield "outer door closed", shown.outer_door is DoorState.CLOSED
    yield "carriage at this cabin", _at(machine, 0, shown.number)


_ASKS = {
    Code.LIFT_TO: _lift_to,
    Code.FORK_GET: _fork,
    Code.FORK_PUT: _fork,
    Code.HOME: _home,
    Code.BAY_UNLOCK: _lock,
    Code.BAY_LOCK: _lock,
    Code.INNER_DOOR: _inner_door,
}


def unmet(machine: Snapshot, act: Act) -> list[str]:
    """The conditions of plc-if.md 5 that do not hold for this command on this snapshot; its own mailbox is free."""
    return [what for what, holds in _ASKS[Code(act.command.code)](machine, act) if not holds]
