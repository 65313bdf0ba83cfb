"""Two cars that have changed places behind the daemon's back are found before either is handed over, and the way back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenario.running import Running, running
from tests.scenario.test_fetch import audited
from tests.scenario.tower import Tower, car, small_tower
from towerd.faults import WRONG_VEHICLE
from towerd.fsm.events import FaultReset
from towerd.fsm.moves_events import StockTakeCancelled, StockTakeRequested
from towerd.fsm.reply import ReplyTo
from towerd.places import Place, bay
from towerd.plc.codes import Code

pytestmark = pytest.mark.looptime


def swap(run: Running, first: str, second: str) -> None:
    """Two cars change places, and the tower is not told."""
    plant = run.tower.simulator.plant
    index = [plant.layout.bay_index(*(int(part) for part in place.split("-"))) for place in (first, second)]
    one, other = (plant.bays[n] for n in index)
    one.car, other.car = other.car, one.car
    plant.dirty_bays.update(index)
    plant.touch()


async def reset(run: Running) -> None:
    answered = len(run.daemon.api_answers)
    run.daemon.queue.post(FaultReset(WRONG_VEHICLE, "lin", ReplyTo("api", "reset")))
    await run.daemon.until(lambda: len(run.daemon.api_answers) > answered, "the fault is reset")
    assert run.daemon.api_answers[-1].ok


async def take_stock(run: Running, *bays: Place) -> Any:
    answered = len(run.daemon.api_answers)
    run.daemon.queue.post(StockTakeRequested(bays, "lin", ReplyTo("api", "take")))
    await run.daemon.until(lambda: len(run.daemon.api_answers) > answered, "the stock take is answered")
    return run.daemon.api_answers[-1]


def all_read(run: Running) -> bool:
    return run.at_rest() and not any(move.open for move in run.daemon.tables.moves.values())


@pytest.mark.parametrize("reader", [True, False], ids=["at the carriage", "in the cabin"])
async def test_the_wrong_car_is_found_before_it_is_handed_over(reader: bool) -> None:
    async with running(Tower(small_tower(tag_reader=reader))) as run:
        swap(run, "2-3", "1-1")
        await run.ask()
        wanted = run.daemon.tables.orders["o_91"].vehicle
        await run.show_face()
        await run.daemon.until(lambda: WRONG_VEHICLE in run.daemon.tables.faults, "the wrong car is found")
        where = run.tower.truth()
        other = next(one for one in where if one != wanted)
        assert where[other] == ("carriage" if reader else "cabin:1")
        assert run.outer_opened() == 0
        await reset(run)
        assert run.daemon.tables.vehicles[other].place.kind in ("carriage", "cabin")
        assert run.daemon.tables.vehicles[wanted].place.kind == "unknown"

        def plays() -> bool:
            run.tower.simulator.press_clear(1)
            if "o_91" in run.daemon.matcher.watching:
                run.daemon.look("o_91")
            return run.state() == "completed" and all_read(run)

        await run.daemon.until(plays, "the order goes on by itself", 600.0)
        assert run.tower.truth()[wanted] == "gone"
        assert run.daemon.tables.vehicles[other].place.kind == "bay"
        assert [one["by"] for one in audited(run, "inventory_corrected")] == ["lin", "lin"]


@pytest.mark.parametrize("reader", [True, False], ids=["at the carriage", "in the cabin"])
async def test_taking_stock_finds_both(reader: bool) -> None:
    async with running(Tower(small_tower(tag_reader=reader))) as run:
        swap(run, "2-3", "1-1")
        answer = await take_stock(run, bay(1, 1))
        assert answer.ok, answer

        def plays() -> bool:
            run.tower.simulator.press_clear(1)
            return all_read(run)

        await run.daemon.until(plays, "the tags are read", 600.0)
        places = {key: str(row.place) for key, row in run.daemon.tables.vehicles.items()}
        assert places == {"v_0042": "bay:1-1", "v_0007": "bay:2-3"}
        assert {row.condition for row in run.daemon.tables.vehicles.values()} == {"available"}
        assert not run.daemon.tables.bays
        read = {one["bay"]: one["vehicle"] for one in audited(run, "tag_read")}
        assert read == {"bay:1-1": "v_0042", "bay:2-3": "v_0007"}


async def test_a_car_of_nobody_leaves_its_bay_unknown_and_says_which_tag_was_read() -> None:
    tower = Tower()
    tower.simulator.place_vehicle(car(99), "bay:3-2")
    async with running(tower) as run:
        await run.daemon.until(lambda: "bay:3-2" in run.daemon.tables.bays, "the bay is unknown")
        assert (await take_stock(run)).ok
        await run.daemon.until(lambda: all_read(run), "every bay is read", 600.0)
        assert sorted(one["bay"] for one in audited(run, "tag_read")) == ["bay:1-1", "bay:2-3", "bay:3-2"]
        record = run.daemon.tables.bays["bay:3-2"]
        assert (record.unknown, record.reason) == (True, f"tag {car(99).tag} is of no known vehicle")
        run.strangers.add("v_0099")


async def test_a_customer_comes_before_taking_stock_goes_on() -> None:
    async with running() as run:
        await run.ask()
        assert (await take_stock(run)).ok
        await run.daemon.until(
            lambda: any(job.purpose == "identify" for job in run.daemon.tables.jobs.values()), "begun"
        )
        await run.show_face()
        await run.until_state("completed", limit_s=300.0)
        await run.daemon.until(lambda: all_read(run), "what is left is read", 300.0)
        states = {move.state for move in run.daemon.tables.moves.values()}
        assert states <= {"done", "cancelled"}


@pytest.mark.parametrize("reader", [True, False], ids=["at the carriage", "in the cabin"])
async def test_a_car_whose_tag_is_read_goes_on_to_its_customer_who_comes_meanwhile(reader: bool) -> None:
    async with running(Tower(small_tower(tag_reader=reader))) as run:
        await run.ask()
        wanted = run.daemon.tables.orders["o_91"].vehicle
        answer = await take_stock(run, run.daemon.tables.vehicles[wanted].place)
        assert answer.ok, answer
        await run.daemon.until(lambda: run.tower.truth()[wanted] == "carriage", "its tag is to be read")
        await run.show_face()
        await run.until_state("completed", limit_s=300.0)
        move = run.daemon.tables.moves[answer.result["moves"][0]]
        assert (move.state, move.why) == ("cancelled", f"order o_91 needs {wanted}")
        assert [code for code, _args in run.forks()] == [Code.FORK_GET, Code.FORK_PUT], "it has travelled once"


async def test_no_tag_is_read_of_a_car_that_is_on_its_way_to_its_customer() -> None:
    async with running() as run:
        await run.ask()
        wanted = run.daemon.tables.orders["o_91"].vehicle
        home = run.daemon.tables.vehicles[wanted].place
        await run.show_face()
        await run.daemon.until(lambda: any(job.order for job in run.daemon.tables.jobs.values()), "it is delivered")
        assert run.daemon.tables.vehicles[wanted].place == home
        assert (await take_stock(run, home)).reasons == ("wanted_by_order",)
        assert (await take_stock(run)).ok, "the others are read"
        await run.until_state("completed", limit_s=300.0)
        await run.daemon.until(lambda: all_read(run), "the others are read", 300.0)
        assert [one.vehicle for one in run.daemon.tables.moves.values()] == [
            one for one in run.daemon.tables.vehicles if one != wanted
        ]


async def test_taking_stock_is_stopped_and_the_car_goes_home() -> None:
    async with running() as run:
        assert (await take_stock(run)).ok
        await run.daemon.until(lambda: "carriage" in run.tower.truth().values(), "a car is under way")
        run.daemon.queue.post(StockTakeCancelled("lin", ReplyTo("api", "stop")))
        await run.daemon.until(lambda: all_read(run), "it is over")
        assert sorted(move.state for move in run.daemon.tables.moves.values()) == ["cancelled", "done"]
        assert len(audited(run, "tag_read")) == 1
