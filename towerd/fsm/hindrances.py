"""What stands against a command or a jog by hand, and what to do first, as far as the picture of the machine shows it
(plc-if.md 5, 5.8, 5.10, 5.11, 7.1). Pure; for people only: whether a command is taken says the PLC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from towerd.bays.model import BayBits, is_locked, is_usable
from towerd.cabin.model import Cabin, CabinSensors, DoorState
from towerd.jobs.transfer import fork_centred
from towerd.lift.registers import HomeAxis
from towerd.plc.codes import Args, Code
from towerd.plc.snapshot import KeySwitch, Safety, Snapshot, Unit

JOG_LIFT, JOG_TURNTABLE, JOG_FORK = range(3)
_LOCK: Final = 16


@dataclass(frozen=True, slots=True)
class Hindrance:
    """One thing that stands against it, and what takes it away."""

    text: str
    cure: str


Found = Iterator[Hindrance]


def _name(station: tuple[int, int]) -> str:
    return f"cabin:{station[1]}" if station[0] == 0 else f"{station[0]}-{station[1]}"


def station_of(machine: Snapshot) -> tuple[int, int] | None:
    """Where the carriage stands, where that is a station."""
    floor, position = machine.lift.station_floor, machine.turntable.station_position
    return None if floor is None or position is None else (floor, position)


def _shaft(machine: Snapshot) -> Found:
    if Safety.SHAFT_CLEAR not in machine.system.safety:
        yield Hindrance("somebody or something is in the shaft", "Look into the shaft.")
    if Safety.GATES_CLOSED not in machine.system.safety:
        yield Hindrance("a maintenance gate is open", "Close the gates.")


def _fork_in(machine: Snapshot) -> Found:
    if not fork_centred(machine):
        yield Hindrance("the fork is not centred", "towerctl home fork.")


def _doors(machine: Snapshot) -> Found:
    for cabin in machine.cabins:
        if cabin.inner_door is not DoorState.CLOSED:
            yield Hindrance(
                f"the inner door of cabin {cabin.number} is not closed", f"towerctl door inner close {cabin.number}."
            )


def _locks(machine: Snapshot, override: int = 0) -> Found:
    manual = machine.system.key_switch is KeySwitch.MANUAL
    here = station_of(machine) if override & _LOCK else None
    for place, word in machine.bays():
        left_out = word & BayBits.DISABLED and (manual or not word & 0b11)
        if is_locked(word) or left_out or place.station == here:
            continue
        name = _name(place.station)
        yield Hindrance(f"bay {name} is not locked", f"towerctl lock close {name}.")


def _pair(first: bool, second: bool, override: int) -> bool | None:
    """Occupied, empty, or None: the two disagree. Bit 0 of `override` leaves out the first, bit 1 the second."""
    if override & 1:
        return second
    if override & 2:
        return first
    return first if first == second else None


_LEAVE_OUT: Final = "Look which is wrong; --leave-out first, second, front or rear leaves that one out."


def _content(seen: bool | None, wanted: bool, what: str, cure: str) -> Found:
    if seen is None:
        yield Hindrance(f"the two sensors of {what} disagree", _LEAVE_OUT)
    elif seen is not wanted:
        yield Hindrance(f"{what} is {'empty' if wanted else 'occupied'}", cure)


def _carries(machine: Snapshot, override: int) -> bool | None:
    return _pair(machine.load.present_front, machine.load.present_rear, override >> 2)


def _load(machine: Snapshot, override: int = 0) -> Found:
    loaded = _carries(machine, override)
    if loaded is None:
        yield Hindrance("the two sensors of the carriage disagree", _LEAVE_OUT)
    elif loaded and not machine.load.centred:
        yield Hindrance(
            "the vehicle on the carriage is not centred", "Look at it; towerctl jog fork leads step by step."
        )


def _travel(machine: Snapshot, override: int = 0) -> Found:
    yield from _shaft(machine)
    yield from _fork_in(machine)
    yield from _doors(machine)
    yield from _locks(machine, override)
    yield from _load(machine, override)


def _stands_at(machine: Snapshot, station: tuple[int, int]) -> Found:
    here = station_of(machine)
    if here != station:
        where = f"at {_name(here)}" if here else "between stations"
        yield Hindrance(f"the carriage stands {where}, not at {_name(station)}", f"towerctl goto {_name(station)}.")


def _unlocked(machine: Snapshot, station: tuple[int, int], override: int = 0) -> Found:
    if is_locked(machine.bay_word(*station)) and not override & _LOCK:
        yield Hindrance(f"bay {_name(station)} is locked", f"towerctl lock open {_name(station)}.")


def _nobody(cabin: Cabin) -> Found:
    if not cabin.clear:
        look = f"Look into cabin {cabin.number}; press the button outside when nobody is in there."
        yield Hindrance(f"cabin {cabin.number} is not confirmed clear", look)


def _outer_closed(cabin: Cabin) -> Found:
    if cabin.outer_door is not DoorState.CLOSED:
        cure = f"towerctl door outer close {cabin.number}."
        yield Hindrance(f"the outer door of cabin {cabin.number} is not closed", cure)


def _inner_opened(cabin: Cabin) -> Found:
    if cabin.inner_door is not DoorState.OPEN:
        cure = f"towerctl door inner open {cabin.number}."
        yield Hindrance(f"the inner door of cabin {cabin.number} is not open", cure)


def _bay_for_fork(machine: Snapshot, station: tuple[int, int], override: int, wanted: bool) -> Found:
    word, name = machine.bay_word(*station), _name(station)
    seen = _pair(bool(word & BayBits.OCCUPIED_A), bool(word & BayBits.OCCUPIED_B), override)
    yield from _content(seen, wanted, f"bay {name}", "towerctl bay show shows which bay it is.")
    if machine.system.key_switch is KeySwitch.AUTO and not is_usable(word):
        yield Hindrance(f"bay {name} is disabled, faulty or overhung", "Only in Manual can it be served.")
    yield from _unlocked(machine, station, override)


def _cabin_for_fork(machine: Snapshot, number: int, override: int, wanted: bool) -> Found:
    cabin = machine.cabin(number)
    front, rear = (bit in cabin.sensors for bit in (CabinSensors.VEHICLE_FRONT, CabinSensors.VEHICLE_REAR))
    yield from _content(_pair(front, rear, override), wanted, f"cabin {number}", "Look into the cabin.")
    yield from _outer_closed(cabin)
    yield from _nobody(cabin)
    yield from _inner_opened(cabin)


def _fork(machine: Snapshot, args: Args, get: bool) -> Found:
    station, override = (args[0], args[1]), args[3]
    yield from _shaft(machine)
    yield from _content(
        _carries(machine, override), not get, "the carriage", f"towerctl fork {'put' if get else 'get'} PLACE first."
    )
    yield from _stands_at(machine, station)
    if station[0]:
        yield from _bay_for_fork(machine, station, override, get)
    else:
        yield from _cabin_for_fork(machine, station[1], override, get)


def _home(machine: Snapshot, args: Args) -> Found:
    yield from _shaft(machine)
    if args[0] == HomeAxis.FORK:
        yield from _fork_near_cabins(machine)
        return
    yield from _fork_in(machine)
    yield from _doors(machine)
    yield from _locks(machine)


def _fork_near_cabins(machine: Snapshot) -> Found:
    if fork_centred(machine):
        return
    for cabin in machine.cabins:
        if cabin.inner_door is not DoorState.CLOSED:
            yield from _outer_closed(cabin)
            yield from _nobody(cabin)


def _inner_door(machine: Snapshot, cabin: Cabin, opens: bool) -> Found:
    if opens:
        yield from _shaft(machine)
        yield from _stands_at(machine, (0, cabin.number))
        yield from _outer_closed(cabin)
        yield from _nobody(cabin)
        return
    yield from _fork_in(machine)
    if CabinSensors.DOORWAY_CLEAR not in cabin.sensors:
        yield Hindrance(f"something stands in the inner doorway of cabin {cabin.number}", "Free the doorway.")


def _outer_door(cabin: Cabin, opens: bool) -> Found:
    number = cabin.number
    if opens and cabin.inner_door is not DoorState.CLOSED:
        yield Hindrance(f"the inner door of cabin {number} is not closed", f"towerctl door inner close {number}.")
    if not opens and CabinSensors.LIGHT_CURTAIN_CLEAR not in cabin.sensors:
        yield Hindrance(f"the light curtain of cabin {number} is not clear", "Free the doorway.")
    if not opens and CabinSensors.PERSON_DETECTED in cabin.sensors:
        yield Hindrance(f"a person is in cabin {number}", "Look into the cabin; let them leave.")


_CARRIAGE: Final[dict[int, Callable[[Snapshot, Args], Found]]] = {
    Code.LIFT_TO: lambda machine, args: _travel(machine, args[3]),
    Code.FORK_GET: lambda machine, args: _fork(machine, args, get=True),
    Code.FORK_PUT: lambda machine, args: _fork(machine, args, get=False),
    Code.HOME: _home,
    Code.BAY_UNLOCK: lambda machine, args: _stands_at(machine, (args[0], args[1])),
    Code.BAY_LOCK: lambda machine, _args: _fork_in(machine),
}


def hindrances(machine: Snapshot, unit: str, code: int, args: Args) -> tuple[Hindrance, ...]:
    """What stands against this command now, in the order in which to see to it. Its place is one of this tower's."""
    if code in _CARRIAGE:
        return tuple(_CARRIAGE[code](machine, args))
    if code not in (Code.INNER_DOOR, Code.OUTER_DOOR):
        return ()
    cabin = machine.cabin(2 if unit == Unit.CABIN2 else 1)
    if code == Code.INNER_DOOR:
        return tuple(_inner_door(machine, cabin, bool(args[0])))
    return tuple(_outer_door(cabin, bool(args[0])))


def _fork_outwards(machine: Snapshot) -> Found:
    if not (machine.lift.homed and machine.turntable.homed and machine.fork.homed):
        yield Hindrance("an axis is not homed", "towerctl home all.")
        return
    here = station_of(machine)
    if here is None:
        yield Hindrance("the carriage stands between stations", "towerctl goto PLACE.")
    elif here[0]:
        yield from _unlocked(machine, here)
    else:
        cabin = machine.cabin(here[1])
        yield from _outer_closed(cabin)
        yield from _nobody(cabin)
        yield from _inner_opened(cabin)


def jog_hindrances(machine: Snapshot, axis: int, direction: int) -> tuple[Hindrance, ...]:
    """What stands against moving an axis by hand, and what to do first: as for commands, but for the homing (7.1)."""
    if axis != JOG_FORK:
        return tuple(_travel(machine))
    outwards = _fork_outwards(machine) if direction > 0 else ()
    # one word for a door that is asked of twice
    return tuple(dict.fromkeys((*_shaft(machine), *_fork_near_cabins(machine), *outwards)))
