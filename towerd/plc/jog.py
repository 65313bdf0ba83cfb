"""The JOG block: a fresh token for every word of a key that is held down, and the newest word only (plc-if.md 7.1). Pure."""

from __future__ import annotations

from typing import Final

from towerd.fsm.commands import WriteJog
from towerd.plc.codec import jog_words
from towerd.units import next_seq

FRESH_S: Final = 0.15
"""What waited longer than this for the line says nothing about a key that is held now: it moves nothing any more."""


class JogBlock:
    """What waits to be written to JOG, and the last token."""

    def __init__(self) -> None:
        self._token = 0
        self._waiting: tuple[WriteJog, float] | None = None

    def begin(self, session: int) -> None:
        """Another session, another row of tokens: the PLC may still show one of the last process."""
        self._token = session
        self._waiting = None

    def add(self, command: WriteJog, now_s: float) -> None:
        """Let it wait for the line; what waited before is overtaken."""
        self._waiting = (command, now_s)

    def clear(self) -> None:
        """Forget what was not sent."""
        self._waiting = None

    def next_words(self, now_s: float) -> list[int] | None:
        """The whole block with a new token, or None where nothing waits. A movement that waited too long is dropped."""
        if self._waiting is None:
            return None
        (command, since_s), self._waiting = self._waiting, None
        if command.direction != 0 and now_s - since_s > FRESH_S:
            return None
        self._token = next_seq(self._token)
        values = {
            "token": self._token,
            "axis": command.axis,
            "direction": command.direction,
            "speed_pct": command.speed_pct,
            "step": command.step,
        }
        return jog_words(values, command.session)
