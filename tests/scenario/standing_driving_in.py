"""What drivers do and leave undone when they bring a car back: one act at a time, on a `Site`."""

from __future__ import annotations

from dataclasses import replace

from simulator.driver import TOO_FAR_BACK, Driver
from tests.scenario.standing_acts import handed_over
from tests.scenario.standstill import Site
from tests.scenario.tower import READ, car
from towerd.fsm.intake_events import CarSecured, DriveInCancelled, DriveInRequested
from towerd.orders.rules import ReleaseRules


def door_open_for_a_return(site: Site) -> Driver:
    """The customer has driven off, comes again, and the door is open for the car."""
    site.order()
    site.until(site.completed, "the visit is over")
    driver = Driver(site.simulator.plant, 1)
    number = site.tables.loans["o_1"].number
    site.done(lambda reply: DriveInRequested(number, None, 1, False, "kiosk", reply))
    site.until(lambda: driver.door_open, "the door is open")
    return driver


def nobody_drives_in(site: Site) -> None:
    door_open_for_a_return(site)


def driven_in(site: Site) -> None:
    Driver(site.simulator.plant, 1).drive_in(car(7))


def brought_back(site: Site) -> Driver:
    """The car stands right, its driver at the wheel."""
    driver = door_open_for_a_return(site)
    driver.drive_in(car(7))
    site.until(lambda: "drive_in_securing" in site.shown(), "it stands right")
    return driver


def left_unsecured(site: Site) -> None:
    brought_back(site).get_out()


def secured(site: Site) -> None:
    site.done(lambda reply: CarSecured(1, "kiosk", reply, READ))


def ruled() -> Site:
    """A tower that releases returned cars by rule."""
    site = Site()
    core = site.tower.tower.core
    site.tower.tower.core = replace(core, rules=replace(core.rules, release=ReleaseRules(by_rule=True, photos=False)))
    return site


def back_with_damage(site: Site) -> None:
    driver = brought_back(site)
    site.done(lambda reply: CarSecured(1, "kiosk", reply, READ, damage=True))
    driver.get_out()
    site.tower.tick(1.0)
    driver.press()


def button_forgotten(site: Site) -> None:
    driver = brought_back(site)
    secured(site)
    driver.get_out()


def too_far_back(site: Site) -> Driver:
    """The car stands wrong, its driver at the wheel."""
    driver = door_open_for_a_return(site)
    driver.drive_in(car(7), TOO_FAR_BACK)
    return driver


def left_too_far_back(site: Site) -> None:
    driver = too_far_back(site)
    site.until(lambda: "drive_in_positioning" in site.shown(), "it stands wrong")
    driver.get_out()


def corrected(site: Site) -> None:
    driver = Driver(site.simulator.plant, 1)
    driver.come_back()
    driver.correct()


def another_car(site: Site) -> Driver:
    """Another car comes than the one that is out."""
    driver = door_open_for_a_return(site)
    driver.drive_in(car(99))
    site.until(lambda: "drive_in_turned_away" in site.shown(), "it is turned away")
    return driver


def another_car_left(site: Site) -> None:
    another_car(site).get_out()


def followed(site: Site) -> None:
    """A car rolls into the cabin behind a customer, before the door has closed."""
    handed_over(site)
    site.simulator.drive_off(1)
    site.until(lambda: site.where() == "out", "the car has left")
    Driver(site.simulator.plant, 1).drive_in(car(99))


def driven_out(site: Site) -> None:
    Driver(site.simulator.plant, 1).drive_out()
    del site.simulator.plant.gone[car(99).tag]


def somebody_in_the_doorway(site: Site) -> None:
    """Driving in is given up, and the door cannot close."""
    door_open_for_a_return(site)
    site.simulator.inject("curtain_tripped", cabin=1)
    site.tower.tick(0.5)
    site.done(lambda reply: DriveInCancelled(1, "kiosk", reply))
