"""What is waited for, in words: one table of texts and cures for all that jobs, gates and the planner wait for. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

Asks = Literal["help", "customer", "machine"]


@dataclass(frozen=True, slots=True)
class Words:
    """A code, what is the matter, what to do about it, and who is asked."""

    code: str
    text: str
    cure: str
    asks: Asks = "help"


_BUTTON = "Look into cabin {n}: with nobody in it, press the button outside beside its door."
_CAR_PLACE = "Look at car and place. Correct the books: towerctl bay set PLACE VEHICLE --reason …"
_WORDS: Final[dict[str, Words]] = {
    "cabinN_not_clear": Words("cabin_not_clear", "Nobody has confirmed that cabin {n} is empty of people", _BUTTON),
    "outer_doorN_not_closed": Words(
        "outer_door_not_closed", "The outer door of cabin {n} is not closed", "Free its doorway and leave the cabin."
    ),
    "doorwayN_blocked": Words(
        "doorway_blocked",
        "Something stands in the inner doorway of cabin {n}",
        "Look into cabin {n}; free the doorway.",
    ),
    "vehicle_misplaced": Words(
        "vehicle_misplaced",
        "The car does not stand right, or the sensors of the carriage disagree",
        "Look at the car and at the sensors of the carriage. Put it right by hand, with the key at Manual.",
    ),
    "vehicle_too_large": Words(
        "vehicle_too_large", "The car is too large for the tower", "Look at what sticks out of it; drive it out again."
    ),
    "place_sensors_disagree": Words(
        "place_sensors_disagree", "Sensors of the place or the carriage do not show what they should", _CAR_PLACE
    ),
    "bay_too_small": Words(
        "bay_too_small",
        "The bay is too small for the car, or of a size class that the settings do not name",
        "towerctl cancel-move, then towerctl move to another; machine.bay_sizes in the settings says what each class takes.",
    ),
    "bay_disabled": Words(
        "bay_disabled",
        "A technician has disabled the bay",
        "towerctl bay show lists it; towerctl bay enable BAY --reason …",
    ),
    "bay_out_of_service": Words(
        "bay_out_of_service",
        "The bay is disabled at the PLC's panel, or faulty",
        "Look at the bay; enable it at the PLC's panel.",
    ),
    "no vehicle in the cabin": Words("no_vehicle_in_cabin", "The sensors of the cabin show no car", _CAR_PLACE),
    "the vehicle's tag is not read": Words(
        "tag_not_read", "The tag of the car is not read", "Look at the car's tag and the cabin's tag reader."
    ),
    "the cabin was entered or left since the tag was read": Words(
        "cabin_changed", "Somebody has entered or left the cabin", "It passes by itself.", "machine"
    ),
    "the inner door is not closed": Words(
        "inner_door_open", "The inner door is not closed", "It passes by itself.", "machine"
    ),
    "the customer is not identified": Words(
        "customer_awaited",
        "The car is there, its customer is asked to identify",
        "Face, or number and code.",
        "customer",
    ),
}


def words_for(why: str) -> Words:
    """The words for a reason of a job or a gate; one that has none passes by itself."""
    number = next(iter(re.findall(r"\d+", why)), "")
    known = _WORDS.get(re.sub(r"\d+", "N", why))
    if known is None:
        return Words("machine_works", f"The machine works: {why}", "It passes by itself.", "machine")
    return Words(known.code, known.text.format(n=number), known.cure.format(n=number), known.asks)
