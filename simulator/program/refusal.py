"""Why a command is refused, looked for in the order of the contract (plc-if.md 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from simulator.config import KEY_AUTO, KEY_MANUAL
from simulator.program import packml, rules
from simulator.program.mailbox import Command, Unit
from simulator.program.rules import (
    BAY_LOCK,
    BAY_UNLOCK,
    FORK_CODES,
    FORK_GET,
    FORK_PUT,
    HOME,
    INNER_DOOR,
    LIFT_TO,
    OUTER_DOOR,
    SIGNAL,
)

if TYPE_CHECKING:
    from simulator.program.plc import Plc

UNKNOWN, ARGUMENT, BUSY, KEY, STATE, INTERLOCK, NOT_HOMED, LINK, ENABLING, PERSON, EPOCH = range(1, 12)
CODES = {
    "CARRIAGE": (LIFT_TO, FORK_GET, FORK_PUT, HOME),
    "BAYS": (BAY_UNLOCK, BAY_LOCK),
    "CABIN1": (INNER_DOOR, OUTER_DOOR, SIGNAL),
    "CABIN2": (INNER_DOOR, OUTER_DOOR, SIGNAL),
}
RESCUE_STATES = (packml.HELD, packml.STOPPED, packml.IDLE)
Condition = tuple[int, bool]


def refusal(plc: Plc, unit: Unit, command: Command) -> int:
    """The reject code, or 0 when the command may be taken."""
    if command.code not in CODES[unit.name]:
        return UNKNOWN
    if not _arguments_fit(plc, unit, command):
        return ARGUMENT
    if not plc.link.alive:
        return LINK
    if plc.key not in (KEY_AUTO, KEY_MANUAL):
        return KEY
    reason = _state_refusal(plc, command)
    if reason:
        return reason
    if unit.active is not None or (unit.name.startswith("CABIN") and plc.cabins[int(unit.name[-1]) - 1].exit_pending):
        return BUSY
    failed = {code for code, holds in _CONDITIONS[command.code](plc, unit, command) if not holds}
    return next((code for code in (NOT_HOMED, EPOCH, PERSON, INTERLOCK) if code in failed), 0)


# Arguments


def _is_station(plc: Plc, floor: int, position: int) -> bool:
    return (floor, position) in plc.plant.layout.stations


def _override_fits(plc: Plc, command: Command) -> bool:
    bits = command.args[3]
    if plc.key == KEY_AUTO:
        return bits == 0
    if command.code == LIFT_TO:
        bits &= ~3
    return bits >> 5 == 0 and bits & 3 != 3 and bits & 12 != 12


def _arguments_fit(plc: Plc, unit: Unit, command: Command) -> bool:
    if not 1 <= command.limit_ds <= 6000:
        return False
    first, second = command.args[0], command.args[1]
    if command.code in (LIFT_TO, *FORK_CODES):
        return _is_station(plc, first, second) and _override_fits(plc, command)
    if command.code == HOME:
        return first in (0, 1, 2, 9)
    if command.code in (BAY_UNLOCK, BAY_LOCK):
        return first > 0 and _is_station(plc, first, second)
    present = int(unit.name[-1]) <= plc.config.cabins
    return present and first <= (6 if command.code == SIGNAL else 1)


# Key, state, enabling switch


def is_rescue(plc: Plc, command: Command) -> bool:
    """Whether 4.6 takes the command: inner door to close or outer door to open, outside of Execute."""
    closing = command.code == INNER_DOOR and command.args[0] == 0
    opening = command.code == OUTER_DOOR and command.args[0] == 1
    return plc.packml.state in RESCUE_STATES and (closing or opening)


def _state_refusal(plc: Plc, command: Command) -> int:
    state = plc.packml.state
    if command.code == SIGNAL or is_rescue(plc, command):
        return 0
    if state != packml.EXECUTE:
        by_hand = command.code in (BAY_UNLOCK, BAY_LOCK) and plc.manual
        if state != packml.IDLE or not (command.code == HOME or by_hand):
            return STATE
    return ENABLING if plc.manual and not plc.enabled else 0


# What each command asks


def _always(plc: Plc) -> Iterator[Condition]:
    yield PERSON, plc.shaft_clear
    yield INTERLOCK, plc.gates_closed


def _ask_lift(plc: Plc, unit: Unit, command: Command) -> Iterator[Condition]:
    override = plc.override_of(command)
    yield from _always(plc)
    yield NOT_HOMED, rules.homed(plc)
    yield INTERLOCK, rules.travel_allowed(plc, override) and rules.load_fit(plc, override) and not plc.jog.busy


def _ask_fork(plc: Plc, unit: Unit, command: Command) -> Iterator[Condition]:
    station = (command.args[0], command.args[1])
    override = plc.override_of(command)
    get = command.code == FORK_GET
    yield from _always(plc)
    yield NOT_HOMED, rules.homed(plc, fork=True)
    yield INTERLOCK, rules.stands_at(plc, station) and not plc.jog.busy
    yield INTERLOCK, rules.load_state(plc, override) is not get and rules.load_state(plc, override) is not None
    yield INTERLOCK, rules.place_fits(plc, command, wanted=get)
    yield INTERLOCK, get or rules.load_centred(plc) or not plc.plant.fork_centred
    if station[0] > 0:
        yield INTERLOCK, rules.bay_open_for_fork(plc, station, override)
        return
    cabin = plc.cabins[station[1] - 1]
    yield EPOCH, command.args[2] == cabin.epoch
    yield PERSON, cabin.is_clear
    yield INTERLOCK, rules.cabin_open_for_fork(plc, cabin.number)


def _ask_home(plc: Plc, unit: Unit, command: Command) -> Iterator[Condition]:
    yield from _always(plc)
    yield INTERLOCK, not plc.alarms.holding(plc.manual) and not plc.jog.busy
    if command.args[0] != 2:
        yield INTERLOCK, rules.travel_allowed(plc)
        return
    for number in rules.cabins_near_fork(plc):
        cabin = plc.cabins[number - 1]
        yield PERSON, cabin.is_clear
        yield INTERLOCK, rules.cabin_safe_for_fork(plc, number)


def _ask_unlock(plc: Plc, unit: Unit, command: Command) -> Iterator[Condition]:
    station = (command.args[0], command.args[1])
    yield NOT_HOMED, rules.homed(plc)
    yield INTERLOCK, rules.stands_at(plc, station) and not _fork_in(plc, station)


def _ask_lock(plc: Plc, unit: Unit, command: Command) -> Iterator[Condition]:
    yield INTERLOCK, plc.plant.fork_centred and not _fork_in(plc, (command.args[0], command.args[1]))


def _fork_in(plc: Plc, station: tuple[int, int]) -> bool:
    return rules.fork_works(plc) and plc.plant.station() == station


def _ask_inner(plc: Plc, unit: Unit, command: Command) -> Iterator[Condition]:
    cabin = plc.cabins[int(unit.name[-1]) - 1]
    if command.args[0] == 0:
        working = rules.fork_works(plc) and plc.plant.station() == (0, cabin.number)
        yield INTERLOCK, plc.plant.fork_centred and plc.plant.doorway_clear(cabin.booth) and not working
        if plc.packml.state != packml.EXECUTE and not (plc.manual and plc.enabled):
            yield INTERLOCK, plc.axes_still
        return
    yield from _always(plc)
    yield NOT_HOMED, rules.homed(plc)
    yield EPOCH, command.args[1] == cabin.epoch
    yield PERSON, cabin.is_clear
    yield INTERLOCK, cabin.outer_closed and rules.stands_at(plc, (0, cabin.number))


def _ask_outer(plc: Plc, unit: Unit, command: Command) -> Iterator[Condition]:
    cabin = plc.cabins[int(unit.name[-1]) - 1]
    if command.args[0] == 1:
        yield EPOCH, command.args[1] == cabin.epoch
        yield INTERLOCK, cabin.inner_closed
        if plc.packml.state != packml.EXECUTE:
            yield INTERLOCK, plc.axes_still
        return
    yield PERSON, not cabin.booth.person_detected
    yield INTERLOCK, cabin.booth.curtain_clear


def _ask_nothing(plc: Plc, unit: Unit, command: Command) -> Iterator[Condition]:
    yield from ()


_CONDITIONS: dict[int, Callable[[Plc, Unit, Command], Iterator[Condition]]] = {
    LIFT_TO: _ask_lift,
    FORK_GET: _ask_fork,
    FORK_PUT: _ask_fork,
    HOME: _ask_home,
    BAY_UNLOCK: _ask_unlock,
    BAY_LOCK: _ask_lock,
    INNER_DOOR: _ask_inner,
    OUTER_DOOR: _ask_outer,
    SIGNAL: _ask_nothing,
}
