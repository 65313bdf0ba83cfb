"""A bay that may not be used keeps its own car, and nobody else from theirs, also where a job is on its way."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulator.config import Actors
from tests.scenario.tower import Tower, small_tower
from tests.support.sync_tower import START, SyncTower
from towerd.fsm import events as ev
from towerd.fsm.manual_events import BayServiceChanged
from towerd.fsm.moves_events import MoveRequested
from towerd.fsm.reply import ReplyTo
from towerd.fsm.show import build_view
from towerd.fsm.turn import Turn
from towerd.fsm.waiting import waiting
from towerd.places import CARRIAGE, OUT, Place, bay

API = ReplyTo("api", "1")


def test_a_disabled_bay_keeps_only_its_own_customer_waiting() -> None:
    actors = Actors(auto_drive_off=True, customer_delay_s=1.0, boarding_s=0.5, driving_s=0.5)
    tower = Tower(small_tower(speed_up=8.0, cabins=1, actors=actors), stock=((bay(2, 3), 42), (bay(1, 1), 7)))
    sync = SyncTower(lambda *_: None, tower)
    sync.tick(3.0)
    sync.import_stock()
    sync.tick(12.0)
    sync.order(1, 1)
    place = sync.state.tables.vehicles[sync.state.tables.orders["o_1"].vehicle or ""].place
    sync.simulator.inject("bay_disabled", bay=f"{place.floor}-{place.position}")
    sync.tick(1.0)
    sync.code("o_1", right=True)
    sync.tick(10.0)
    sync.order(2, 2)
    sync.code("o_2", right=True)
    sync.tick(60.0)
    orders = sync.state.tables.orders
    assert (orders["o_1"].state, orders["o_1"].cabin) == ("identified", None)
    assert orders["o_2"].state == "completed"


def stocked() -> SyncTower:
    """One cabin, v_0042 in 2-3 and v_0007 in 1-1, at rest."""
    actors = Actors(auto_drive_off=True, customer_delay_s=1.0, boarding_s=0.5, driving_s=0.5)
    tower = Tower(small_tower(speed_up=8.0, cabins=1, actors=actors), stock=((bay(2, 3), 42), (bay(1, 1), 7)))
    sync = SyncTower(lambda *_: None, tower)
    sync.tick(3.0)
    sync.import_stock()
    sync.tick(12.0)
    return sync


def until(sync: SyncTower, happens: Callable[[], bool]) -> None:
    for _ in range(900):
        if happens():
            return
        sync.tick()
    raise AssertionError(f"never; {sync.state.volatile.doing}, {sync.state.tables.jobs}")


def panel(sync: SyncTower, place: Place, disabled: bool) -> None:
    """The switch at the PLC's panel."""
    act = sync.simulator.inject if disabled else sync.simulator.clear
    act("bay_disabled", bay=f"{place.floor}-{place.position}")


def technician(sync: SyncTower, place: Place, disabled: bool) -> None:
    """`towerctl bay disable` and `enable`."""
    sync.take(BayServiceChanged(place, disabled, "repair", "ada", API))


def turn_now(sync: SyncTower) -> Turn:
    return Turn(sync.state, ev.Stamped(START, sync.now_s, ev.TimerExpired("view")), sync.tower.core)


def waits_for(sync: SyncTower) -> list[tuple[str, str]]:
    return [(row.code, row.cure) for row in waiting(turn_now(sync))]


def car_at(sync: SyncTower, vehicle: str) -> Place:
    return sync.state.tables.vehicles[vehicle].place


def on_the_carriage(sync: SyncTower, vehicle: str) -> bool:
    return car_at(sync, vehicle) == CARRIAGE


BY = [(panel, "bay_out_of_service", "Enable it at the panel"), (technician, "bay_disabled", "towerctl bay enable 1-1")]


