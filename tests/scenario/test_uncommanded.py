"""Somebody works at the tower whom nobody asked: each is found, whether towerd was looking or not; nothing else is."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.scenario.running import Running, running
from towerd.faults import BAY_CHANGED, DOOR_CHANGED, LOCK_CHANGED, WRONG_VEHICLE
from towerd.fsm.events import FaultReset
from towerd.fsm.reply import ReplyTo
from towerd.places import UNKNOWN
from towerd.plc.codes import Code

pytestmark = pytest.mark.looptime


def empty_bay(run: Running) -> None:
    """Somebody pushes the car out of its bay."""
    run.tower.simulator.place_vehicle(3054420042, "gone")


def turn_lock(run: Running, end: int) -> None:
    plant = run.tower.simulator.plant
    index = plant.layout.bay_index(2, 3)
    plant.bays[index].lock.drive(end)
    plant.dirty_bays.add(index)
    plant.touch()


def open_lock(run: Running) -> None:
    """Somebody turns the lock of bay 2-3 by hand."""
    turn_lock(run, 0)


def open_outer_door(run: Running) -> None:
    """Somebody forces the street door."""
    plant = run.tower.simulator.plant
    plant.booths[0].outer.drive(1)
    plant.touch()


INTRUSIONS = {
    "bay": (empty_bay, BAY_CHANGED),
    "lock": (open_lock, LOCK_CHANGED),
    "door": (open_outer_door, DOOR_CHANGED),
}
each = pytest.mark.parametrize("kind", list(INTRUSIONS))


def told(run: Running) -> list[str]:
    rows = run.journal.outbox(0, 1000)
    return [f"{row.body['code']} {row.body['what']}" for row in rows if row.topic == "alarm/event"]


async def found(run: Running, fault: int) -> None:
    await run.daemon.until(lambda: fault in run.daemon.tables.faults, f"fault {fault} is raised", 10.0)
    assert told(run).count(f"TWR-{fault} raised") == 1
    view = run.daemon.engine.view()
    assert not view.can_deliver
    assert f"TWR-{fault}" in view.why_not


async def put_right(run: Running, kind: str, fault: int) -> None:
    """A technician comes: what was moved is moved back with the key in Maintenance, stock is taken, the fault reset."""
    simulator = run.tower.simulator
    simulator.set_key(3)
    await asyncio.sleep(0.5)
    plant = simulator.plant
    if kind == "bay":
        simulator.place_vehicle(3054420042, "bay:2-3")
    elif kind == "lock":
        turn_lock(run, 1)
    else:
        plant.booths[0].outer.drive(0)
    plant.touch()
    await asyncio.sleep(10)
    simulator.set_key(1)
    await asyncio.sleep(0.5)
    answered = len(run.daemon.api_answers)
    run.daemon.import_stock()
    run.daemon.queue.post(FaultReset(fault, "jo", ReplyTo("api", "reset")))
    await run.daemon.until(lambda: len(run.daemon.api_answers) == answered + 2, "stock is taken, the fault reset")
    assert all(answer.ok for answer in run.daemon.api_answers[answered:]), run.daemon.api_answers[answered:]
    assert not run.daemon.tables.faults


def check_unknown(run: Running, kind: str) -> None:
    vehicle = run.daemon.tables.vehicles["v_0042"]
    touched = kind in ("bay", "lock")
    assert (vehicle.place == UNKNOWN) is touched, "no job touches it until stock is taken"
    assert ("bay:2-3" in run.daemon.tables.bays) is touched


@each
async def test_it_is_found_while_towerd_looks(kind: str) -> None:
    act, fault = INTRUSIONS[kind]
    async with running() as run:
        await asyncio.sleep(5)
        act(run)
        await found(run, fault)
        check_unknown(run, kind)
        await put_right(run, kind, fault)


@each
async def test_it_is_found_after_the_link_was_lost(kind: str) -> None:
    act, fault = INTRUSIONS[kind]
    async with running() as run:
        run.daemon.transport.plugged = False
        await asyncio.sleep(2)
        act(run)
        await asyncio.sleep(3)
        assert fault not in run.daemon.tables.faults
        run.daemon.transport.plugged = True
        await found(run, fault)
        check_unknown(run, kind)
        assert run.daemon.tables.faults[fault].cause.endswith("while nobody could look")
        await put_right(run, kind, fault)


@each
async def test_it_is_found_by_the_next_life(kind: str) -> None:
    act, fault = INTRUSIONS[kind]
    async with running() as run:
        await run.daemon.kill()
        act(run)
        await asyncio.sleep(3)
        run.daemon = run.tower.daemon(run.journal)
        run.daemon.start()
        await found(run, fault)
        check_unknown(run, kind)
        await put_right(run, kind, fault)


async def test_two_cars_swapped_behind_the_daemons_back_are_found_before_either_is_handed_over() -> None:
    async with running() as run:
        run.tower.simulator.swap_cars("bay:2-3", "bay:1-1")
        await run.ask()
        await run.show_face()
        await run.daemon.until(lambda: WRONG_VEHICLE in run.daemon.tables.faults, "the wrong tag is read", 120.0)
        await asyncio.sleep(30)
        assert run.outer_opened() == 0
        swapped: dict[str, Any] = run.tower.truth()
        assert "gone" not in swapped.values()
        # both are where they belong again, so that the books are right at the end
        tables = run.daemon.tables
        places = {key: str(row.place) for key, row in tables.vehicles.items()}
        run.tower.simulator.swap_cars(swapped["v_0042"], swapped["v_0007"])
        assert places == run.tower.truth()
        await asyncio.sleep(1)
        run.daemon.queue.post(FaultReset(WRONG_VEHICLE, "jo", ReplyTo("api", "reset")))
        await run.until_state("completed", limit_s=240.0)
        await run.daemon.until(run.at_rest, "all is at rest")


async def test_the_exit_button_is_no_intrusion() -> None:
    async with running() as run:
        run.tower.simulator.person(1, True)
        run.tower.simulator.press_exit(1)
        shown = run.tower.simulator.plant.booths[0].outer
        await run.daemon.until(lambda: shown.position_ratio == 1.0, "the outer door is open", 30.0)
        run.tower.simulator.person(1, False)
        await asyncio.sleep(5)
        assert DOOR_CHANGED not in run.daemon.tables.faults
        bodies = [row.body["data"] for row in run.journal.outbox(0, 1000) if row.topic == "event"]
        assert any(data.get("how") == "exit button" for data in bodies), "told all the same"


async def test_a_door_pushed_open_without_power_is_no_intrusion() -> None:
    async with running() as run:
        run.tower.simulator.fault("mains_lost")
        await asyncio.sleep(1)
        run.tower.simulator.open_by_hand(1)
        await asyncio.sleep(10)
        assert run.daemon.engine.view().cabins[0].outer_door != "closed"
        assert DOOR_CHANGED not in run.daemon.tables.faults
        run.tower.simulator.fault("mains_lost", False)
        await asyncio.sleep(2)


async def test_a_visit_moves_doors_and_locks_and_none_of_it_is_strange() -> None:
    async with running() as run:
        await run.ask()
        await run.show_face()
        await run.until_state("completed")
        await run.daemon.until(run.at_rest, "all is at rest")
        assert any(e.code == Code.BAY_UNLOCK for e in run.tower.simulator.executed)
        assert not [line for line in told(run) if line.startswith("TWR-")]
