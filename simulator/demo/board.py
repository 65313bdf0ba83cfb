"""What the demo knows at this moment: fed by MQTT and the API, read by the story and the picture."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from simulator.demo.processes import DemoError

Event = dict[str, Any]
_CHECK_EVERY_S = 0.2


@dataclass(slots=True)
class Board:
    """The newest of everything. Every method may be called from any thread."""

    topics: dict[str, Any] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    status: dict[str, Any] | None = None
    messages: int = 0
    camera: str = "nobody"
    chapter: str = "starting"
    on_line: Callable[[str], None] = lambda _line: None
    _news: threading.Condition = field(default_factory=threading.Condition)

    def heard(self, topic: str, payload: bytes) -> None:
        """Take a message of the tower in; `topic` below the tower's prefix."""
        content: Any = json.loads(payload) if payload.startswith(b"{") else payload.decode()
        with self._news:
            self.messages += 1
            if topic in ("event", "alarm/event"):
                self.events.append(content)
            elif payload:
                self.topics[topic] = content
            else:
                self.topics.pop(topic, None)
            self._news.notify_all()
        if topic in ("event", "alarm/event"):
            self.on_line(event_text(content))

    def seen(self, status: dict[str, Any]) -> None:
        """Take the API's status in."""
        with self._news:
            self.status = status
            self._news.notify_all()

    def tell(self, chapter: str) -> None:
        """Begin a chapter of the story."""
        self.chapter = chapter
        self.on_line(chapter)

    def show(self, who: str) -> None:
        """Somebody else stands before the camera."""
        self.camera = who
        self.on_line(f"before the camera: {who}")

    @property
    def simulated(self) -> bool:
        """What the tower's payloads say of it; until it has spoken with a PLC, what the demo knows anyway."""
        return bool(self.topics["state"]["simulated"]) if self.topics.get("plc/availability") == "online" else True

    def order_is(self, order: str, state: str) -> bool:
        """Whether the order's own topic shows that state."""
        shown = self.topics.get(f"order/{order}")
        return shown is not None and shown["state"] == state

    def find(self, kind: str, order: str | None = None, after: int = 0) -> Event | None:
        """The first event of a kind (of an order), from place `after` on."""
        for event in self.events[after:]:
            if event.get("type") == kind and order in (None, event["order"]):
                return event
        return None

    def wait(
        self, what: str, reached: Callable[[], Any], within_s: float, check: Callable[[], None] = lambda: None
    ) -> Any:
        """Wait until `reached` gives something, and give that. `check` may raise. Raises DemoError after `within_s`."""
        ends_s = time.monotonic() + within_s
        while time.monotonic() < ends_s:
            with self._news:
                found = reached()
                if not found:
                    self._news.wait(_CHECK_EVERY_S)
            if found:
                return found
            check()
        raise DemoError(f"{what}: not within {within_s:g} s. {self.why()}")

    def why(self) -> str:
        """What the tower says it does and waits for."""
        status = self.status
        if status is None:
            return "The tower has shown nothing yet."
        doing = status["activity"]
        waits = status["extra"].get("doing")
        blocked = "; ".join(f"{one['text']} ({one['cure']})" for one in status["obstacles"])
        parts = (doing["what"], doing["step"], waits and f"for: {waits}", blocked and f"in the way: {blocked}")
        return "It says: " + ", ".join(part for part in parts if part) + "."


_TEXTS = {
    "order_accepted": "order accepted: {vehicle}",
    "order_arrived": "the customer is at the tower",
    "order_identified": "customer identified by {by} (liveness: {liveness})",
    "order_delivering": "{vehicle} comes from {from} to cabin {cabin}",
    "order_ready": "outer door open: {motion_s} s of motion, mechanical minimum {minimum_s} s",
    "order_handed_over": "{make} {model} has left with its customer",
    "order_completed": "cabin empty and closed: order completed",
    "loan_out": "loan of {vehicle} begins",
    "look_failed": "face refused: {outcome}, {why} (liveness: {liveness})",
    "mode_changed": "machine {packml}",
    "vehicle_stocked_in": "stock taken over",
}


class _Open(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


def event_text(event: Event) -> str:
    """One event as a line for people."""
    if "type" not in event:
        return f"alarm {event['code']} {event['what']}"
    text = _TEXTS.get(event["type"])
    return text.format_map(_Open(event["data"])) if text else f"{event['type']} {json.dumps(event['data'])}"
