"""A car on loan that is back in the tower without having been driven in: the loan ends, however the car became known."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.scenario.tower import record
from tests.support.sync_tower import SyncTower, ask_packml
from towerd.fsm import events as ev
from towerd.fsm.intake_events import DriveInRequested
from towerd.fsm.manual_events import ChangesConfirmed, PlaceSet
from towerd.fsm.moves_events import StockTakeRequested
from towerd.fsm.reply import ReplyTo
from towerd.orders.stock import parse_record
from towerd.places import OUT, bay

API = ReplyTo("api", "1")
BAY = bay(3, 1)
CAR = "v_0007"


def on_loan() -> SyncTower:
    """v_0007 is out with its customer."""
    tower = SyncTower(lambda *_: None)
    tower.tick(3.0)
    tower.import_stock()
    tower.tick(12.0)
    tower.order(1, 1)
    tower.code("o_1", right=True)
    for _ in range(600):
        if tower.state.tables.orders["o_1"].state == "completed":
            break
        tower.tick()
    assert tower.state.tables.loans["o_1"].vehicle == CAR
    return tower


def carried_in(tower: SyncTower) -> None:
    """Somebody has brought the car into bay 3-1 with the key at Manual, and Auto goes on."""
    tower.simulator.set_key(2)
    tower.tick(1.0)
    plant = tower.simulator.plant
    index = plant.layout.bay_index(BAY.floor, BAY.position)
    plant.bays[index].car = plant.gone.pop(3054420007)
    plant.dirty_bays.add(index)
    plant.touch()
    tower.tick(2.0)
    tower.simulator.set_key(1)
    tower.tick(1.0)


def by_word(tower: SyncTower) -> None:
    tower.take(PlaceSet(BAY, CAR, "brought back by hand", "ada", API, override=True))


def by_file(tower: SyncTower) -> None:
    tower.take(ev.StockImported((ev.StockEntry(parse_record(record(7)), BAY),), "ada", API))


def by_tag(tower: SyncTower) -> None:
    tower.take(ChangesConfirmed("ada", API))
    ask_packml(tower, "unhold")
    tower.take(StockTakeRequested((BAY,), "ada", API))
    tower.tick(60.0)


@pytest.mark.parametrize("known", [by_word, by_tag])
def test_its_loan_ends_and_it_is_to_be_looked_at(known: Callable[[SyncTower], None]) -> None:
    tower = on_loan()
    carried_in(tower)
    begun = len(tower.told)
    known(tower)
    tables = tower.state.tables
    car, loan = tables.vehicles[CAR], tables.loans["o_1"]
    assert (str(car.place), car.condition, car.rests_as) == ("bay:3-1", "inspection", "inspection")
    assert (loan.state, loan.ended_at is not None) == ("returned", True)
    told = [row.body["type"] for row in tower.told[begun:] if row.topic == "event" and row.body["order"] == "o_1"]
    assert told == ["loan_returning", "loan_returned"]


def test_neither_a_mere_name_nor_a_file_ends_its_loan() -> None:
    tower = on_loan()
    carried_in(tower)
    loan, before = tower.state.tables.loans["o_1"], tower.state.tables.vehicles[CAR]
    tower.take(PlaceSet(BAY, CAR, "a typing error", "ada", API))
    assert tower.answers[-1].reasons == ("car_is_out",)
    assert loan.number in (tower.answers[-1].result or {})["text"]
    by_file(tower)
    (problem,) = (tower.answers[-1].result or {})["problems"]
    assert "--override" in problem
    assert (tower.state.tables.loans["o_1"], tower.state.tables.vehicles[CAR]) == (loan, before)
    by_word(tower)
    by_file(tower)
    assert tower.answers[-1].ok
    assert tower.state.tables.vehicles[CAR].condition == "inspection"


def test_a_word_that_was_wrong_is_taken_back_and_the_car_comes_in_with_its_checks() -> None:
    tower = on_loan()
    tower.take(PlaceSet(BAY, CAR, "a typing error", "ada", API, override=True))
    tower.take(PlaceSet(BAY, None, "it is another", "ada", API))
    drive_in = DriveInRequested(None, CAR, None, True, "ada", API)
    tower.take(drive_in)
    assert tower.answers[-1].reasons == ("not_out",)
    assert f"towerctl bay set out {CAR}" in (tower.answers[-1].result or {})["text"]
    tower.take(PlaceSet(OUT, CAR, "seen on the street", "ada", API))
    assert tower.answers[-1].ok
    tower.take(drive_in)
    assert tower.answers[-1].ok
    assert (tower.answers[-1].result or {})["vehicle"] == CAR
