"""What brings a tower to a stand, and what people do about it: one act at a time, on a `Site`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from tests.matrix.technician import Technician
from tests.scenario.standstill import BY, ORDERED, OTHER, Site
from tests.scenario.tower import car
from tests.support.sync_tower import ask_packml, send_token
from towerd.bays.sizes import Size
from towerd.fsm.events import FaultReset
from towerd.fsm.manual_events import BayServiceChanged, ChangesConfirmed, JobCommanded, JobVerb, PlaceSet
from towerd.fsm.moves_events import MoveCancelled
from towerd.places import parse_place


def on_the_way(site: Site) -> None:
    """The ordered car is on the carriage, under way to the cabin."""
    site.order()
    site.until(site.on_the_way, "the car is on the way")


def delivered(site: Site) -> None:
    """The ordered car is put into the cabin."""
    on_the_way(site)
    site.until(lambda: site.where() == "cabin:1", "the car is in the cabin")


def handed_over(site: Site) -> None:
    """The customer sits in the car behind the open door."""
    site.order()
    site.until(lambda: site.state() == "ready", "the car is ready")


def fault(name: str, at: Callable[[Site], None] = on_the_way, **params: object) -> Callable[[Site], None]:
    def stop(site: Site) -> None:
        at(site)
        site.simulator.inject(name, **params)

    return stop


def mended(name: str, **params: object) -> Callable[[Site], None]:
    def cure(site: Site) -> None:
        assert site.simulator.clear(name, **params) == 1

    return cure


def command_job(site: Site, verb: JobVerb, number: int) -> None:
    site.done(lambda reply: JobCommanded(number, verb, BY, reply))


def resumed(site: Site) -> None:
    """As the cure says, word by word."""
    (number,) = {re.findall(r"towerctl job resume (\d+)", row["cure"])[0] for row in site.shown().values()}
    command_job(site, "resume", int(number))


def service(site: Site, place: str, *, disabled: bool) -> None:
    site.done(lambda reply: BayServiceChanged(parse_place(place), disabled, "repair", BY, reply))


def books(site: Site, place: str, vehicle: str | None) -> None:
    site.done(lambda reply: PlaceSet(parse_place(place), vehicle, "looked", BY, reply))


def entered_and_left(site: Site) -> None:
    """Somebody has been in the cabin, and nobody has looked since."""
    on_the_way(site)
    site.simulator.person(1, True)
    site.tower.tick(1.0)
    site.simulator.person(1, False)


def held(site: Site) -> None:
    on_the_way(site)
    command_job(site, "hold", 1)


def cancelled(site: Site) -> None:
    on_the_way(site)
    command_job(site, "cancel", 1)
    site.until(lambda: site.where().startswith("bay"), "the car is back in a bay")


def disabled_before(site: Site) -> None:
    site.tower.order(1, 1)
    service(site, "1-1", disabled=True)
    site.tower.code("o_1", right=True)


def kept(site: Site) -> None:
    """The other car is kept in the only cabin, and a customer waits."""
    site.move("bring", OTHER)
    site.until(lambda: site.where(OTHER) == "cabin:1" and site.at_rest(), "it is in the cabin")
    site.order()


def no_bay_left(site: Site) -> None:
    """A car stands in the cabin, and every bay has been disabled meanwhile."""
    site.move("bring", OTHER)
    site.until(lambda: site.where(OTHER) == "cabin:1" and site.at_rest(), "it is in the cabin")
    for floor in (1, 2, 3):
        for position in (1, 2, 3, 4):
            service(site, f"{floor}-{position}", disabled=True)
    site.done(lambda reply: MoveCancelled(1, BY, reply))


def sized() -> Site:
    """A tower whose bays of class 0 take any car, those of class 1 none that there is."""
    site = Site()
    sizes = tuple(Size(5200, 2000, most, 3000) for most in (9000, 1000))
    site.tower.tower.core = replace(site.tower.tower.core, bay_sizes=sizes)
    return site


def size_class(site: Site, number: int, *bays: tuple[int, int]) -> None:
    """The PLC shows these bays with another class."""
    plant = site.simulator.plant
    for index in (plant.layout.bay_index(*bay) for bay in bays):
        plant.bays[index].size_class = number
        plant.dirty_bays.add(index)
    plant.touch()
    site.tower.tick(0.2)


def no_bay_fits(site: Site) -> None:
    """A car stands in the cabin, and every bay that is free is too low for it."""
    site.move("bring", OTHER)
    site.until(lambda: site.where(OTHER) == "cabin:1" and site.at_rest(), "it is in the cabin")
    size_class(site, 1, *((floor, position) for floor in (1, 2, 3) for position in (1, 2, 3, 4)))
    site.done(lambda reply: MoveCancelled(1, BY, reply))


def larger_bay(site: Site) -> None:
    size_class(site, 0, (3, 4))


def moved_too_low(site: Site) -> None:
    """A car is to go to a bay that turns out to be too low for it."""
    site.move("move", OTHER, "3-1")
    size_class(site, 1, (3, 1))


def moved_elsewhere(site: Site) -> None:
    (number,) = [move.id for move in site.tables.moves.values() if move.open]
    site.done(lambda reply: MoveCancelled(number, BY, reply))
    site.move("move", OTHER, "3-4")


def lost_in_the_books(site: Site) -> None:
    """Somebody has written down the wrong car: where the ordered one stands nobody knows."""
    site.tower.order(1, 1)
    books(site, "1-1", OTHER)
    site.tower.code("o_1", right=True)


def found_again(site: Site) -> None:
    books(site, "2-3", OTHER)
    books(site, "1-1", ORDERED)


def blocked_behind_the_car(site: Site) -> None:
    """The car has left, something stands in the way of the door, and the next customer waits."""
    handed_over(site)
    site.simulator.inject("door_blocked", cabin=1)
    site.until(lambda: site.where() == "out", "the car has left")
    site.order(2)


def somebody_stays(site: Site) -> None:
    """The car has left, and somebody stands in the doorway."""
    handed_over(site)
    site.simulator.inject("curtain_tripped", cabin=1)
    site.until(lambda: site.where() == "out", "the car has left")


def door_seems_open(site: Site) -> None:
    """Somebody has looked into the cabin, and its door does not say that it is closed."""
    on_the_way(site)
    site.simulator.inject("sensor_stuck", sensor="outer_closed", value=0, cabin=1)
    site.tower.tick(1.0)
    site.simulator.press_clear(1)


def put_back_too_large(site: Site) -> None:
    site.move("bring", OTHER)
    site.until(lambda: site.where(OTHER) == "cabin:1" and site.at_rest(), "it is in the cabin")
    site.simulator.inject("vehicle_too_large", cabin=1)
    site.tower.tick(1.0)
    site.move("put_back", OTHER)


def customer_gone(site: Site) -> None:
    """The car comes down, and nobody has been seen for so long that nothing says who is there."""
    site.simulator.inject("tag_unreadable", place="cabin:1")
    delivered(site)
    site.tower.now_s += 400
    site.tower.tick(1.0)
    site.simulator.clear("tag_unreadable", place="cabin:1")


def loaded_by_hand(site: Site) -> None:
    """A car that nobody has written down is put onto the carriage, and a customer waits."""
    site.simulator.place_vehicle(car(99), "carriage")
    site.tower.tick(1.0)
    site.order()


def set_down_by_hand(site: Site) -> None:
    """A car that nobody has written down stands in a bay."""
    site.simulator.place_vehicle(car(99), "bay:3-3")


def looked_into(site: Site) -> None:
    """It is gone again, and a technician says that the bay is empty."""
    site.simulator.place_vehicle(car(99), "gone")
    site.tower.tick(1.0)
    assert "place_unknown" in site.shown()
    books(site, "3-3", None)


def unloaded(site: Site) -> None:
    """A car that is in no book is put away; the customer's comes down."""
    site.move("put_back", "carriage")
    site.until(site.completed, "the visit is over")
    site.simulator.place_vehicle(car(99), "gone")


