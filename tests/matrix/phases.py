"""Where the car is, and what is going on: the columns of the matrix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.support.sync_tower import SyncTower
from towerd.plc.codes import Code
from towerd.plc.snapshot import Unit

ORDER, OTHER = "o_1", "o_2"


@dataclass(frozen=True, slots=True)
class Phase:
    """A moment of a visit: the car is in a `bay`, on the `carriage` or in the `cabin`, and `what` is under way."""

    where: str
    what: str
    reached: Callable[[SyncTower], bool]

    @property
    def name(self) -> str:
        return f"{self.where}: {self.what}"


def _busy(code: int, unit: Unit, first: int | None = None, *, half: bool = False) -> Callable[[SyncTower], bool]:
    """The PLC is at that command; `half`: some time into it."""

    def reached(tower: SyncTower) -> bool:
        step = tower.state.tables.steps.get(unit)
        right = step is not None and step.state == "running" and step.code == code
        if not right or step is None or (first is not None and step.args[0] != first):
            return False
        return not half or (tower.now_s - tower.state.volatile.written_mono_s[unit]) > 0.7

    return reached


def _state(state: str) -> Callable[[SyncTower], bool]:
    return lambda tower: tower.state.tables.orders[ORDER].state == state


def _locking(tower: SyncTower) -> bool:
    return _busy(Code.BAY_LOCK, Unit.BAYS)(tower) and tower.simulator.plant.carriage_car is not None


def _travelling(tower: SyncTower) -> bool:
    return _busy(Code.LIFT_TO, Unit.CARRIAGE, 0)(tower)


PHASES = (
    Phase("bay", "the customer is awaited", _state("accepted")),
    Phase("bay", "the carriage comes", _busy(Code.LIFT_TO, Unit.CARRIAGE)),
    Phase("bay", "the bay is unlocked", _busy(Code.BAY_UNLOCK, Unit.BAYS)),
    Phase("bay", "the fork takes it", _busy(Code.FORK_GET, Unit.CARRIAGE)),
    Phase(
        "carriage",
        "the fork takes it in",
        lambda t: _busy(Code.FORK_GET, Unit.CARRIAGE)(t) and t.simulator.plant.carriage_car is not None,
    ),
    Phase("carriage", "the bay is locked", _locking),
    Phase("carriage", "it travels", _travelling),
    Phase("carriage", "the inner door opens", _busy(Code.INNER_DOOR, Unit.CABIN1, 1)),
    Phase("carriage", "the fork leaves it", _busy(Code.FORK_PUT, Unit.CARRIAGE)),
    Phase(
        "cabin",
        "the fork comes in",
        lambda t: _busy(Code.FORK_PUT, Unit.CARRIAGE)(t) and t.simulator.plant.booths[0].car is not None,
    ),
    Phase("cabin", "the inner door closes", _busy(Code.INNER_DOOR, Unit.CABIN1, 0)),
    Phase("cabin", "the outer door opens", _busy(Code.OUTER_DOOR, Unit.CABIN1, 1)),
    Phase("cabin", "the customer gets in", _state("ready")),
    Phase("street", "the outer door closes", _busy(Code.OUTER_DOOR, Unit.CABIN1, 0)),
)


def _ahead(*parts: Callable[[SyncTower], bool]) -> Callable[[SyncTower], bool]:
    """The order's car is on its way or waits, and its customer has not been there."""
    return lambda tower: tower.state.tables.orders[ORDER].ahead and all(part(tower) for part in parts)


def _gives_way(tower: SyncTower) -> bool:
    return _busy(Code.FORK_GET, Unit.CARRIAGE, 0)(tower) and tower.state.tables.orders[OTHER].cabin is None


STAGED = (
    Phase("carriage", "it travels, to be staged", _ahead(_travelling)),
    Phase("cabin", "it is staged", _state("staged")),
    Phase("cabin", "it gives way to another customer", _gives_way),
)
"""A car that is brought forward: its customer comes a while after the fault."""
