"""When a step of a scenario is due: conditions in words, such as `FORK_GET running and carriage loaded`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from simulator import faults
from simulator.program import link, packml, rules

if TYPE_CHECKING:
    from simulator.config import SimulatorConfig
    from simulator.core import Simulator
    from simulator.kinematics import Mechanism

Level = Callable[["Simulator"], int]
"""A condition as a number: it is met anew each time it rises."""

CODES = {
    name: getattr(rules, name)
    for name in (
        "LIFT_TO",
        "FORK_GET",
        "FORK_PUT",
        "HOME",
        "BAY_UNLOCK",
        "BAY_LOCK",
        "INNER_DOOR",
        "OUTER_DOOR",
        "SIGNAL",
    )
}
STATES = {
    name: getattr(packml, name)
    for name in ("STOPPED", "IDLE", "EXECUTE", "STOPPING", "ABORTING", "ABORTED", "HOLDING", "HELD")
}
LINKS = {"unseen": link.NEVER, "alive": link.ALIVE, "lost": link.LOST}
PLACE = r"(carriage|bay \d+-\d+|cabin \d)"
Found = re.Match[str]


def _commands(sim: Simulator, code: int, unit: str | None) -> list[int]:
    """The results of all commands of a kind so far; 0 for one that runs."""
    return [one.result for one in sim.executed if one.code == code and unit in (None, one.unit)]


def _running(found: Found) -> Level:
    unit, code = found[1], CODES[found[2]]
    return lambda sim: int(0 in _commands(sim, code, unit))


def _ended(found: Found) -> Level:
    unit, code = found[1], CODES[found[2]]
    return lambda sim: sum(result != 0 for result in _commands(sim, code, unit))


def _axis_moves(found: Found) -> Level:
    return lambda sim: int(next(axis for axis in sim.plant.axes if axis.name == found[1]).moving)


def _fork(found: Found) -> Level:
    return lambda sim: int(sim.plant.fork_centred == (found[1] == "centred"))


def _occupied(found: Found) -> Level:
    place = found[1].replace(" ", ":")
    wanted = found[2] in ("occupied", "loaded")
    return lambda sim: int((place in sim.truth().values()) == wanted)


def _station(text: str) -> tuple[int, int]:
    kind, _, where = text.partition(" ")
    if kind == "cabin":
        return 0, int(where)
    floor, position = where.split("-")
    return int(floor), int(position)


def _carriage_at(found: Found) -> Level:
    station = _station(found[1])
    return lambda sim: int(sim.plant.station() == station)


def _lock(found: Found) -> Level:
    floor, position = _station(f"bay {found[1]}")
    index_locked = found[2] == "locked"
    return lambda sim: int(sim.plant.bay_locked(sim.plant.layout.bay_index(floor, position)) == index_locked)


def _door(found: Found) -> Level:
    tests: dict[str, Callable[[Mechanism], bool]] = {
        "open": lambda door: door.at_one,
        "closed": lambda door: door.at_zero,
        "moving": lambda door: door.moving,
    }
    test = tests[found[3]]

    def level(sim: Simulator) -> int:
        booth = sim.plant.booths[int(found[2]) - 1]
        return int(test(booth.inner if found[1] == "inner" else booth.outer))

    return level


def _person(found: Found) -> Level:
    return lambda sim: int(sim.plant.booths[int(found[1]) - 1].person_detected)


def _clear(found: Found) -> Level:
    return lambda sim: int(sim.plc.cabins[int(found[1]) - 1].is_clear)


def _state(found: Found) -> Level:
    return lambda sim: int(sim.plc.packml.state == STATES[found[1]])


def _link(found: Found) -> Level:
    return lambda sim: int(sim.plc.link.state == LINKS[found[1]])


def _alarm(found: Found) -> Level:
    return lambda sim: sim.plc.alarms.active >> int(found[1]) & 1


def _fault(found: Found) -> Level:
    faults.find(found[1])
    return lambda sim: int(any(one.name == found[1] for one in sim.faults_active))


UNIT = r"(?:(CARRIAGE|BAYS|CABIN1|CABIN2) )?"
FORMS: tuple[tuple[str, str, Callable[[Found], Level]], ...] = (
    ("[UNIT] COMMAND running", rf"{UNIT}({'|'.join(CODES)}) running", _running),
    ("[UNIT] COMMAND ended", rf"{UNIT}({'|'.join(CODES)}) ended", _ended),
    ("lift|turntable|fork moving", r"(lift|turntable|fork) moving", _axis_moves),
    ("fork out|centred", r"fork (out|centred)", _fork),
    ("carriage|bay 3-4|cabin 1 occupied|loaded|empty", rf"{PLACE} (occupied|loaded|empty)", _occupied),
    ("carriage at bay 3-4|cabin 1", r"carriage at (bay \d+-\d+|cabin \d)", _carriage_at),
    ("bay 3-4 locked|unlocked", r"bay (\d+-\d+) (locked|unlocked)", _lock),
    ("inner|outer door 1 open|closed|moving", r"(inner|outer) door (\d) (open|closed|moving)", _door),
    ("person in cabin 1", r"person in cabin (\d)", _person),
    ("cabin 1 clear", r"cabin (\d) clear", _clear),
    ("state EXECUTE", rf"state ({'|'.join(STATES)})", _state),
    ("link unseen|alive|lost", r"link (unseen|alive|lost)", _link),
    ("alarm 16", r"alarm (\d{1,3})", _alarm),
    ("fault NAME", r"fault (\w+)", _fault),
)


def _one(text: str) -> Level:
    for _, pattern, make in FORMS:
        found = re.fullmatch(pattern, text)
        if found is not None:
            return make(found)
    raise ValueError(f"no such condition: {text!r}; there are {', '.join(form for form, _, _ in FORMS)}")


def _part(text: str) -> Level:
    if not text.startswith("not "):
        return _one(text)
    inner = _one(text.removeprefix("not "))
    return lambda sim: int(not inner(sim))


def _check_places(text: str, config: SimulatorConfig) -> None:
    """Raises ValueError for a cabin or a bay that the tower has not, and for an alarm beyond the list."""
    for number in re.findall(r"(?:cabin|door|CABIN) ?(\d)", text):
        if not 1 <= int(number) <= config.cabins:
            raise ValueError(f"no such cabin: {number}")
    for floor, position in re.findall(r"bay (\d+)-(\d+)", text):
        if not (1 <= int(floor) <= config.floors and 1 <= int(position) <= config.positions):
            raise ValueError(f"no such bay: {floor}-{position}")
    for number in re.findall(r"alarm (\d+)", text):
        if int(number) > 127:
            raise ValueError(f"no such alarm: {number}")


def condition(text: str, config: SimulatorConfig) -> Level:
    """The condition in `text`: one of `FORMS`, `not` before it, several joined by `and`. Raises ValueError for others."""
    _check_places(text, config)
    parts = [_part(part.strip()) for part in text.split(" and ")]
    if len(parts) == 1:
        return parts[0]
    return lambda sim: min(part(sim) for part in parts)