def curtain_in_an_open_doorway(site: Site) -> None:
    """Somebody has forced the outer door, and stands in it; a technician has looked and reset the fault."""
    on_the_way(site)
    site.simulator.curtain(1, True)
    site.simulator.inject("door_by_hand", door="outer", cabin=1)
    site.until(lambda: "TWR-3103" in site.shown(), "the door is missed")
    reset(site, 3103)


def doorway_freed(site: Site) -> None:
    """As the cure says; then nobody has looked into the cabin since."""
    site.simulator.curtain(1, False)
    site.until(lambda: "cabin_not_clear" in site.shown(), "the door is closed")
    site.simulator.press_clear(1)


def reset(site: Site, number: int) -> None:
    site.done(lambda reply: FaultReset(number, BY, reply))


def helped(site: Site) -> None:
    """A technician does what is shown, and mends what is named, until nothing is in the way."""
    technician = Technician(site.tower)
    for _ in range(8):
        if not site.why()["obstacles"]:
            break
        technician.help()
        site.tower.tick(2.0)
    site.simulator.press_clear(1)


def estop_released(site: Site) -> None:
    fault("estop")(site)
    site.tower.tick(1.0)
    mended("estop")(site)


def packml(command: str) -> Callable[[Site], None]:
    def stop(site: Site) -> None:
        on_the_way(site)
        ask_packml(site.tower, command)

    return stop


def gate_open_before(site: Site) -> None:
    """The machine stands when a customer comes."""
    site.simulator.inject("gate_open")
    site.tower.tick(1.0)
    site.order()


def reset_only(site: Site) -> None:
    """Stopped, and reset by somebody who then goes away."""
    packml("stop")(site)
    site.until(lambda: "packml_stopped" in site.shown(), "it is stopped")
    ask_packml(site.tower, "reset")


def keyed(position: int) -> Callable[[Site], None]:
    def stop(site: Site) -> None:
        on_the_way(site)
        site.simulator.set_key(position)

    return stop


def key_back(site: Site) -> None:
    site.simulator.set_key(1)
    site.tower.tick(1.0)
    helped(site)


def changed_by_hand(site: Site) -> None:
    """While the key is away from Auto, somebody puts a car into another bay."""
    site.order()
    site.simulator.set_key(3)
    site.tower.tick(1.0)
    site.simulator.place_vehicle(car(42), "bay:3-3")
    site.tower.tick(1.0)
    site.simulator.set_key(1)


def confirmed(site: Site) -> None:
    books(site, "3-3", OTHER)
    site.done(lambda reply: ChangesConfirmed(BY, reply))
    helped(site)


def mqtt_held(site: Site) -> None:
    on_the_way(site)
    assert send_token(site.tower, "hold").ok


def mqtt_resumed(site: Site) -> None:
    assert send_token(site.tower, "resume").ok
    helped(site)


def put_away(site: Site) -> bool:
    return site.where(OTHER).startswith("bay") and site.at_rest()
