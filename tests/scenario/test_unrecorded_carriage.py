"""A carriage that carries a car which is not in the books: fault 3003, nothing else is fetched, and the ways out of it."""

from __future__ import annotations

from tests.scenario.standing_acts import books, reset
from tests.scenario.standstill import ORDERED, OTHER, Site
from tests.scenario.tower import car
from towerd.faults import BAY_CHANGED, FAULTS, INVENTORY_DISAGREES
from towerd.fsm.inventory import is_unknown
from towerd.places import CARRIAGE, bay, parse_place

STRANGER = car(99)


def raised(site: Site) -> str:
    """The fault is there, it says what of, and it does not stop the machine."""
    fault = site.tables.faults[INVENTORY_DISAGREES]
    assert not FAULTS[INVENTORY_DISAGREES].stops
    assert is_unknown(site.tables, CARRIAGE)
    assert site.why()["can_deliver"]
    assert site.shown()["TWR-3003"]["asks"] == "help"
    return str(fault.cause)


def test_a_stranger_on_the_carriage_keeps_it_until_it_is_put_away() -> None:
    site = Site()
    site.simulator.place_vehicle(STRANGER, "carriage")
    site.until(lambda: INVENTORY_DISAGREES in site.tables.faults, "the fault is raised")
    assert raised(site) == "carriage shows occupied without a record"
    site.order()
    assert site.still(20.0), "no command touches it, and nothing else is fetched with it"
    assert site.state() == "identified"
    # the reset says that somebody has looked; the carriage stays in doubt until its car is known, or gone
    reset(site, INVENTORY_DISAGREES)
    assert site.still(10.0)
    assert is_unknown(site.tables, CARRIAGE)
    assert "put-back carriage" in site.shown()["carriage_unrecorded"]["cure"]
    site.move("put_back", "carriage")
    site.until(site.completed, "the customer has got the car")
    # its tag is of no vehicle of this tower's: the bay it went to is touched by nothing
    place = site.tower.tower.truth()["v_0099"]
    assert is_unknown(site.tables, parse_place(place.removeprefix("bay:")))
    assert not is_unknown(site.tables, CARRIAGE)
    assert list(site.tables.vehicles) == [OTHER, ORDERED]
    site.simulator.place_vehicle(STRANGER, "gone")
    site.check()


def test_a_car_of_the_tower_is_written_down_where_it_is() -> None:
    site = Site()
    site.simulator.place_vehicle(car(42), "carriage")
    site.until(lambda: {BAY_CHANGED, INVENTORY_DISAGREES} <= set(site.tables.faults), "both places are missed")
    assert site.tables.faults[INVENTORY_DISAGREES].cause == "carriage shows occupied without a record"
    assert site.where(OTHER) == "unknown"
    site.order()
    assert site.still(10.0)
    books(site, "carriage", OTHER)
    books(site, "2-3", None)
    for number in (BAY_CHANGED, INVENTORY_DISAGREES):
        reset(site, number)
    site.until(site.completed, "the customer has got the other car")
    assert site.where(OTHER).startswith("bay:")
    assert site.tables.faults == {}
    assert not any(is_unknown(site.tables, place) for place in (CARRIAGE, bay(2, 3)))
    site.check()


def test_a_carriage_that_is_empty_again_is_known_again() -> None:
    site = Site()
    site.simulator.place_vehicle(STRANGER, "carriage")
    site.until(lambda: INVENTORY_DISAGREES in site.tables.faults, "the fault is raised")
    site.simulator.place_vehicle(STRANGER, "gone")
    site.order()
    site.until(site.completed, "the customer has got the car")
    assert not is_unknown(site.tables, CARRIAGE)
    assert INVENTORY_DISAGREES in site.tables.faults, "what was seen stays until somebody has looked"
    reset(site, INVENTORY_DISAGREES)
    site.check()


def test_the_same_doubt_is_one_fault() -> None:
    site = Site()
    site.simulator.place_vehicle(STRANGER, "carriage")
    site.until(lambda: INVENTORY_DISAGREES in site.tables.faults, "the fault is raised")
    since_at = site.tables.faults[INVENTORY_DISAGREES].since_at
    site.tower.start()
    site.until(lambda: "TWR-3003" in site.shown(), "it is shown in the next life too")
    site.tower.tick(5.0)
    assert site.tables.faults[INVENTORY_DISAGREES].since_at == since_at
    reset(site, INVENTORY_DISAGREES)
    site.tower.tick(5.0)
    assert site.tables.faults == {}, "reset once, it does not come again while the same doubt stands"
    site.simulator.place_vehicle(STRANGER, "gone")
    site.check()
