"""The towers that the shop serves, each over a connection of its own."""

from __future__ import annotations

import fcntl
import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Protocol

from simulator.event_session import EventSession
from simulator.platform import Platform
from simulator.shop.config import ShopConfig, TowerConfig
from simulator.shop.model import ShopError, Tower
from simulator.tower_link import OUTBOX, Answer, Where


class Line(Protocol):
    """What the shop needs of its connection to a tower: a `Platform`, or a test's own."""

    def open(self) -> None:
        """Connect as soon as it can be."""

    def close(self) -> None:
        """Disconnect."""

    def follow(self, show: Callable[[str, bytes], None]) -> None:
        """Call `show` with every message."""

    def reachable(self) -> bool:
        """Whether what the tower says is to be believed."""

    def held(self, name: str) -> Any:
        """The newest value of a topic, or None."""

    def topics(self, below: str) -> dict[str, Any]:
        """The newest values of the topics that begin so."""

    def seal(self, claims: Mapping[str, Any]) -> str:
        """A token."""

    def ask(self, verb: str, req_id: str, token: str | None, within_s: float) -> Answer | None:
        """A command, once; its answer, or None."""


def hold(folder: Path) -> IO[str]:
    """The open file that keeps other shops out of a folder: two would take the broker's sessions from each other.

    Raises ShopError where there is one already, OSError.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    held = (folder / "lock").open("a", encoding="ascii")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        held.close()
        raise ShopError(f"another shop runs on {folder}: end it, or name another folder") from error
    return held


def session_name(folder: Path, tower: str) -> str:
    """The name under which the broker keeps a tower's events for this shop: the same after every start."""
    path = folder / "session"
    if not path.exists():
        path.write_text(secrets.token_hex(6), encoding="ascii")
    return f"shop{path.read_text(encoding='ascii')}-{tower}"


class PlatformLine(Platform):
    """A tower over the broker: one connection for what is there now and for commands, a session for its events."""

    def __init__(self, folder: Path, where: Where, session: str) -> None:
        """Raises OSError."""
        super().__init__(folder, where)
        self._shows: list[Callable[[str, bytes], None]] = []
        self._events = EventSession(where, session, self._tell)
        super().follow(lambda topic, payload: None if topic in OUTBOX else self._tell(topic, payload))

    def _tell(self, topic: str, payload: bytes) -> None:
        for show in self._shows:
            show(topic, payload)

    def follow(self, show: Callable[[str, bytes], None]) -> None:
        """See `Line`."""
        self._shows.append(show)

    def open(self) -> None:
        """See `Line`."""
        super().open()
        self._events.open()

    def close(self) -> None:
        """See `Line`."""
        self._events.close()
        super().close()


def platform_line(config: ShopConfig, tower: str) -> Line:
    """A tower over the broker. Raises OSError."""
    return PlatformLine(config.folder / "keys", config.where(tower), session_name(config.folder, tower))


class Towers:
    """All towers of the shop."""

    def __init__(self, towers: Iterable[TowerConfig], make: Callable[[str], Line]) -> None:
        """`make` makes the line to a tower of that id."""
        self.configs = {one.tower: one for one in towers}
        self.lines = {tower: make(tower) for tower in self.configs}

    def line(self, tower: str) -> Line:
        """The line to a tower. Raises ShopError where the shop has no such tower."""
        if tower not in self.lines:
            raise ShopError(f"The shop has no tower {tower}.")
        return self.lines[tower]

    def name(self, tower: str) -> str:
        """What people call it."""
        return self.configs[tower].name if tower in self.configs else tower

    def reachable(self) -> list[str]:
        """The towers whose word counts now."""
        return [tower for tower, line in self.lines.items() if line.reachable()]

    def view(self, tower: str) -> Tower:
        """A tower as people are shown it."""
        config, line = self.configs[tower], self.line(tower)
        state = line.held("state") or {}
        there = line.reachable()
        return Tower(
            tower,
            config.name,
            config.position,
            there,
            there and bool(state["can_deliver"]),
            tuple(state["why_not"]) if there else (),
            bool(state.get("simulated", False)),
            datetime.fromisoformat(state["at"]) if state else None,
        )

    def open(self, heard: Callable[[str, str, bytes], None]) -> None:
        """Connect to all; `heard` is called with tower, topic and payload of every message."""
        for tower, line in self.lines.items():
            line.follow(lambda topic, payload, tower=tower: heard(tower, topic, payload))  # type: ignore[misc]
            line.open()

    def close(self) -> None:
        """Disconnect from all."""
        for line in self.lines.values():
            line.close()
