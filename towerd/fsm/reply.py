"""Where answers go: of its own, so that events of every area can carry it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class ReplyTo:
    """Where an answer goes. `channel` picks the port, `address` is the port's own (a topic; an API request)."""

    channel: Literal["mqtt", "api", "none"]
    address: str = ""
    correlation: str = ""
    req_id: str = ""


NOWHERE = ReplyTo("none")
