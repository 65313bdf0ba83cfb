"""Work by hand on a running tower: commands, the switch, the link, the lease, and the way back to Auto."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.scenario.by_hand import AUTO, MAINTENANCE, MANUAL, Technician
from tests.scenario.running import Running, running
from towerd.fsm.manual_events import HandVerb
from towerd.plc.codes import Code
from towerd.plc.snapshot import Unit

pytestmark = pytest.mark.looptime
WAY_OUT: tuple[tuple[HandVerb, str], ...] = (
    ("goto", "2-3"),
    ("unlock", "2-3"),
    ("get", "2-3"),
    ("lock", "2-3"),
    ("goto", "cabin:1"),
)


def place_of(run: Running, vehicle: str = "v_0042") -> str:
    return str(run.daemon.tables.vehicles[vehicle].place)


async def to_cabin(tech: Technician, run: Running, **overrides: int) -> None:
    """Bring the car of bay 2-3 to cabin 1 by hand and close the inner door behind it."""
    for verb, place in WAY_OUT:
        await tech.done(verb, place, override=overrides.get(verb, 0))
    run.tower.simulator.press_clear(1)
    await asyncio.sleep(0.3)
    await tech.done("inner_door", "cabin:1", 1)
    await tech.done("put", "cabin:1")
    await tech.done("inner_door", "cabin:1", 0)


async def test_a_car_is_brought_down_by_hand_and_the_books_know() -> None:
    async with running() as run:
        tech = Technician(run)
        await tech.manual()
        await tech.done("home", value=9)
        await to_cabin(tech, run)
        assert place_of(run) == "cabin:1"
        steps = run.daemon.tables.steps
        assert steps[Unit.CARRIAGE].by == "ada"
        assert run.daemon.engine.view().hand.commander == "ada"


async def test_nothing_automatic_moves_while_the_key_is_away() -> None:
    async with running() as run:
        await run.ask()
        await run.show_face()
        await run.daemon.until(lambda: bool(run.tower.simulator.executed), "it works")
        tech = Technician(run)
        await tech.manual()
        await asyncio.sleep(5)
        before = len(run.tower.simulator.executed)
        await asyncio.sleep(30)
        assert len(run.tower.simulator.executed) == before
        await tech.auto()
        if run.daemon.engine.view().hand.changes:
            assert (await tech.confirm()).ok
        await run.until_state("completed", limit_s=300)
        await run.daemon.until(run.at_rest, "all is at rest")


async def test_the_released_switch_stops_on_the_way_and_unhold_leads_on() -> None:
    async with running() as run:
        tech = Technician(run)
        await tech.manual()
        asked = tech.begin("goto", "3-4")
        await asyncio.sleep(1.0)
        run.tower.simulator.enabling(False)
        await run.daemon.until(lambda: run.daemon.engine.view().packml == "held", "the switch holds (9.3)")
        await run.daemon.until(lambda: not run.tower.simulator.plant.lift.moving, "it stands")
        refused = await tech.do("goto", "1-1")
        assert refused.reasons == ("plc_refused",)
        assert refused.result is not None
        assert refused.result["reject_code"] == 5
        run.tower.simulator.enabling(True)
        await asyncio.sleep(2)
        assert not run.tower.simulator.plant.lift.moving, "pressed again nothing moves until Unhold"
        await run.packml("unhold", by="ada")
        assert (await tech.end(asked)).ok


async def test_the_switch_is_asked_for_in_the_plcs_words() -> None:
    async with running() as run:
        tech = Technician(run)
        await tech.manual()
        await run.packml("stop", by="ada")
        await asyncio.sleep(1)
        await run.packml("reset", by="ada")
        run.tower.simulator.enabling(False)
        await asyncio.sleep(0.5)
        answer = await tech.do("home", value=0)
        assert answer.result == {
            "text": "enabling switch not held",
            "cure": "Hold the enabling switch in your hand, and ask again.",
            "reject_code": 9,
        }


async def test_interlocks_are_named() -> None:
    async with running() as run:
        tech = Technician(run)
        await tech.manual()
        run.tower.simulator.fault("gate_open")
        await asyncio.sleep(0.5)
        await tech.turn_key(MANUAL)
        answer = await tech.do("goto", "3-4")
        assert not answer.ok
        run.tower.simulator.fault("gate_open", on=False)
        await tech.execute()


async def test_a_command_is_cancelled_and_answered() -> None:
    async with running() as run:
        tech = Technician(run)
        await tech.manual()
        assert (await tech.cancel()).reasons == ("nothing_runs",)
        asked = tech.begin("goto", "3-4")
        await asyncio.sleep(1.0)
        assert (await tech.cancel()).ok
        answer = await tech.end(asked)
        assert (answer.ok, answer.result and answer.result["text"]) == (False, "cancelled")
        await tech.done("goto", "1-1")


async def test_one_commander_at_a_time() -> None:
    async with running() as run:
        ada, bob = Technician(run), Technician(run, "bob")
        await ada.manual()
        await ada.done("goto", "1-1")
        refused = await bob.do("goto", "2-2")
        assert refused.reasons == ("lease_held",)
        assert refused.result is not None
        assert "ada" in refused.result["text"]
        await run.packml("hold", by="bob")
        assert (await bob.take(force=True)).ok
        await run.packml("unhold", by="bob")
        assert (await ada.do("goto", "1-1")).reasons == ("lease_held",)
        assert (await bob.release()).ok
        await ada.done("goto", "1-1")
        await asyncio.sleep(121)
        await bob.done("goto", "2-2")


async def test_a_lost_link_ends_nothing_and_the_command_is_looked_up() -> None:
    async with running() as run:
        tech = Technician(run)
        await tech.manual()
        asked = tech.begin("goto", "3-4")
        await asyncio.sleep(1.0)
        run.daemon.transport.plugged = False
        await asyncio.sleep(3.0)
        assert not run.tower.simulator.plant.lift.moving
        run.daemon.transport.plugged = True
        await run.daemon.until(lambda: run.daemon.engine.view().packml == "held", "the PLC has held")
        await tech.execute()
        assert (await tech.end(asked)).ok
        executed = [e for e in run.tower.simulator.executed if e.code == Code.LIFT_TO]
        assert len(executed) == 1


async def test_the_daemon_restarts_during_a_command_by_hand() -> None:
    async with running() as run:
        tech = Technician(run)
        await tech.manual()
        await tech.done("goto", "2-3")
        await tech.done("unlock", "2-3")
        tech.begin("get", "2-3")
        await asyncio.sleep(2.0)
        await run.daemon.kill()
        await asyncio.sleep(2.0)
        run.daemon = run.tower.daemon(run.journal)
        run.daemon.start()
        await run.daemon.until(lambda: run.daemon.engine.view().packml == "held", "the PLC has held")
        await tech.execute()
        await run.daemon.until(lambda: place_of(run) == "carriage", "the sensors have told")
        gets = [e for e in run.tower.simulator.executed if e.code == Code.FORK_GET]
        assert len(gets) == 1
        await tech.done("lock", "2-3")


@pytest.mark.parametrize("stuck", [0, 1])
async def test_a_stuck_sensor_is_left_out_and_the_car_comes_out(stuck: int) -> None:
    async with running() as run:
        tech = Technician(run)
        run.tower.simulator.fault("sensor_stuck", bay="2-3", sensor="second", value=stuck)
        await tech.manual()
        if stuck == 0:
            await run.daemon.until(lambda: place_of(run) == "unknown", "the sensors disagree")
            refused = await tech.set_place("2-3", "v_0042")
            assert refused.reasons == ("sensors_disagree",)
            assert (await tech.set_place("2-3", "v_0042", override=True)).ok
        await to_cabin(tech, run, get=2)
        assert place_of(run) == "cabin:1"
        assert not run.daemon.tables.bays.get("bay:2-3") or not run.daemon.tables.bays["bay:2-3"].unknown
        await tech.auto()
        assert run.daemon.engine.view().hand.changes
        assert (await tech.confirm()).ok
        run.tower.simulator.fault("sensor_stuck", on=False, bay="2-3", sensor="second")
        run.daemon.tables.faults.clear()


async def test_overrides_are_refused_in_auto_and_in_pairs() -> None:
    async with running() as run:
        tech = Technician(run)
        await tech.manual()
        answer = await tech.do("get", "2-3", override=3)
        assert answer.result is not None
        assert answer.result["reject_code"] == 2


async def test_in_auto_the_automatic_part_commands() -> None:
    async with running() as run:
        tech = Technician(run)
        assert (await tech.do("goto", "2-3")).reasons == ("automatic",)
        await run.packml("hold", by="ada")
        await asyncio.sleep(1)
        answer = await tech.do("goto", "2-3")
        assert answer.result is not None
        assert answer.result["reject_code"] == 5
        # nobody is shut in (4.6)
        await tech.done("outer_door", "cabin:1", 1)
        await tech.done("signal", "cabin:1", 6)
        await run.packml("unhold", by="ada")
        run.tower.simulator.press_clear(1)


async def test_maintenance_refuses_with_its_own_code() -> None:
    async with running() as run:
        tech = Technician(run)
        await tech.turn_key(MAINTENANCE)
        answer = await tech.do("home", value=0)
        assert answer.result is not None
        assert answer.result["reject_code"] == 4
        await tech.auto()


def order_is(run: Running, state: str) -> Any:
    return lambda: run.state() == state


async def deliver_until_loaded(run: Running) -> str:
    """An order is under way, its car on the carriage."""
    await run.ask()
    await run.show_face()
    await run.daemon.until(
        lambda: any(str(v.place) == "carriage" for v in run.daemon.tables.vehicles.values()),
        "the car is on the carriage",
    )
    return next(str(v.id) for v in run.daemon.tables.vehicles.values() if str(v.place) == "carriage")


@pytest.mark.parametrize("where", ["cabin", "another bay", "its bay"])
async def test_an_order_goes_on_from_where_a_technician_has_left_its_car(where: str) -> None:
    async with running() as run:
        car = await deliver_until_loaded(run)
        tech = Technician(run)
        await tech.manual()
        await run.daemon.until(
            lambda: not any(step.open for step in run.daemon.tables.steps.values()), "what ran has ended"
        )
        for record in ("1-1", "2-3"):
            await tech.do("lock", record)
        if where == "cabin":
            await tech.done("goto", "cabin:1")
            run.tower.simulator.press_clear(1)
            await asyncio.sleep(0.3)
            await tech.done("inner_door", "cabin:1", 1)
            await tech.done("put", "cabin:1")
            await tech.done("inner_door", "cabin:1", 0)
        else:
            empty = "3-1" if where == "another bay" else ("2-3" if car == "v_0042" else "1-1")
            await tech.done("goto", empty)
            await tech.done("unlock", empty)
            await tech.done("put", empty)
            await tech.done("lock", empty)
        moved = len(run.tower.simulator.executed)
        await tech.auto()
        await asyncio.sleep(5)
        if where != "its bay":
            view = run.daemon.engine.view()
            assert "changes_unconfirmed" in view.why_not
            assert any(car in line for line in view.hand.changes)
        assert len([e for e in run.tower.simulator.executed[moved:] if e.code not in (Code.SIGNAL, Code.NOP)]) == 0
        assert (await tech.confirm()).ok
        await run.until_state("completed", limit_s=300)
        await run.daemon.until(run.at_rest, "all is at rest")
        assert run.tower.truth()[car] == "gone"


async def test_without_changes_auto_goes_on_by_itself() -> None:
    async with running() as run:
        tech = Technician(run)
        await tech.manual()
        await tech.done("goto", "3-1")
        await tech.auto()
        await run.daemon.until(lambda: run.daemon.engine.view().can_deliver, "nothing is to be confirmed")
        assert not run.daemon.tables.before


async def test_a_car_carried_off_behind_the_books_is_unknown_and_told() -> None:
    async with running() as run:
        tech = Technician(run)
        await tech.turn_key(MAINTENANCE)
        run.tower.simulator.plant.bays[run.tower.simulator.plant.layout.bay_index(2, 3)].car = None
        run.tower.simulator.plant.touch()
        run.tower.simulator.plant.dirty_bays.add(run.tower.simulator.plant.layout.bay_index(2, 3))
        await asyncio.sleep(1)
        await tech.turn_key(AUTO)
        await asyncio.sleep(1)
        assert place_of(run) == "unknown"
        assert "bay:2-3 was v_0042, is empty" in run.daemon.engine.view().hand.changes
        run.tower.simulator.plant.bays[run.tower.simulator.plant.layout.bay_index(2, 3)].car = None
        run.daemon.tables.faults.clear()
        run.daemon.tables.vehicles.pop("v_0042")