@pytest.mark.parametrize(("switch", "code", "cure"), BY, ids=["at the panel", "by a technician"])
def test_a_bay_that_is_disabled_before_its_car_is_taken_lets_the_carriage_go(
    switch: Callable[[SyncTower, Place, bool], None], code: str, cure: str
) -> None:
    sync = stocked()
    sync.order(1, 1)
    assert sync.state.tables.orders["o_1"].vehicle == "v_0007"
    sync.code("o_1", right=True)
    until(sync, lambda: bool(sync.state.tables.jobs))
    switch(sync, bay(1, 1), True)
    sync.tick(10.0)
    assert [one for one in waits_for(sync) if one[0] == code and cure in one[1]]
    sync.order(2, 2)
    sync.code("o_2", right=True)
    until(sync, lambda: sync.state.tables.orders["o_2"].state == "completed")
    assert car_at(sync, "v_0007") == bay(1, 1)
    switch(sync, bay(1, 1), False)
    sync.code("o_1", right=True)
    until(sync, lambda: sync.state.tables.orders["o_1"].state == "completed")


@pytest.mark.parametrize("switch", [panel, technician])
def test_a_car_in_a_disabled_bay_is_not_offered_until_it_is_enabled(
    switch: Callable[[SyncTower, Place, bool], None],
) -> None:
    sync = stocked()

    def offered() -> set[str]:
        return {one.vehicle.id for one in build_view(sync.state, sync.tower.core, turn_now(sync)).offers}

    for disabled, cars in ((True, {"v_0042"}), (False, {"v_0042", "v_0007"})):
        switch(sync, bay(1, 1), disabled)
        sync.tick(1.0)
        assert offered() == cars
    switch(sync, bay(1, 1), True)
    switch(sync, bay(2, 3), True)
    sync.tick(1.0)
    sync.order(1, 1)
    assert sync.answers[-1].reasons == ("vehicle_unavailable",)


@pytest.mark.parametrize("switch", [panel, technician])
def test_a_car_that_is_put_back_goes_to_another_bay_than_one_that_is_disabled_meanwhile(
    switch: Callable[[SyncTower, Place, bool], None],
) -> None:
    sync = stocked()
    sync.take(MoveRequested("bring", "1-1", None, "ada", API))
    until(sync, lambda: sync.state.tables.moves[max(sync.state.tables.moves)].state == "arrived")
    sync.take(MoveRequested("put_back", "v_0007", None, "ada", API))
    sync.simulator.press_clear(1)
    until(sync, lambda: on_the_carriage(sync, "v_0007"))
    target = sync.state.tables.jobs[max(sync.state.tables.jobs)].target
    switch(sync, target, True)
    until(sync, lambda: car_at(sync, "v_0007").kind == "bay")
    assert car_at(sync, "v_0007") != target
    until(sync, lambda: sync.state.tables.moves[max(sync.state.tables.moves)].state == "done")
    assert sync.tower.truth()["v_0007"] == str(car_at(sync, "v_0007"))


def test_a_move_to_a_bay_that_is_disabled_meanwhile_ends_and_says_why() -> None:
    sync = stocked()
    sync.take(MoveRequested("move", "1-1", bay(3, 1), "ada", API))
    until(sync, lambda: on_the_carriage(sync, "v_0007"))
    panel(sync, bay(3, 1), True)
    until(sync, lambda: car_at(sync, "v_0007").kind == "bay")
    [move] = sync.state.tables.moves.values()
    assert (move.state, move.why) == ("cancelled", "bay:3-1 cannot be used: bay_out_of_service")
    assert car_at(sync, "v_0007") != bay(3, 1)


def test_a_fetch_waits_for_its_bay_and_goes_on() -> None:
    sync = stocked()
    sync.take(MoveRequested("fetch", "1-1", None, "ada", API))
    until(sync, lambda: bool(sync.state.tables.jobs))
    panel(sync, bay(1, 1), True)
    sync.tick(5.0)
    [move] = sync.state.tables.moves.values()
    assert (move.state, move.job) == ("asked", None)
    assert "bay_out_of_service" in [code for code, _cure in waits_for(sync)]
    panel(sync, bay(1, 1), False)
    until(sync, lambda: car_at(sync, "v_0007") == OUT)


def test_a_fetch_from_a_disabled_bay_is_refused_with_what_to_do() -> None:
    sync = stocked()
    for switch, reason, cure in BY:
        switch(sync, bay(1, 1), True)
        sync.tick(1.0)
        sync.take(MoveRequested("fetch", "1-1", None, "ada", API))
        answer = sync.answers[-1]
        assert answer.reasons == (reason,)
        assert cure in str(answer.result)
        switch(sync, bay(1, 1), False)
        sync.tick(1.0)
