"""Topic names (orders-if.md 2). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
AVAILABILITY = "availability"
PLC_AVAILABILITY = "plc/availability"
KEY = "key"
STATE = "state"
CATALOGUE = "catalogue"
LIFT = "lift"
ALARMS = "alarm/active"
ALARM_EVENT = "alarm/event"
EVENT = "event"
ORDERS = "order/"
LOANS = "loan/"
AT_MOST_ONCE, AT_LEAST_ONCE = 0, 1


@dataclass(frozen=True, slots=True)
class Channel:
    """Topics of one kind, relative to the tower, with their parameters in braces. `name`: also that of the schema."""

    name: str
    topic: str
    retained: bool = True
    qos: int = AT_LEAST_ONCE


CHANNELS = (
    Channel("availability", AVAILABILITY),
    Channel("plc_availability", PLC_AVAILABILITY),
    Channel("key", KEY),
    Channel("state", STATE),
    Channel("catalogue", CATALOGUE),
    Channel("lift", LIFT, qos=AT_MOST_ONCE),
    Channel("cabin", "cabin/{n}", qos=AT_MOST_ONCE),
    Channel("bay", "bay/{floor}-{position}", qos=AT_MOST_ONCE),
    Channel("order", ORDERS + "{id}"),
    Channel("loan", LOANS + "{id}"),
    Channel("alarm_active", ALARMS),
    Channel("alarm_event", ALARM_EVENT, retained=False),
    Channel("event", EVENT, retained=False),
    Channel("answer", "rsp/{name}", retained=False),
)
"""What the tower publishes (2)."""
_BY_START = {channel.topic.partition("{")[0]: channel for channel in CHANNELS}


def channel_of(relative: str) -> Channel:
    """The channel of a topic that the tower publishes on. Raises KeyError where it is none."""
    found = _BY_START.get(relative)
    return found if found is not None else _BY_START[relative.partition("/")[0] + "/"]


def cabin(number: int) -> str:
    """The topic of a cabin."""
    return f"cabin/{number}"


def bay(place: str) -> str:
    """The topic of a bay; `place` as 3-4."""
    return f"bay/{place}"


def order(order_id: str) -> str:
    """The topic of an order."""
    return ORDERS + order_id


def loan(loan_id: str) -> str:
    """The topic of a loan."""
    return LOANS + loan_id


@dataclass(frozen=True, slots=True)
class Topics:
    """The names of one tower's topics. Inside towerd they are relative; `full` is what the broker sees."""

    root: str
    tower: str

    def full(self, relative: str) -> str:
        """The whole topic."""
        return f"{self.root}/v1/{self.tower}/{relative}"

    def relative(self, full: str) -> str | None:
        """The topic below this tower's prefix, or None where it is another's."""
        prefix = self.full("")
        return full[len(prefix) :] if full.startswith(prefix) else None

    def verb(self, full: str) -> str | None:
        """The verb of a command topic."""
        relative = self.relative(full) or ""
        verb = relative.removeprefix("cmd/")
        return verb if relative.startswith("cmd/") and ID.fullmatch(verb) else None

    def answer_topic(self, response_topic: str | None, reply_to: str | None) -> str | None:
        """Where an answer goes: the response topic if it is one of ours, else `reply_to`, else nowhere (3.2)."""
        relative = self.relative(response_topic or "") or ""
        if relative.startswith("rsp/") and ID.fullmatch(relative.removeprefix("rsp/")):
            return self.full(relative)
        return self.full(f"rsp/{reply_to}") if reply_to and ID.fullmatch(reply_to) else None
