"""What comes next for a vehicle that is to go from where it stands to a target. Pure.

Nothing is remembered between calls: the next command follows from where the vehicle is and from what the machine shows.
So a restart, an abort or a technician's hand in between needs no case of its own, and a retrieval, a storing, a move
from bay to bay and a putting back are one thing. Conditions are those of plc-if.md section 5; the PLC holds them anyway.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from towerd.bays.model import BayBits, content, is_locked, is_usable
from towerd.bays.registers import bay_lock, bay_unlock
from towerd.cabin.model import Cabin, CabinSensors, DoorState, Gauge
from towerd.cabin.registers import inner_door
from towerd.faults import WRONG_VEHICLE
from towerd.jobs.model import Act, Arrived, Halt, Next, Wait
from towerd.lift.kinematics import Kinematics
from towerd.lift.registers import HomeAxis, fork_get, fork_put, home, lift_to
from towerd.places import CARRIAGE, Place, cabin
from towerd.plc.snapshot import Capability, Interlock, Safety, Snapshot, Unit, cabin_unit

HOMING_S: Final = 60.0
"""What homing may take at most on a tower of this kind, s; only its time limit hangs on it."""
_MISPLACED = (
    CabinSensors.TOO_FAR_FORWARD | CabinSensors.TOO_FAR_BACK | CabinSensors.TOO_FAR_LEFT | CabinSensors.TOO_FAR_RIGHT
)
_TOO_LARGE = Gauge.TOO_LONG | Gauge.TOO_WIDE | Gauge.TOO_HIGH


@dataclass(frozen=True, slots=True)
class Transfer:
    """A vehicle with this tag stands at `place` and is to go to `target`. Tag 0: which one it is, nobody knows yet."""

    tag: int
    place: Place
    target: Place


def fork_centred(machine: Snapshot) -> bool:
    """A switch of its own, valid unhomed (plc-if.md 5)."""
    return Interlock.FORK_NOT_CENTRED not in machine.system.interlocks


def stands_at(machine: Snapshot, place: Place) -> bool:
    """Whether lift and turntable stand at a place's taught station."""
    floor, position = place.station
    still = machine.lift.standstill and machine.turntable.standstill
    return still and machine.lift.station_floor == floor and machine.turntable.station_position == position


def unlocked_bays(machine: Snapshot) -> tuple[Place, ...]:
    """Bays whose lock is open, without those that are disabled at the PLC's panel and empty (plc-if.md 5)."""
    return tuple(
        place
        for place, word in machine.bays()
        if not is_locked(word) and not (word & BayBits.DISABLED and content(word) == "empty")
    )


def _carriage_stopped(machine: Snapshot) -> Wait | None:
    """What every CARRIAGE command and INNER_DOOR open ask beside their own conditions (plc-if.md 5)."""
    if Safety.SHAFT_CLEAR not in machine.system.safety:
        return Wait("shaft_not_clear")
    if Safety.GATES_CLOSED not in machine.system.safety:
        return Wait("gate_open")
    return None


def _cabin_unsafe(shown: Cabin) -> Wait | None:
    """What the fork in a cabin always asks (plc-if.md 5, 5.8)."""
    if shown.outer_door is not DoorState.CLOSED:
        return Wait(f"outer_door{shown.number}_not_closed")
    return None if shown.clear else Wait(f"cabin{shown.number}_not_clear")


def may_hold_fork(machine: Snapshot, shown: Cabin) -> bool:
    """Whether the fork is out, and may be in this cabin: in every one whose inner door is not closed."""
    return not fork_centred(machine) and shown.inner_door is not DoorState.CLOSED


def bring_fork_in(machine: Snapshot, kinematics: Kinematics) -> Act | Wait:
    """HOME of the fork that is out, with what is on it."""
    open_to = (_cabin_unsafe(shown) for shown in machine.cabins if may_hold_fork(machine, shown))
    stopped = _carriage_stopped(machine) or next((wait for wait in open_to if wait), None)
    # slowly, however quick it is else
    return stopped or Act(Unit.CARRIAGE, home(HomeAxis.FORK), HOMING_S / kinematics.speed_up)


