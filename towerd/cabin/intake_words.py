"""What a kiosk says to whoever drives a car in, and to whoever comes next. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from towerd.cabin.intake import IntakeState, Owed

_STATES: Final[dict[IntakeState, str]] = {
    "opening": "Please wait: the door of cabin {n} opens.",
    "waiting": "Drive into cabin {n} until the sign says stop.",
    "positioning": "Correct the position of the car: {why}.",
    "reading": "Please wait: the car is being read.",
    "securing": "Engine off, handbrake on, gear in park, key in the car. Get out, then confirm it here.",
    "clearing": "Leave the cabin with everybody. Then press the button beside its door.",
    "closing": "Please keep clear: the door of cabin {n} closes.",
    "storing": "Thank you: the car is taken in.",
    "turned_away": "The car cannot be taken in: {why}. Please drive it out again.",
    "done": "Thank you: the car is back.",
    "refused": "The car was not taken in: {why}.",
    "expired": "Nobody drove in. Ask again when you are ready.",
    "cancelled": "Driving in was cancelled.",
}
_REASONS: Final[dict[str, str]] = {
    "too_far_forward": "back a little",
    "too_far_back": "forward a little",
    "too_far_left": "back out and come in further right",
    "too_far_right": "back out and come in further left",
    "tag_not_read": "its tag cannot be read",
    "not_measured": "it cannot be measured",
    "too_long": "it is too long",
    "too_wide": "it is too wide",
    "too_high": "it is too high",
    "too_heavy": "it is too heavy",
    "no_room": "no free bay is large enough for it",
    "wrong_tag": "it is another car than the one expected",
    "wrong_length": "its length is not that of the one expected",
    "wrong_mass": "it does not weigh what it should; take out people and loads",
    "expired": "nobody drove in",
    "cancelled": "you have cancelled",
    "vehicle_gone": "it has left the cabin",
}
_WANTED: Final = {
    "odometer_km": "the odometer in km",
    "charge_ratio": "how full the battery is",
    "fuel_ratio": "how full the tank is",
}
_OWED: Final[dict[Owed, str]] = {
    "position": "The car in cabin {n} does not stand right and its driver has gone: call the technician.",
    "answer": "Nobody has confirmed that the car in cabin {n} is secured: look at handbrake and gear, then confirm it here.",
    "button": "Please look into cabin {n}: if nobody is in there, press the button beside its door.",
    "vehicle": "The car in cabin {n} could not be taken in and must be driven out again.",
    "doorway": "Please leave cabin {n} and its doorway: the door has to close.",
}


def advice(number: int, state: IntakeState, reasons: tuple[str, ...]) -> str:
    """What to do next, for the driver of the car in cabin `number`."""
    why = ", ".join(_REASONS.get(reason, reason) for reason in reasons)
    return _STATES[state].format(n=number, why=why)


def question(wanted: Collection[str], *, again: bool) -> str:
    """What the driver is asked to type off the dashboard; `again`: what was typed is missing something, or cannot be."""
    asked = " and ".join(_WANTED[name] for name in wanted)
    return f"Please look again: type {asked}." if again else f"Type {asked}, and whether the car has come to harm."


def plea(number: int, owed: Owed) -> str:
    """What whoever comes to the tower next is asked to do about cabin `number`."""
    return _OWED[owed].format(n=number)
