"""A technician gets any car out: no order, no face, no broker, no record if need be."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from simulator.config import Actors
from tests.scenario.running import Running, running
from tests.scenario.tower import Tower, car, small_tower
from towerd.fsm.moves_events import MoveCancelled, MoveRequested
from towerd.fsm.reply import ReplyTo
from towerd.places import OUT, Place, bay, cabin

pytestmark = pytest.mark.looptime


async def ask_move(
    run: Running, purpose: Any, what: str, target: Place | None = None, reason: str | None = None
) -> Any:
    """The answer to a technician's wish."""
    answered = len(run.daemon.api_answers)
    run.daemon.queue.post(MoveRequested(purpose, what, target, "lin", ReplyTo("api", purpose), reason))
    await run.daemon.until(lambda: len(run.daemon.api_answers) > answered, f"{purpose} is answered")
    return run.daemon.api_answers[-1]


async def until_ended(run: Running, number: int, limit_s: float = 200.0) -> Any:
    """The move, once it has ended and all is at rest."""
    await run.daemon.until(
        lambda: not run.daemon.tables.moves[number].open and run.at_rest(), f"move {number} ended", limit_s
    )
    return run.daemon.tables.moves[number]


def audited(run: Running, kind: str) -> list[dict[str, Any]]:
    """What the audit log says of such events."""
    return [row["body"]["data"] for row in run.journal.audit(0, 10_000) if row["body"]["type"] == kind]


async def test_a_known_car_comes_out_without_an_order() -> None:
    async with running() as run:
        answer = await ask_move(run, "fetch", "2-3")
        assert answer.ok, answer
        move = await until_ended(run, answer.result["move"])
        assert (move.state, move.purpose, move.by) == ("done", "fetch", "lin")
        vehicle = run.daemon.tables.vehicles["v_0042"]
        assert (str(vehicle.place), vehicle.condition, vehicle.reasons) == ("out", "out", ("fetched",))
        assert not run.daemon.tables.loans
        assert run.outer_opened() == 1
        assert run.daemon.engine.view().cabins[0].outer_door == "closed"


async def test_a_car_without_a_record_comes_out_and_is_known_by_its_tag() -> None:
    """The stock file forgets one: its bay is occupied without a record, and unknown."""
    tower = Tower(stock=((bay(2, 3), 42), (bay(1, 1), 7)))
    tower.simulator.place_vehicle(car(99), "bay:3-2")
    async with running(tower) as run:
        await run.daemon.until(lambda: "bay:3-2" in run.daemon.tables.bays, "the bay is unknown")
        answer = await ask_move(run, "fetch", "3-2")
        assert answer.ok, answer
        move = await until_ended(run, answer.result["move"])
        assert move.state == "done"
        assert set(run.daemon.tables.vehicles) == {"v_0042", "v_0007"}, "it is out, and forgotten"
        run.strangers.add("v_0099")
        assert "bay:3-2" not in run.daemon.tables.bays
        (fetched,) = audited(run, "vehicle_fetched")
        assert (fetched["by"], fetched["tag"]) == ("lin", car(99).tag)


async def test_what_an_order_needs_is_not_fetched_without_a_reason() -> None:
    async with running() as run:
        await run.ask()
        vehicle = run.daemon.tables.orders["o_91"].vehicle
        refused = await ask_move(run, "fetch", vehicle)
        assert (refused.ok, refused.reasons) == (False, ("wanted_by_order",))
        moved = await ask_move(run, "move", vehicle, bay(3, 4))
        assert moved.ok, "moved it may be"
        await until_ended(run, moved.result["move"])
        assert run.daemon.tables.vehicles[vehicle].condition == "reserved"
        taken = await ask_move(run, "fetch", vehicle, reason="police")
        assert taken.ok, taken
        await until_ended(run, taken.result["move"])
        order = run.daemon.tables.orders["o_91"]
        assert (order.state, order.reason) == ("failed", "vehicle_fetched: police")
        assert run.daemon.tables.vehicles[vehicle].place == OUT


