"""Faults on and off, and which are on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator import faults
from simulator.acts import Acts
from simulator.fault import Given, Value

if TYPE_CHECKING:
    from simulator.core import Simulator


@dataclass(frozen=True, slots=True)
class Injected:
    """A fault that is on, with all its parameters, since when (simulator time)."""

    name: str
    params: Given
    since_ms: int


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that was done to the tower from outside, and when (simulator time)."""

    at_ms: int
    what: str


class Injector:
    """Keeps the faults of one simulator."""

    def __init__(self, sim: Simulator) -> None:
        self._sim = sim
        self._active: dict[tuple[object, ...], Injected] = {}

    @property
    def active(self) -> tuple[Injected, ...]:
        """What is on, oldest first."""
        return tuple(self._active.values())

    def inject(self, name: str, params: dict[str, object]) -> None:
        """Bring a fault about. Raises ValueError for an unknown fault or wrong parameters; nothing has changed then."""
        fault = faults.find(name)
        given = fault.check(params, self._sim.config)
        fault.apply(self._sim, True, given)
        if fault.lasting:
            self._active[fault.key(given)] = Injected(name, given, self._sim.now_ms)
        self._done(f"inject {name}", given)

    def clear(self, name: str, params: dict[str, object]) -> int:
        """Take away every instance of a fault that has these parameters; how many there were.

        What others of the active faults need stays. Raises ValueError for an unknown fault or parameter.
        """
        fault = faults.find(name)
        wanted = {param.name: param for param in fault.params}
        fault.check_keys(params)
        given: dict[str, Value] = {
            key: wanted[key].check(value, self._sim.config)
            for key, value in params.items()
            if value is not None and wanted[key].key
        }
        gone = [key for key, one in self._active.items() if one.name == name and given.items() <= one.params.items()]
        for key in gone:
            one = self._active.pop(key)
            fault.apply(self._sim, False, one.params)
        for other in self._active.values():
            faults.find(other.name).apply(self._sim, True, other.params)
        if gone:
            self._done(f"clear {name}", given)
        return len(gone)

    def _done(self, what: str, given: Given) -> None:
        self._sim.plant.touch()
        self._sim.note(" ".join([what, *(f"{key}={value}" for key, value in given.items())]))


class Faulty(Acts):
    """A simulator's faults: `inject`, `clear`, `faults_active`, and what happened so far in `history`."""

    history: list[Happening]
    injector: Injector

    @property
    def faults_active(self) -> tuple[Injected, ...]:
        """The faults that are on, oldest first."""
        return self.injector.active

    def inject(self, name: str, **params: object) -> None:
        """Bring about a fault of `simulator.faults.CATALOGUE`. Raises ValueError for an unknown one or wrong parameters."""
        self.injector.inject(name, params)

    def clear(self, name: str, **params: object) -> int:
        """Take away every instance of a fault with these parameters; how many there were. Raises ValueError for no fault."""
        return self.injector.clear(name, params)

    def fault(self, name: str, on: bool = True, **params: object) -> None:
        """`inject` or `clear`, by `on`."""
        if on:
            self.inject(name, **params)
        else:
            self.clear(name, **params)

    def note(self, what: str) -> None:
        """Write down what was done to the tower."""
        self.history.append(Happening(self.world.now_ms, what))
