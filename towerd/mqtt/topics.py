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
ORDERS = "order/"
LOANS = "loan/"


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