async def test_brought_held_and_put_back() -> None:
    async with running() as run:
        brought = await ask_move(run, "bring", "v_0042", cabin(1))
        number = brought.result["move"]
        await run.daemon.until(lambda: run.daemon.tables.moves[number].state == "arrived", "it is held in the cabin")
        await asyncio.sleep(30)
        assert run.tower.truth()["v_0042"] == "cabin:1"
        assert run.outer_opened() == 0
        refused = await ask_move(run, "fetch", "v_0007")
        assert refused.reasons == ("no_cabin_free",)
        back = await ask_move(run, "put_back", "v_0042")
        await until_ended(run, back.result["move"])
        assert run.daemon.tables.vehicles["v_0042"].place.kind == "bay"
        assert run.daemon.tables.vehicles["v_0042"].condition == "available"
        assert run.daemon.tables.moves[number].state == "cancelled"


async def test_a_technician_who_stays_away_has_it_put_back() -> None:
    tower = Tower(small_tower(actors=Actors(auto_drive_off=False)))
    async with running(tower) as run:
        answer = await ask_move(run, "fetch", "1-1")
        number = answer.result["move"]
        await run.daemon.until(lambda: run.daemon.tables.moves[number].state == "ready", "the door is open")
        assert (await cancel(run, number)).reasons == ("too_late",)
        back = await ask_move(run, "put_back", "cabin:1")
        assert back.ok, back
        await run.daemon.until(lambda: run.tower.simulator.plant.booths[0].outer.at_zero, "the door is shut again")
        run.tower.simulator.press_clear(1)
        await until_ended(run, back.result["move"])
        assert run.daemon.tables.vehicles["v_0007"].place.kind == "bay"


async def test_a_cancelled_move_on_its_way_ends_in_a_bay() -> None:
    async with running() as run:
        answer = await ask_move(run, "move", "2-3", bay(3, 4))
        await run.daemon.until(lambda: run.tower.truth()["v_0042"] == "carriage", "it is on the carriage")
        assert (await cancel(run, answer.result["move"])).ok
        await run.daemon.until(
            lambda: run.at_rest() and run.daemon.tables.vehicles["v_0042"].place.kind == "bay", "it is in a bay"
        )
        assert (await cancel(run, answer.result["move"])).reasons == ("no_such_move",)


async def cancel(run: Running, number: int) -> Any:
    answered = len(run.daemon.api_answers)
    run.daemon.queue.post(MoveCancelled(number, "lin", ReplyTo("api", "cancel")))
    await run.daemon.until(lambda: len(run.daemon.api_answers) > answered, "the cancelling is answered")
    return run.daemon.api_answers[-1]


async def test_nobody_comes_for_a_fetched_car() -> None:
    tower = Tower(small_tower(actors=Actors(auto_drive_off=False)))
    tower.core = replace(tower.core, decision_age_s=20.0)
    async with running(tower) as run:
        answer = await ask_move(run, "fetch", "1-1")
        number = answer.result["move"]
        await run.daemon.until(lambda: not run.daemon.tables.moves[number].open, "nobody is waited for any more")
        move = run.daemon.tables.moves[number]
        assert (move.state, move.why) == ("cancelled", "nobody came for it")

        def put_back() -> bool:
            run.tower.simulator.press_clear(1)
            return run.at_rest() and run.tower.truth()["v_0007"].startswith("bay")

        await run.daemon.until(put_back, "it is in a bay again")


async def test_who_asked_long_ago_finds_no_door_open() -> None:
    """The PLC's cable is out for half an hour while the car is on its way; whoever asked for it may be gone."""
    async with running() as run:
        answer = await ask_move(run, "fetch", "2-3")
        number = answer.result["move"]
        await run.daemon.until(lambda: run.tower.truth()["v_0042"] == "carriage", "it is on the carriage")
        run.daemon.transport.plugged = False
        await asyncio.sleep(1_800)
        run.daemon.transport.plugged = True
        move = await until_ended(run, number)
        assert (move.state, move.why) == ("cancelled", "asked for more than 15 min ago: ask again, and be there")
        assert run.daemon.tables.vehicles["v_0042"].place.kind == "bay"
        assert run.outer_opened() == 0
        again = await ask_move(run, "fetch", "v_0042")
        assert (await until_ended(run, again.result["move"])).state == "done"
