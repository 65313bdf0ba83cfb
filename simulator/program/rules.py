"""The interlocks of the machine as questions (plc-if.md 5): each answers from plant and mailboxes, none changes anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.program.mailbox import Command

if TYPE_CHECKING:
    from simulator.program.plc import Plc

LIFT_TO, FORK_GET, FORK_PUT, HOME = 1, 2, 3, 4
BAY_UNLOCK, BAY_LOCK = 10, 11
INNER_DOOR, OUTER_DOOR, SIGNAL = 20, 21, 22
FORK_CODES = (FORK_GET, FORK_PUT)
OVERRIDE_FIRST, OVERRIDE_SECOND, OVERRIDE_FRONT, OVERRIDE_REAR, OVERRIDE_LOCK = 1, 2, 4, 8, 16


def pair_state(first: bool, second: bool, override: int, low_bit: int) -> bool | None:
    """True occupied, False empty, None a disagreement; an overridden sensor is left out (5.10, 5.11)."""
    if override & low_bit:
        return second
    if override & low_bit << 1:
        return first
    return first if first == second else None


def load_state(plc: Plc, override: int = 0) -> bool | None:
    """Whether a vehicle is on the carriage, or None when its sensors disagree."""
    front, rear = plc.plant.load_sensors()
    return pair_state(front, rear, override, OVERRIDE_FRONT)


def load_centred(plc: Plc) -> bool:
    """The load bit `centred`."""
    plant = plc.plant
    truth = plant.carriage_car is not None and plant.fork_centred and not plant.carriage_off_centre
    return plant.carriage_forced.get("centred", truth) if plant.carriage_forced else truth


def load_fit(plc: Plc, override: int = 0) -> bool:
    """Carriage empty, or loaded and centred."""
    state = load_state(plc, override)
    return state is False or (state is True and load_centred(plc))


def running(plc: Plc, unit: str) -> Command | None:
    """The command that runs in a mailbox."""
    active = plc.units[unit].active
    return active.command if active is not None else None


def carriage_travels(plc: Plc) -> bool:
    """Whether lift or turntable move or are about to."""
    command = running(plc, "CARRIAGE")
    if command is not None and (command.code == LIFT_TO or (command.code == HOME and command.args[0] != 2)):
        return True
    return plc.plant.lift.moving or plc.plant.turntable.moving


def fork_works(plc: Plc) -> bool:
    """Whether the fork moves or is about to."""
    command = running(plc, "CARRIAGE")
    if command is not None and (command.code in FORK_CODES or (command.code == HOME and command.args[0] in (2, 9))):
        return True
    return plc.plant.fork.moving or plc.plant.pick.moving


def inner_doors_closed(plc: Plc) -> bool:
    """All inner doors closed and none about to open."""
    return all(cabin.inner_closed and not _opens_inner(plc, cabin.number) for cabin in plc.cabins)


def _opens_inner(plc: Plc, number: int) -> bool:
    command = running(plc, f"CABIN{number}")
    return command is not None and command.code == INNER_DOOR and command.args[0] == 1


def bays_locked(plc: Plc, override: int = 0, left: tuple[int, int] | None = None) -> bool:
    """All bays locked and none about to be unlocked; leaves out what 5 and 5.11 leave out: with bit 4 the bay at which
    the carriage stands, or stood when its move began (`left`).
    """
    command = running(plc, "BAYS")
    if command is not None and command.code == BAY_UNLOCK:
        return False
    here = (left or at_station(plc)) if override & OVERRIDE_LOCK else None
    for index in plc.unlocked:
        bay = plc.plant.bays[index]
        station = plc.plant.layout.bay_at(index)
        if bay.disabled and (plc.manual or not any(plc.plant.place_sensors(station))):
            continue
        if station == here:
            continue
        return False
    return True


def homed(plc: Plc, fork: bool = False) -> bool:
    """Lift and turntable homed, and the fork where it is asked."""
    plant = plc.plant
    return plant.lift.homed and plant.turntable.homed and (plant.fork.homed or not fork)


def at_station(plc: Plc) -> tuple[int, int] | None:
    """The station at which the carriage stands, known only when lift and turntable are homed and at rest."""
    plant = plc.plant
    if not homed(plc) or plant.lift.moving or plant.turntable.moving:
        return None
    return plant.station()


def stands_at(plc: Plc, station: tuple[int, int]) -> bool:
    """Whether the carriage stands there and is not about to leave."""
    return at_station(plc) == station and not carriage_travels(plc)


def bay_open_for_fork(plc: Plc, station: tuple[int, int], override: int = 0) -> bool:
    """The bay is unlocked, and no command works on its lock."""
    index = plc.plant.layout.bay_index(*station)
    command = running(plc, "BAYS")
    if command is not None and (command.args[0], command.args[1]) == station:
        return False
    lock_moves = plc.plant.bays[index].lock.moving
    unlocked = not plc.plant.bay_locked(index) or bool(override & OVERRIDE_LOCK)
    return unlocked and not lock_moves


def cabin_open_for_fork(plc: Plc, number: int) -> bool:
    """Inner door open and staying so, outer closed, nobody waiting to get out."""
    cabin = plc.cabins[number - 1]
    command = running(plc, f"CABIN{number}")
    door_works = command is not None and command.code in (INNER_DOOR, OUTER_DOOR)
    return cabin.inner_open and cabin.outer_closed and not cabin.exit_pending and not door_works


def cabin_safe_for_fork(plc: Plc, number: int) -> bool:
    """5.8 and the outer door closed, without asking for the inner door: for HOME 2 and jog inwards."""
    cabin = plc.cabins[number - 1]
    return cabin.is_clear and cabin.outer_closed and not cabin.exit_pending


def cabins_near_fork(plc: Plc) -> list[int]:
    """The cabins in which the fork is or may be: every one whose inner door is not closed while it is out."""
    if plc.plant.fork_centred:
        return []
    return [cabin.number for cabin in plc.cabins if cabin.fork_in or not cabin.inner_closed]


def travel_allowed(plc: Plc, override: int = 0, left: tuple[int, int] | None = None) -> bool:
    """What lift and turntable ask as long as they move; `left` as for `bays_locked`."""
    return plc.plant.fork_centred and inner_doors_closed(plc) and bays_locked(plc, override, left)


def place_fits(plc: Plc, command: Command, wanted: bool) -> bool:
    """Whether the place of a FORK command is occupied or empty as wanted, and the vehicle in it fit to be taken."""
    floor, position = command.args[0], command.args[1]
    first, second = plc.plant.place_sensors((floor, position))
    if pair_state(first, second, plc.override_of(command), OVERRIDE_FIRST) is not wanted:
        return False
    if floor == 0:
        booth = plc.cabins[position - 1].booth
        return not wanted or (booth.misplaced == 0 and not plc.too_large(plc.plant.car_seen(booth)))
    bay = plc.plant.bays[plc.plant.layout.bay_index(floor, position)]
    return plc.manual or not (bay.disabled or bay.faulty or bay.overhang)
