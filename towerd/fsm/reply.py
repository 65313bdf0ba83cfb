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


@dataclass(frozen=True, slots=True)
class JogStep:
    """A single jog step whose end somebody waits for (plc-if.md 7.2). `way`, `before` and `seen` are raw positions of the
    axis: how far, where it stood, where it stood at the last look, and since when it stands there.
    """

    axis: int
    way: int
    before: int
    seen: int
    since_mono_s: float
    session: int
    reply: ReplyTo
