"""What one life of the process has on the bus: connection, publisher, outbox, intake, as `mqtt.bus` ties them together."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from tests.weeks.gate import Around, Gate
from tests.weeks.line import BrokerWire
from towerd.fsm import events as ev
from towerd.fsm.commands import Answer
from towerd.fsm.show import build_view
from towerd.fsm.turn import Turn
from towerd.mqtt import topics
from towerd.mqtt.bus import will
from towerd.mqtt.outbox import Outbox
from towerd.mqtt.publisher import Publisher

if TYPE_CHECKING:
    from tests.weeks.tower import WeekTower

SHOW_EVERY_S = 2.0
"""Fewer pictures than the bus shows; each is the newest."""


class Life:
    """From one start of the process to its end."""

    def __init__(self, tower: WeekTower) -> None:
        self._tower = tower
        self.wire = BrokerWire(tower.broker)
        self.publisher = Publisher(self.wire, tower.names, tower, lambda: tower.keys.tower, str)
        self.outbox = Outbox(tower.journal.messages, self.publisher.row)
        self.gate = Gate(
            tower.names, tower.keys, Around(self._believed, tower.mono_s, self._known, self.publisher.answer)
        )
        self.dirty, self._shown_s = True, 0.0

    def _believed(self) -> datetime | None:
        return self._tower.now() if self._tower.clock_sure else None

    def _known(self, token_id: str) -> bool:
        tables = self._tower.state.tables
        return token_id in tables.orders or token_id in tables.loans or f"jti:{token_id}" in tables.answers

    def connect(self) -> None:
        """The connection comes up; commands that wait are delivered."""
        if not self._tower.broker.up or self.wire.live:
            return
        self.wire.live = True
        self.outbox.restart()
        self.publisher.begin()
        for relative in [one for one in self._tower.broker.retained if one.startswith((topics.ORDERS, topics.LOANS))]:
            if not self.publisher.wants(relative):
                self.publisher.text(relative, "")
        self._tower.take(ev.BusChanged(True))
        self.deliver()

    def disconnect(self) -> None:
        """The connection is gone, and the broker tells the world."""
        if self.wire.live:
            self.wire.live = False
            self.wire.acknowledged.clear()
            self._tower.broker.route(will(self._tower.names))
            self._tower.take(ev.BusChanged(False))

    def pump(self) -> None:
        """Send what the outbox has."""
        if not self.wire.live:
            return
        self.outbox.pump()
        while self.wire.acknowledged:
            self.outbox.published(self.wire.acknowledged.pop(0))
            self.outbox.pump()

    def after_a_while(self) -> None:
        """What the bus does beside: show what has changed, and say what the broker has."""
        if self.dirty and self._tower.now_s - self._shown_s >= SHOW_EVERY_S:
            self.show()
        if self.outbox.acknowledged_seq > self._tower.state.tables.meta.outbox_done_seq:
            self._tower.take(ev.OutboxAcknowledged(self.outbox.acknowledged_seq))

    def deliver(self) -> None:
        """Take what waits at the broker; what is not acknowledged waits on."""
        waiting = self._tower.broker.waiting
        while waiting and self.wire.live:
            posted = self.gate.give(waiting[0])
            if posted is not None:
                event, _attachment, done = posted
                self._tower.take(event)
                if self._tower.life is not self:
                    return
                done()
            waiting.pop(0)

    def show(self) -> None:
        """Publish what of the retained topics has changed."""
        self.dirty, self._shown_s = False, self._tower.now_s
        tower = self._tower
        turn = Turn(tower.state, ev.Stamped(tower.now(), tower.now_s, ev.TimerExpired("view")), tower.tower.core)
        self.publisher.show(build_view(tower.state, tower.tower.core, turn))
        self.publisher.flush()

    def answer(self, answer: Answer) -> None:
        """Answer who asked over MQTT."""
        self.publisher.answer(answer)

    def close(self) -> None:
        """The process ends."""
        self.disconnect()
        self.gate.close()
