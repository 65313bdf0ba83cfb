"""A door that was opened for a customer never stays open for somebody else (invariant 7, orders-if.md 5.1)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulator.config import Actors
from tests.scenario.tower import Tower, small_tower
from tests.support.sync_tower import SyncTower, told_again
from towerd.cabin.model import Cabin, DoorState
from towerd.faults import CABIN_UNATTENDED, DOOR_STUCK
from towerd.fsm.state import State
from towerd.orders.model import Vehicle
from towerd.places import OUT, cabin
from towerd.plc.codes import Code
from towerd.plc.registers import blocks


def at_the_open_door() -> SyncTower:
    """The car stands ready, its customer has been identified and does not come."""
    tower = SyncTower(lambda *_: None, Tower(small_tower(speed_up=8.0, actors=Actors())))
    tower.tick(3.0)
    tower.import_stock()
    tower.tick(12.0)
    tower.order(1, 1)
    tower.code("o_1", right=True)
    for _ in range(300):
        tower.tick(0.2)
        if state(tower) == "ready":
            return tower
    raise AssertionError(state(tower))


def pass_by(tower: SyncTower, seconds: float) -> None:
    """Time in which nothing happens but that it passes, and then a while to see what came of it."""
    tower.now_s += seconds
    tower.tick(5.0)


def state(tower: SyncTower, order: str = "o_1") -> str:
    return tower.state.tables.orders[order].state


def car(tower: SyncTower) -> Vehicle:
    return tower.state.tables.vehicles[tower.state.tables.orders["o_1"].vehicle or ""]


def shown(tower: SyncTower) -> Cabin:
    assert tower.state.volatile.snapshot is not None
    return tower.state.volatile.snapshot.cabin(1)


def told(tower: SyncTower, kind: str) -> int:
    return sum(kind in repr(row) for row in tower.told)


def drives_off(tower: SyncTower) -> None:
    tower.simulator.drive_off(1)
    tower.tick(12.0)
    tower.simulator.press_clear(1)
    tower.tick(5.0)
    assert state(tower) == "completed"
    assert car(tower).place == OUT
    assert told_again(tower) == tower.state.tables


def shows_faults(tower: SyncTower) -> None:
    """A PLC that shows `fault` of a door that it could not close: the contract knows it, the simulator does not."""
    read, at = tower.simulator.read, blocks()["CAB1"].field("outer_door").address

    def other(address: int, count: int) -> list[int]:
        words = list(read(address, count))
        if address <= at < address + count and words[at - address] in (DoorState.OPEN, DoorState.BLOCKED):
            words[at - address] = DoorState.FAULT
        return words

    tower.simulator.read = other  # type: ignore[method-assign]


def test_a_door_in_fault_is_tried_again_until_it_closes() -> None:
    tower = at_the_open_door()
    tower.simulator.inject("door_blocked", cabin=1)
    tower.simulator.drive_off(1)
    tower.tick(1.0)
    shows_faults(tower)
    for _ in range(600):
        tower.tick()
        if DOOR_STUCK in tower.state.tables.faults:
            break
    tower.tick(1.0)
    assert (state(tower), shown(tower).outer_door) == ("handed_over", DoorState.FAULT)
    tower.simulator.clear("door_blocked", cabin=1)
    tower.tick(20.0)
    assert (state(tower), shown(tower).outer_door) == ("completed", DoorState.CLOSED)
    assert DOOR_STUCK not in tower.state.tables.faults


@pytest.mark.parametrize("restarted", [False, True])
def test_who_does_not_come_identifies_again(restarted: bool) -> None:
    tower = at_the_open_door()
    if restarted:
        tower.start()
    else:
        pass_by(tower, 280.0)
        assert (state(tower), shown(tower).outer_door) == ("ready", DoorState.OPEN)
        pass_by(tower, 15.0)
    tower.tick(5.0)
    assert (state(tower), shown(tower).outer_door) == ("staged", DoorState.CLOSED)
    assert tower.watching == {"o_1": "0" * 64}
    tower.code("o_1", right=True)
    tower.tick(5.0)
    assert (state(tower), shown(tower).outer_door) == ("ready", DoorState.OPEN)
    drives_off(tower)


def test_from_there_the_order_can_be_cancelled_or_missed() -> None:
    tower = at_the_open_door()
    tower.cancel(1, 1)
    assert state(tower) == "ready"
    pass_by(tower, 320.0)
    tower.cancel(1, 1)
    assert state(tower) == "cancelled"
    missed = at_the_open_door()
    pass_by(missed, 2400.0)
    missed.tick(61.0)
    assert state(missed) == "no_show"
    assert car(missed).place != OUT


def test_the_door_waits_for_who_is_in_the_cabin() -> None:
    tower = at_the_open_door()
    tower.simulator.person(1, True)
    pass_by(tower, 400.0)
    assert (state(tower), shown(tower).outer_door) == ("ready", DoorState.OPEN)
    assert "identify again" in tower.state.volatile.doing
    assert tower.state.tables.owing[1].what == "doorway"
    pass_by(tower, 300.0)
    assert CABIN_UNATTENDED in tower.state.tables.faults
    tower.code("o_1", right=True)
    tower.tick(1.0)
    assert CABIN_UNATTENDED not in tower.state.tables.faults
    tower.simulator.person(1, False)
    pass_by(tower, 60.0)
    assert (state(tower), shown(tower).outer_door) == ("ready", DoorState.OPEN)
    drives_off(tower)


def test_who_drives_off_after_a_restart_is_booked_and_told() -> None:
    tower = at_the_open_door()
    tower.simulator.person(1, True)
    tower.start()
    tower.tick(1.0)
    tower.simulator.drive_off(1)
    tower.tick(4.0)
    assert state(tower) in ("handed_over", "completed")
    assert tower.state.tables.loans["o_1"].state == "out"
    assert told(tower, "handed_over_unidentified") == 1


def test_the_twentieth_wrong_code_while_the_door_opens_loses_no_car() -> None:
    tower = SyncTower(lambda *_: None)
    tower.tick(3.0)
    tower.import_stock()
    tower.tick(12.0)
    tower.order(1, 1)
    tower.code("o_1", right=True)
    for _ in range(600):
        tower.tick()
        step = tower.state.tables.steps.get("CABIN1")
        if step is not None and step.open and step.code == Code.OUTER_DOOR:
            break
    tables = tower.state.tables
    order = replace(tables.orders["o_1"], wrong_codes=19)
    tower.state = State(replace(tables, orders={"o_1": order}), tower.state.volatile)
    tower.code("o_1", right=False)
    assert tower.state.tables.orders["o_1"].open
    tower.tick(20.0)
    assert state(tower) == "completed"
    assert tower.state.tables.loans["o_1"].state == "out"


def test_a_door_that_no_order_asks_for_closes() -> None:
    tower = at_the_open_door()
    tables = tower.state.tables
    order = replace(tables.orders["o_1"], state="failed")
    tower.state = State(replace(tables, orders={"o_1": order}), tower.state.volatile)
    tower.tick(5.0)
    assert shown(tower).outer_door is DoorState.CLOSED
    assert car(tower).place == cabin(1)
