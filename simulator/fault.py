"""What a fault is: its name, its parameters and their checks, what it does, and what makes it go away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from simulator.config import SimulatorConfig
    from simulator.core import Simulator

Value = bool | int | float | str
Given = dict[str, Value]
Kind = Literal["whole", "number", "flag", "choice", "text", "bay", "cabin", "place"]
AXES = ("lift", "turntable", "fork")
BAY_SENSORS = ("first", "second", "locked")
CABIN_SENSORS = (
    "first",
    "second",
    "person",
    "motion",
    "curtain",
    "doorway",
    "exit_button",
    "inner_closed",
    "inner_open",
    "outer_closed",
    "outer_open",
)
CARRIAGE_SENSORS = ("front", "rear", "centred", "fork_centred")


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter. Without `default` it must be given, unless it is `optional`. `key` tells two instances apart."""

    name: str
    kind: Kind
    text: str = ""
    default: Value | None = None
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    key: bool = False
    optional: bool = False

    def check(self, value: object, config: SimulatorConfig) -> Value:
        """The value in its type. Raises ValueError with what would have been right."""
        return _CHECKS[self.kind](self, value, config)


def _number(param: Param, value: object, config: SimulatorConfig) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise ValueError(f"{param.name} must be a number, not {value!r}") from error
    low, high = param.low, param.high
    if (low is not None and number < low) or (high is not None and number > high):
        raise ValueError(f"{param.name} must be {low} to {high}, not {value!r}")
    return number


def _whole(param: Param, value: object, config: SimulatorConfig) -> int:
    number = _number(param, value, config)
    if number != int(number):
        raise ValueError(f"{param.name} must be a whole number, not {value!r}")
    return int(number)


def _flag(param: Param, value: object, config: SimulatorConfig) -> bool:
    flags: dict[object, bool] = {True: True, False: False, "true": True, "false": False, "1": True, "0": False}
    if not isinstance(value, bool | int | str) or value not in flags:
        raise ValueError(f"{param.name} must be 0 or 1, not {value!r}")
    return flags[value]


def _choice(param: Param, value: object, config: SimulatorConfig) -> str:
    if value not in param.choices:
        raise ValueError(f"{param.name} must be one of {', '.join(param.choices)}, not {value!r}")
    return str(value)


def _text(param: Param, value: object, config: SimulatorConfig) -> str:
    return str(value)


def _bay(param: Param, value: object, config: SimulatorConfig) -> str:
    floor, _, position = str(value).partition("-")
    if not (floor.isdecimal() and position.isdecimal()):
        raise ValueError(f"{param.name} must be FLOOR-POSITION, not {value!r}")
    if not (1 <= int(floor) <= config.floors and 1 <= int(position) <= config.positions):
        raise ValueError(f"no such bay: {value}")
    return f"{int(floor)}-{int(position)}"


def _cabin(param: Param, value: object, config: SimulatorConfig) -> int:
    number = _whole(param, value, config)
    if not 1 <= number <= config.cabins:
        raise ValueError(f"no such cabin: {value}")
    return number


def _place(param: Param, value: object, config: SimulatorConfig) -> str:
    kind, _, where = str(value).partition(":")
    if kind == "bay":
        return f"bay:{_bay(param, where, config)}"
    if kind == "cabin":
        return f"cabin:{_cabin(param, where, config)}"
    if value in ("carriage", "everywhere"):
        return str(value)
    raise ValueError(f"{param.name} must be carriage, bay:FLOOR-POSITION or cabin:NUMBER, not {value!r}")


_CHECKS: dict[Kind, Callable[[Param, object, SimulatorConfig], Value]] = {
    "whole": _whole,
    "number": _number,
    "flag": _flag,
    "choice": _choice,
    "text": _text,
    "bay": _bay,
    "cabin": _cabin,
    "place": _place,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `apply(sim, on, given)` brings it about or takes it away, and may be repeated.

    One that is not `lasting` happens once and is never active. `alarms` are the numbers of alarms.csv that it can lead to.
    """

    name: str
    group: str
    text: str
    goes: str
    apply: Callable[[Simulator, bool, Given], None]
    params: tuple[Param, ...] = ()
    alarms: tuple[int, ...] = ()
    lasting: bool = True

    def check(self, given: Mapping[str, object], config: SimulatorConfig) -> Given:
        """All parameters with their defaults. Raises ValueError for an unknown, a missing or a wrong one."""
        self.check_keys(given)
        checked: Given = {}
        for param in self.params:
            if given.get(param.name) is not None:
                checked[param.name] = param.check(given[param.name], config)
            elif param.default is not None:
                checked[param.name] = param.default
            elif not param.optional:
                raise ValueError(f"{self.name} asks for {param.name}: {param.text}")
        return checked

    def check_keys(self, given: Mapping[str, object]) -> None:
        """Raises ValueError for a parameter that is not its own."""
        known = {param.name for param in self.params}
        unknown = sorted(set(given) - known)
        if unknown:
            takes = ", ".join(sorted(known)) or "no parameter"
            raise ValueError(f"{self.name} has no {', '.join(unknown)}; it takes {takes}")

    def key(self, given: Given) -> tuple[object, ...]:
        """What tells this instance from another of the same name."""
        return (self.name, *(given.get(param.name) for param in self.params if param.key))


AXIS = Param("axis", "choice", "which drive", choices=AXES, key=True)
BAY = Param("bay", "bay", "FLOOR-POSITION", key=True)
CABIN = Param("cabin", "cabin", "1 or 2", default=1, key=True)
DOOR = Param("door", "choice", "inner or outer", default="inner", choices=("inner", "outer"), key=True)
