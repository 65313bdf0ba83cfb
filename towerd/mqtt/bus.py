"""The tower on the bus: retained topics, the outbox, answers, and commands coming in (orders-if.md 2 and 3)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from towerd.fsm.commands import Answer, AppendOutbox
from towerd.fsm.events import BusChanged, OutboxAcknowledged
from towerd.fsm.reply import ReplyTo
from towerd.mqtt import topics
from towerd.mqtt.acks import Acknowledgements
from towerd.mqtt.intake import BUSY, Intake, IntakeParts
from towerd.mqtt.outbox import Outbox
from towerd.mqtt.publisher import OFFLINE, Publisher
from towerd.mqtt.state_answers import StateAnswers
from towerd.mqtt.wire import Outgoing, Received, Wire
from towerd.ports import Clock
from towerd.view import View

log = structlog.get_logger(__name__)

TICK_S = 0.1
ACKNOWLEDGE_EVERY_S = 0.2
SWEEP_S = 5.0
"""How long the tower listens for retained orders and loans that it does not know (2.3)."""
RETRY_S = 5.0
"""How long the outbox rests after the broker has refused a message."""
SWEPT = (topics.ORDERS, topics.LOANS)


@dataclass(frozen=True, slots=True)
class BusParts:
    """What the bus works with. `outbox(after_seq, limit)` is the journal's."""

    wire: Wire
    clock: Clock
    outbox: Callable[[int, int], Sequence[AppendOutbox]]
    intake: IntakeParts


def will(names: topics.Topics) -> Outgoing:
    """What the broker publishes when the tower is gone."""
    return Outgoing(names.full(topics.AVAILABILITY), OFFLINE.encode(), topics.AT_LEAST_ONCE, retain=True)


class MqttBus:
    """`ports.Bus`. Nothing here is needed for a delivery: with the broker down, the tower works on."""

    def __init__(self, parts: BusParts) -> None:
        """Nothing is connected before `run`."""
        self._wire, self._clock = parts.wire, parts.clock
        self._inbox, self._names = parts.intake.inbox, parts.intake.topics
        whose = parts.intake.customers.whose
        self._publisher = Publisher(parts.wire, self._names, parts.clock, parts.intake.key, whose)
        self._states = StateAnswers()
        self._outbox = Outbox(parts.outbox, self._publisher.row)
        self._acks = Acknowledgements(parts.wire.acknowledge)
        self._intake = Intake(parts.intake, self._answer_state, self._publisher.answer)
        self._seen = asyncio.Event()
        self._live = False
        self._sweep_until_mono_s: float | None = None
        self._rest_until_mono_s: float | None = None
        self._report: asyncio.TimerHandle | None = None

    def answer(self, answer: Answer) -> None:
        """See `ports.Bus`."""
        self._publisher.answer(answer)

    def show(self, view: View) -> None:
        """See `ports.Bus`."""
        self._publisher.show(view)
        self._seen.set()

    def wake(self) -> None:
        """See `ports.Bus`."""
        if self._live and self._rest_until_mono_s is None:
            self._outbox.pump()

    async def run(self) -> None:
        """See `ports.Bus`. Begins with the first view: payloads carry its boot."""
        await self._seen.wait()
        self._wire.start(self)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._intake.run(), name="mqtt-intake")
                tasks.create_task(self._tick(), name="mqtt-tick")
        finally:
            self._live = False
            if self._report is not None:
                self._report.cancel()
            # the will tells of the tower alone
            self._publisher.text(topics.PLC_AVAILABILITY, OFFLINE)
            await self._wire.stop(will(self._names))

    def on_up(self, generation: int) -> None:
        """See `Listener`."""
        log.info("broker connected", generation=generation)
        self._live = True
        self._acks.clear()
        self._outbox.restart()
        self._rest_until_mono_s = None
        self._sweep_until_mono_s = self._clock.mono_s() + SWEEP_S
        for swept in SWEPT:
            self._wire.subscribe(self._names.full(f"{swept}+"), 0)
        self._wire.subscribe(self._names.full("cmd/+"), topics.AT_LEAST_ONCE)
        self._publisher.begin()
        self.wake()
        self._inbox.post(BusChanged(True))

    def on_down(self, reason: str) -> None:
        """See `Listener`."""
        log.warning("broker gone", reason=reason)
        self._live = False
        self._acks.clear()
        self._inbox.post(BusChanged(False))

    def on_message(self, received: Received) -> None:
        """See `Listener`."""
        relative = self._names.relative(received.topic) or ""
        if relative.startswith("cmd/"):
            self._intake.receive(received, self._acks.expect(received))
        elif (
            relative.startswith(SWEPT) and received.retain and received.payload and not self._publisher.wants(relative)
        ):
            log.info("unknown retained topic cleared", topic=relative)
            self._publisher.text(relative, "")

    def on_published(self, mid: int, reason: str | None) -> None:
        """See `Listener`."""
        if reason is not None:
            log.error("broker refused a message", reason=reason)
            if self._outbox.holds(mid):
                self._outbox.restart()
                self._rest_until_mono_s = self._clock.mono_s() + RETRY_S
        elif self._outbox.published(mid):
            self._report_soon()
            self.wake()

    def _report_soon(self) -> None:
        if self._report is None:
            self._report = asyncio.get_running_loop().call_later(ACKNOWLEDGE_EVERY_S, self._report_now)

    def _report_now(self) -> None:
        self._report = None
        self._inbox.post(OutboxAcknowledged(self._outbox.acknowledged_seq))

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            if self._live:
                self._publisher.flush()
                self._what_is_due(self._clock.mono_s())

    def _what_is_due(self, mono_s: float) -> None:
        if self._sweep_until_mono_s is not None and mono_s >= self._sweep_until_mono_s:
            self._sweep_until_mono_s = None
            for swept in SWEPT:
                self._wire.unsubscribe(self._names.full(f"{swept}+"))
        if self._rest_until_mono_s is not None and mono_s >= self._rest_until_mono_s:
            self._rest_until_mono_s = None
            self.wake()

    def _answer_state(self, reply: ReplyTo, expires_at: datetime) -> None:
        state = self._states.first(reply.req_id, expires_at, self._clock.now(), self._publisher.state)
        if state is None:
            self._publisher.answer(Answer(reply, False, BUSY, None))
        else:
            self._publisher.answer(Answer(reply, True, (), {"state": state}))
