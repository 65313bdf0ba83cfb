"""The newest value of each retained topic, and when it is to be published again (orders-if.md 2, 2.2). Pure.

What changed leaves at once; a countdown alone every few seconds; the lift twice a second at most; `state` in any case
before the 60 s of the contract have passed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from towerd.mqtt import topics
from towerd.mqtt.payloads import Body

COUNTDOWNS = frozenset({"remaining_s", "ready_in_s", "overdue_s"})
COUNTDOWN_EVERY_S = 5.0
LOAN_EVERY_S = 60.0
"""A loan may be overdue for days."""
LIFT_EVERY_S = 0.5
STATE_EVERY_S = 30.0


def settled(value: Any) -> Any:
    """`value` without what counts down."""
    if isinstance(value, dict):
        return {name: settled(inner) for name, inner in value.items() if name not in COUNTDOWNS}
    if isinstance(value, list):
        return [settled(inner) for inner in value]
    return value


@dataclass(slots=True)
class Retained:
    """What the broker holds, as far as this connection has told it."""

    sent: dict[str, tuple[Body, Any, float]] = field(default_factory=dict)
    """By topic: what was published, the same without what counts down, and when."""

    def forget(self) -> None:
        """A new connection: everything is to be published again."""
        self.sent.clear()

    def _due(self, topic: str, body: Body, mono_s: float) -> bool:
        if topic not in self.sent:
            return True
        before, before_settled, sent_mono_s = self.sent[topic]
        age_s = mono_s - sent_mono_s
        if topic == topics.STATE and age_s >= STATE_EVERY_S:
            return True
        if before is body or before == body:
            return False
        if topic == topics.LIFT:
            return age_s >= LIFT_EVERY_S
        every_s = LOAN_EVERY_S if topic.startswith(topics.LOANS) else COUNTDOWN_EVERY_S
        return age_s >= every_s or before_settled != settled(body)

    def due(self, wanted: Mapping[str, Body], mono_s: float) -> list[tuple[str, Body | None]]:
        """Topics to publish now with their bodies; None removes one. They count as sent once `note` has been told."""
        gone: list[tuple[str, Body | None]] = [(topic, None) for topic in self.sent if topic not in wanted]
        return gone + [(topic, body) for topic, body in wanted.items() if self._due(topic, body, mono_s)]

    def note(self, topic: str, body: Body | None, mono_s: float) -> None:
        """`topic` has been handed to the connection."""
        if body is None:
            self.sent.pop(topic, None)
        else:
            self.sent[topic] = (body, settled(body), mono_s)
