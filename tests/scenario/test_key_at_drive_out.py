"""The key is turned while somebody drives out: the door closes as soon as it may, and nobody has to confirm what was expected."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.sync_tower import SyncTower, ask_packml
from towerd.cabin.model import DoorState
from towerd.fsm.changes import changes
from towerd.fsm.moves_events import MoveRequested
from towerd.fsm.reply import ReplyTo
from towerd.orders.model import Vehicle
from towerd.places import OUT

API = ReplyTo("api", "1")
MANUAL, AUTO = 2, 1


def stocked() -> SyncTower:
    tower = SyncTower(lambda *_: None)
    tower.tick(3.0)
    tower.import_stock()
    tower.tick(12.0)
    return tower


def ordered(tower: SyncTower) -> None:
    tower.order(1, 1)
    tower.code("o_1", right=True)


def fetched(tower: SyncTower) -> None:
    tower.take(MoveRequested("fetch", "1-1", None, "ada", API))


def door(tower: SyncTower) -> DoorState:
    machine = tower.state.volatile.snapshot
    assert machine is not None
    return machine.cabin(1).outer_door


def car(tower: SyncTower) -> Vehicle:
    return tower.state.tables.vehicles["v_0007"]


def until(tower: SyncTower, happens: Callable[[], bool]) -> None:
    for _ in range(900):
        if happens():
            return
        tower.tick()
    raise AssertionError(f"never: {tower.state.volatile.doing}, {car(tower)}, {door(tower)}")


@pytest.mark.parametrize("asked", [ordered, fetched])
def test_the_door_closes_without_a_word_once_the_key_is_back(asked: Callable[[SyncTower], None]) -> None:
    tower = stocked()
    asked(tower)
    until(tower, lambda: door(tower) is DoorState.OPEN and car(tower).place != OUT)
    tower.simulator.set_key(MANUAL)
    until(tower, lambda: car(tower).place == OUT)
    tower.tick(2.0)
    assert door(tower) is DoorState.OPEN, "in Manual towerd moves no door"
    assert tower.state.tables.before
    tower.simulator.set_key(AUTO)
    tower.tick(0.5)
    assert changes(tower.state) == ()
    ask_packml(tower, "unhold")
    until(tower, lambda: door(tower) is DoorState.CLOSED)
    assert not tower.state.tables.before


def test_a_true_difference_is_still_to_be_confirmed() -> None:
    tower = stocked()
    ordered(tower)
    until(tower, lambda: door(tower) is DoorState.OPEN and car(tower).place != OUT)
    tower.simulator.set_key(MANUAL)
    until(tower, lambda: car(tower).place == OUT)
    plant = tower.simulator.plant
    index = plant.layout.bay_index(2, 3)
    plant.bays[index].car = None
    plant.dirty_bays.add(index)
    plant.touch()
    tower.tick(2.0)
    tower.simulator.set_key(AUTO)
    tower.tick(0.5)
    assert [line.split(" ")[0] for line in changes(tower.state)] == ["bay:2-3"]