def _closing(machine: Snapshot, number: int, kinematics: Kinematics) -> Next:
    door = machine.cabin(number)
    if door.inner_door is DoorState.CLOSING:
        return Wait(f"inner_door{number}_closing")
    if CabinSensors.DOORWAY_CLEAR not in door.sensors:
        return Wait(f"doorway{number}_blocked")
    return Act(cabin_unit(number), inner_door(False), kinematics.inner_door_s / kinematics.speed_up)


def close_up(machine: Snapshot, kinematics: Kinematics, leave_open: Place | None = None) -> Next | None:
    """Fork in, bays locked and inner doors closed, but for `leave_open`; None where all is so already."""
    if not fork_centred(machine):
        return bring_fork_in(machine, kinematics)
    for place in unlocked_bays(machine):
        if place != leave_open:
            return Act(Unit.BAYS, bay_lock(place.floor, place.position), kinematics.bay_lock_s / kinematics.speed_up)
    for shown in machine.cabins:
        if shown.inner_door is not DoorState.CLOSED and cabin(shown.number) != leave_open:
            return _closing(machine, shown.number, kinematics)
    return None


def home_first(machine: Snapshot, kinematics: Kinematics) -> Next | None:
    """HOME, and what it asks before, where an axis has lost its reference; None where all know where they are."""
    if machine.lift.homed and machine.turntable.homed and machine.fork.homed:
        return None
    ready = close_up(machine, kinematics) or _carriage_stopped(machine)
    return ready or Act(Unit.CARRIAGE, home(HomeAxis.ALL), HOMING_S / kinematics.speed_up)


def _travel(machine: Snapshot, place: Place, kinematics: Kinematics) -> Next:
    stopped = _carriage_stopped(machine)
    if stopped is not None:
        return stopped
    if machine.load.state == "disagree" or (machine.load.state == "loaded" and not machine.load.centred):
        return Wait("vehicle_misplaced")
    minimum_s = kinematics.travel_s(machine.lift.actual, machine.turntable.actual / 100.0, place.station)
    return Act(Unit.CARRIAGE, lift_to(*place.station), minimum_s)


def _open_bay(machine: Snapshot, place: Place, kinematics: Kinematics) -> Next | None:
    if is_locked(machine.bay_word(place.floor, place.position)):
        return Act(Unit.BAYS, bay_unlock(place.floor, place.position), kinematics.bay_lock_s / kinematics.speed_up)
    return None


def _open_cabin(machine: Snapshot, number: int, kinematics: Kinematics) -> Next | None:
    shown = machine.cabin(number)
    unsafe = _cabin_unsafe(shown)
    if unsafe is not None:
        return unsafe
    if shown.inner_door is DoorState.OPEN:
        return None
    if shown.inner_door is DoorState.OPENING:
        return Wait(f"inner_door{number}_opening")
    stopped = _carriage_stopped(machine)
    command = inner_door(True, shown.occupancy_epoch)
    return stopped or Act(cabin_unit(number), command, kinematics.inner_door_s / kinematics.speed_up)


def _open(machine: Snapshot, station: Place, kinematics: Kinematics) -> Next | None:
    if station.kind == "bay":
        return _open_bay(machine, station, kinematics)
    return _open_cabin(machine, station.position, kinematics)


def _use_fork(machine: Snapshot, place: Place, *, get: bool, kinematics: Kinematics) -> Next:
    stopped = _carriage_stopped(machine)
    if stopped is not None:
        return stopped
    epoch = machine.cabin(place.position).occupancy_epoch if place.kind == "cabin" else 0
    make = fork_get if get else fork_put
    return Act(Unit.CARRIAGE, make(*place.station, epoch), kinematics.fork_cycle_s)


