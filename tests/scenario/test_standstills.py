"""Whatever stands still says why and what to do, and goes on once that has been done: each standstill that why can name."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import pytest

from simulator.config import Actors
from tests.scenario.standing_acts import (
    blocked_behind_the_car,
    cancelled,
    changed_by_hand,
    confirmed,
    curtain_in_an_open_doorway,
    customer_gone,
    delivered,
    disabled_before,
    door_seems_open,
    doorway_freed,
    entered_and_left,
    estop_released,
    fault,
    found_again,
    gate_open_before,
    handed_over,
    held,
    helped,
    kept,
    key_back,
    keyed,
    larger_bay,
    loaded_by_hand,
    looked_into,
    lost_in_the_books,
    mended,
    moved_elsewhere,
    moved_too_low,
    mqtt_held,
    mqtt_resumed,
    no_bay_fits,
    no_bay_left,
    packml,
    put_away,
    put_back_too_large,
    reset_only,
    resumed,
    service,
    set_down_by_hand,
    sized,
    somebody_stays,
    unloaded,
)
from tests.scenario.standing_driving_in import (
    another_car,
    another_car_left,
    back_with_damage,
    brought_back,
    button_forgotten,
    corrected,
    driven_in,
    driven_out,
    followed,
    left_too_far_back,
    left_unsecured,
    nobody_drives_in,
    ruled,
    secured,
    somebody_in_the_doorway,
    too_far_back,
)
from tests.scenario.standstill import BY, ORDERED, OTHER, Site
from towerd.cabin.intake import IntakeState, Owed
from towerd.fsm import obstacles
from towerd.fsm.manual_events import ConditionSet

FSM = Path(obstacles.__file__).parent
CUSTOMER = "customer"
PATIENT = Actors(auto_drive_off=False)
STAYS_S = 8.0
"""How long nothing may move before the cure."""


@dataclass(frozen=True)
class Standstill:
    """`stop` brings it about; then `code` is shown with `says` in its cure; `cure` does that; `over` comes of it."""

    code: str
    says: str
    stop: Callable[[Site], None]
    cure: Callable[[Site], None]
    over: Callable[[Site], bool] = Site.completed
    asks: str = "help"
    site: Callable[[], Site] = Site

    def __str__(self) -> str:
        return self.code


def at(stage: str) -> Callable[[Site], bool]:
    """Driving in has come to that."""
    return lambda site: site.tables.intakes[1].state == stage


def back_in_a_bay(site: Site) -> bool:
    return site.where().startswith("bay") and site.at_rest()


def pressed(site: Site) -> None:
    site.simulator.press_clear(1)


WAITING = [
    Standstill("cabin_not_clear", "press the button", entered_and_left, lambda site: site.simulator.press_clear(1)),
    Standstill("outer_door_not_closed", "Free its doorway", curtain_in_an_open_doorway, doorway_freed),
    Standstill(
        "doorway_blocked", "free the doorway", fault("doorway_blocked", cabin=1), mended("doorway_blocked", cabin=1)
    ),
    Standstill("vehicle_misplaced", "by hand", fault("load_off_centre"), mended("load_off_centre")),
    Standstill("vehicle_too_large", "sticks out", put_back_too_large, mended("vehicle_too_large", cabin=1), put_away),
    Standstill(
        "place_sensors_disagree",
        "Look at car and place",
        fault("sensors_disagree", cabin=1),
        mended("sensors_disagree", cabin=1),
    ),
    Standstill(
        "no_vehicle_in_cabin",
        "Look at car and place",
        fault("sensors_disagree", delivered, cabin=1),
        mended("sensors_disagree", cabin=1),
    ),
    Standstill(
        "tag_not_read",
        "tag reader",
        fault("tag_unreadable", place="cabin:1"),
        mended("tag_unreadable", place="cabin:1"),
    ),
    Standstill(
        "bay_disabled",
        "towerctl bay enable 1-1",
        disabled_before,
        lambda site: service(site, "1-1", disabled=False),
    ),
    Standstill(
        "bay_out_of_service",
        "Enable it at the panel",
        fault("bay_disabled", Site.order, bay="1-1"),
        mended("bay_disabled", bay="1-1"),
    ),
    Standstill(
        "no_free_bay", "towerctl bay enable", no_bay_left, lambda site: service(site, "3-4", disabled=False), put_away
    ),
    Standstill("no_bay_fits", "Free a larger bay", no_bay_fits, larger_bay, put_away, site=sized),
    Standstill("bay_too_small", "towerctl cancel-move", moved_too_low, moved_elsewhere, put_away, site=sized),
    Standstill("no_free_cabin", f"towerctl put-back {OTHER}", kept, lambda site: site.move("put_back", OTHER)),
    Standstill("vehicle_unknown", f"towerctl bay set PLACE {ORDERED}", lost_in_the_books, found_again),
    Standstill("place_unknown", "towerctl bay set 3-3", set_down_by_hand, looked_into, Site.at_rest),
    Standstill("carriage_unrecorded", "towerctl put-back carriage", loaded_by_hand, unloaded),
    Standstill(
        "inspection_due",
        f"towerctl stock condition {ORDERED} available",
        back_with_damage,
        lambda site: site.done(lambda reply: ConditionSet(ORDERED, "available", (), "looked at it", BY, reply)),
        back_in_a_bay,
        site=ruled,
    ),
    Standstill("job_held", "towerctl job resume 1", held, resumed),
    Standstill("job_cancelled", "towerctl job resume 1", cancelled, resumed),
    Standstill("machine_stopped", "Remove the cause", gate_open_before, helped),
    Standstill(
        "TWR-4001",
        "Free the doorway",
        blocked_behind_the_car,
        mended("door_blocked", cabin=1),
        lambda site: site.completed(2),
    ),
    Standstill(
        "customer_awaited",
        "number and code",
        customer_gone,
        lambda site: site.tower.code("o_1", right=True),
        asks=CUSTOMER,
    ),
    Standstill(
        "kept_in_cabin",
        f"towerctl put-back {OTHER}",
        kept,
        lambda site: site.move("put_back", OTHER),
        asks=CUSTOMER,
    ),
    Standstill(
        "drive_out",
        "Drive it out",
        handed_over,
        lambda site: site.simulator.drive_off(1),
        asks=CUSTOMER,
        site=lambda: Site(actors=PATIENT),
    ),
    Standstill(
        "leave_cabin",
        "Leave it",
        somebody_stays,
        mended("curtain_tripped", cabin=1),
        asks=CUSTOMER,
    ),
    Standstill(
        "another_car_followed",
        "Drive it out again",
        followed,
        driven_out,
        asks=CUSTOMER,
        site=lambda: Site(actors=PATIENT),
    ),
]
DRIVING_IN = [
    Standstill("drive_in_waiting", "Drive into cabin 1", nobody_drives_in, driven_in, at("securing"), CUSTOMER),
    Standstill("drive_in_positioning", "forward a little", too_far_back, corrected, at("securing"), CUSTOMER),
    Standstill("drive_in_securing", "confirm it here", brought_back, secured, at("clearing"), CUSTOMER),
    Standstill("drive_in_clearing", "press the button", button_forgotten, pressed, back_in_a_bay, CUSTOMER),
    Standstill("drive_in_turned_away", "drive it out again", another_car, driven_out, at("refused"), CUSTOMER),
    Standstill("position_owed", "call the technician", left_too_far_back, corrected, at("securing")),
    Standstill("answer_owed", "confirm it here", left_unsecured, secured, at("clearing")),
    Standstill("button_owed", "press the button", button_forgotten, pressed, back_in_a_bay),
    Standstill("vehicle_owed", "must be driven out", another_car_left, driven_out, at("refused")),
    Standstill(
        "doorway_owed",
        "the door has to close",
        somebody_in_the_doorway,
        mended("curtain_tripped", cabin=1),
        at("cancelled"),
    ),
]
OBSTACLES = [
    Standstill("estop", "Release the button", fault("estop"), helped),
    Standstill("fire", "fire brigade", fault("fire"), helped),
    Standstill("gate_open", "Close the gates", fault("gate_open"), helped),
    Standstill("shaft_not_clear", "Look into the shaft", fault("shaft_person"), helped),
    Standstill("reset_required", "Press the reset button", estop_released, helped),
    Standstill("drives_off", "Follow the alarms", fault("estop"), helped),
    Standstill("plc_lost", "Check the PLC", fault("plc_off"), helped),
    Standstill("PLC-008", "drive", fault("drive_fault", axis="lift"), helped),
    Standstill("TWR-2002", "towerctl reset 2002", door_seems_open, helped),
    Standstill("packml_held", "towerctl packml unhold", packml("hold"), helped),
    Standstill("packml_stopped", "towerctl packml start", packml("stop"), helped),
    Standstill("packml_aborted", "towerctl packml clear", packml("abort"), helped),
    Standstill("packml_idle", "towerctl packml start", reset_only, helped),
    Standstill("key_off", "turn the key", keyed(0), key_back),
    Standstill("key_manual", "To work by hand first: towerctl goto", keyed(2), key_back),
    Standstill("key_maintenance", "to work by hand, to Manual", keyed(3), key_back),
    Standstill("changes_unconfirmed", "towerctl confirm-changes", changed_by_hand, confirmed),
    Standstill("mqtt_hold", "sends resume", mqtt_held, mqtt_resumed),
]
ASKING = set(get_args(IntakeState)) - {
    "opening",
    "reading",
    "closing",
    "storing",
    "done",
    "refused",
    "expired",
    "cancelled",
}
"""Stages of driving in that somebody has to bring to an end."""
PASSING = {"carriage_awaited", "machine_works", "cabin_changed", "inner_door_open"}
"""What nobody has to do anything about."""
ELSEWHERE = {"vehicle_wanted"}
"""Only between two requests that cross: tests/unit/test_fsm_waiting.py."""


@pytest.mark.parametrize("case", [*WAITING, *DRIVING_IN, *OBSTACLES], ids=str)
def test_what_stands_says_what_for_and_goes_on(case: Standstill) -> None:
    site = case.site()
    case.stop(site)
    site.until(lambda: case.code in site.shown(), f"why says {case.code}", 60.0)
    site.until(lambda: site.still(STAYS_S), "nothing moves", 60.0)
    row = site.shown()[case.code]
    assert case.says in row["cure"]
    assert row["text"]
    if case in OBSTACLES:
        assert row["since_at"]
        assert not site.why()["can_deliver"]
    else:
        assert row["asks"] == case.asks
        assert site.why()["needs_help"] or case.asks == "customer"
    case.cure(site)
    site.until(lambda: case.over(site), "it goes on")
    assert case.code not in site.shown()
    site.check()


def test_every_standstill_has_its_scenario() -> None:
    named = {code for path in FSM.glob("waiting*.py") for code in re.findall(r'Words\(\s*"(\w+)"', path.read_text())}
    assert named - PASSING - ELSEWHERE == {case.code for case in WAITING} & named
    asked = {f"{owed}_owed" for owed in get_args(Owed)} | {f"drive_in_{state}" for state in ASKING}
    assert asked == {case.code for case in DRIVING_IN}
    told = {code for path in FSM.glob("*.py") for code in re.findall(r'Obstacle\(\s*"(\w+)"', path.read_text())}
    told |= {code for *_bit, code, _text, _cure in obstacles._SAFETY}
    assert told - {"reconciling", "stopping"} <= {case.code for case in OBSTACLES}
