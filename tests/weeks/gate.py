"""The way in of a command, whole and real: body, token, selfie, until it is an event. No clock but the tower's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from tests.support.mqtt_kit import NamedCustomers
from tests.support.token_kit import Keys
from towerd.fsm.commands import Answer
from towerd.fsm.events import Event
from towerd.fsm.reply import ReplyTo
from towerd.mqtt.intake import Done, Intake, IntakeParts
from towerd.mqtt.topics import Topics
from towerd.mqtt.wire import Received
from towerd.ports import Enrolment

SECRET = b"s" * 32
SEALED = Enrolment("enrolled", (), b"sealed", "0" * 64)


@dataclass
class Faces:
    """A face worker that says `enrolment` of every selfie; `destroyed` are the keys that it destroyed."""

    enrolment: Enrolment = SEALED
    destroyed: list[str] = field(default_factory=list)

    async def enrol(self, order: str, selfie_jpeg: bytes, *, hurried: bool = False) -> Enrolment:
        return self.enrolment

    def watch(self, orders: dict[str, bytes]) -> None:
        raise AssertionError("the intake watches nobody")

    def challenge(self, track: int) -> None:
        raise AssertionError("the intake asks nobody to turn")

    def destroy_key(self, order: str) -> None:
        self.destroyed.append(order)

    async def run(self) -> None:
        raise AssertionError("the intake does not run the worker")


Posted = tuple[Event, bytes | None, Done]


class _Loop(asyncio.SelectorEventLoop):
    """A loop whose time is another's. What waits on it for time waits for ever, so nothing does."""

    def __init__(self, mono_s: Callable[[], float]) -> None:
        super().__init__()
        self._mono_s = mono_s

    def time(self) -> float:
        return self._mono_s()


@dataclass(frozen=True)
class Around:
    """What the intake asks of the tower: its clocks (`now` None while unsure), whether a token id has been used, and where an
    answer goes that the core never hears of.
    """

    now: Callable[[], datetime | None]
    mono_s: Callable[[], float]
    known: Callable[[str], bool]
    answer: Callable[[Answer], None]


class Gate:
    """`mqtt.intake.Intake` on a loop of its own: a command goes in, the event that it becomes comes out."""

    def __init__(self, names: Topics, keys: Keys, around: Around) -> None:
        self.faces = Faces()
        self.states: list[ReplyTo] = []
        self._loop = _Loop(around.mono_s)
        self._moved = asyncio.Event()
        self._posted: list[Posted] = []
        parts = IntakeParts(
            topics=names,
            key=lambda: keys.tower,
            secret=SECRET,
            issuers=lambda: keys.issuers,
            now=around.now,
            known=around.known,
            inbox=self,
            matcher=self.faces,
            customers=NamedCustomers(),
            digest=lambda payload_sha256, exp_s: payload_sha256,
        )
        self._intake = Intake(parts, self.states.append, around.answer)
        self._task = self._loop.create_task(self._intake.run())

    def post(self, event: Event, attachment: bytes | None = None, done: Done | None = None) -> None:
        assert done is not None
        self._posted.append((event, attachment, done))
        self._moved.set()

    def give(self, received: Received) -> Posted | None:
        """What a command becomes, and what is to be called once that is durable; None where it is answered already."""
        self._loop.run_until_complete(self._give(received))
        return self._posted.pop() if self._posted else None

    async def _give(self, received: Received) -> None:
        self._moved.clear()
        self._intake.receive(received, self._moved.set)
        await self._moved.wait()

    def close(self) -> None:
        """End the process that this belongs to."""
        self._task.cancel()
        self._loop.run_until_complete(asyncio.gather(self._task, return_exceptions=True))
        self._loop.close()