def _unfit(machine: Snapshot, place: Place, *, get: bool) -> Wait | None:
    """What keeps the fork from a place before anything is opened for it (plc-if.md 5.10)."""
    if get:
        return kept_at(machine, place) if machine.load.state == "empty" else Wait("place_sensors_disagree")
    if content_of(machine, place) != "empty" or machine.load.state != "loaded":
        return Wait("place_sensors_disagree")
    return _out_of_service(machine, place) if machine.load.centred else Wait("vehicle_misplaced")


def _out_of_service(machine: Snapshot, place: Place) -> Wait | None:
    if place.kind != "bay" or is_usable(machine.bay_word(place.floor, place.position)):
        return None
    return Wait("bay_out_of_service")


def kept_at(machine: Snapshot, place: Place) -> Wait | None:
    """What keeps the fork from taking the vehicle that stands in a bay or a cabin, whatever the carriage does (5.10)."""
    if content_of(machine, place) != "occupied":
        return Wait("place_sensors_disagree")
    if place.kind == "bay":
        return _out_of_service(machine, place)
    shown = machine.cabin(place.position)
    if shown.sensors & _MISPLACED:
        return Wait("vehicle_misplaced")
    return Wait("vehicle_too_large") if shown.gauge & _TOO_LARGE else None


def content_of(machine: Snapshot, place: Place) -> str:
    """empty, occupied or disagree, by the sensors of a bay, a cabin or the carriage. Raises IndexError outside the tower."""
    if place == CARRIAGE:
        return "occupied" if machine.load.state == "loaded" else machine.load.state
    if place.kind == "cabin":
        return machine.cabin(place.position).content
    return content(machine.bay_word(place.floor, place.position))


def _wrong_tag(machine: Snapshot, transfer: Transfer) -> Halt | None:
    """Another vehicle than the expected one, on the carriage or still in the cabin; 0 is a tag that was not read."""
    reader = Capability.CARRIAGE_TAG_READER in machine.identity.capabilities
    if transfer.place == CARRIAGE and reader:
        read = machine.load.tag if machine.load.state == "loaded" else 0
    elif transfer.place.kind == "cabin":
        read = machine.cabin(transfer.place.position).tag
    else:
        read = 0
    if read == 0 or transfer.tag in (0, read):
        return None
    return Halt(WRONG_VEHICLE, f"tag {read} read at {transfer.place}, {transfer.tag} expected")


def next_action(machine: Snapshot, transfer: Transfer, kinematics: Kinematics) -> Next:
    """The one thing that comes next, or what is waited for, or what is wrong, or that the vehicle has arrived."""
    if transfer.place == transfer.target:
        return close_up(machine, kinematics) or Arrived()
    first = _wrong_tag(machine, transfer) or home_first(machine, kinematics)
    if first is not None:
        return first
    loaded = transfer.place == CARRIAGE
    station = transfer.target if loaded else transfer.place
    here = stands_at(machine, station)
    preparing = close_up(machine, kinematics, station if here else None)
    if preparing is not None:
        return preparing
    if not here:
        return _travel(machine, station, kinematics)
    opening = _unfit(machine, station, get=not loaded) or _open(machine, station, kinematics)
    return opening or _use_fork(machine, station, get=not loaded, kinematics=kinematics)


@lru_cache(maxsize=2048)
def minimum_s(source: Place, target: Place, start: tuple[float, float], kinematics: Kinematics) -> float:
    """The mechanical minimum in s of a whole transfer, the carriage standing at `start` (height mm, angle degrees).

    The carriage is a source that needs no fetching, and a target that needs no bringing. Remembered, as every car's is asked
    for with every order and every view, most often of a carriage that stands.
    """
    least_s, at = 0.0, start
    for place in (source, target):
        if place == CARRIAGE or source == target:
            continue
        access_s = kinematics.bay_lock_s if place.kind == "bay" else kinematics.inner_door_s
        least_s += kinematics.travel_s(*at, place.station) + kinematics.fork_cycle_s
        least_s += 2 * access_s / kinematics.speed_up
        at = (kinematics.height_mm(place.floor), kinematics.angle_deg(*place.station))
    return least_s
