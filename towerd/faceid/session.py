"""One worker's life, from its start to its end: requests, heartbeat, the gallery it is fed, and what it reports."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable

from towerd.faceid.config import FaceConfig
from towerd.faceid.liveness import PROMPT, SIDES
from towerd.faceid.process import WorkerProcess
from towerd.faceid.wire import Message, WireError, looked_scores
from towerd.fsm.events import FaceLooked
from towerd.fsm.face_events import FaceChallenged, FaceEvent, FacesAlike

_LOG = logging.getLogger(__name__)
_CROWDED_S = 0.3
"""How long after a selfie that others waited behind the next is expected."""
_FED_EVERY_S = 1.0
"""An order is fed so often however many selfies come."""


class Watched:
    """The orders to compare with (id -> ciphertext), and whether they have changed. Outlives the workers."""

    def __init__(self) -> None:
        self.orders: dict[str, bytes] = {}
        self.changed = asyncio.Event()

    def replace(self, orders: dict[str, bytes]) -> None:
        """These from now on."""
        self.orders = dict(orders)
        self.changed.set()

    def drop(self, order: str) -> None:
        """All but this."""
        if self.orders.pop(order, None) is not None:
            self.changed.set()

    def differs(self, sent: dict[str, bytes]) -> str | None:
        """An order that a worker who was told `sent` does not know as it is now; what is to go comes first."""
        gone = next((order for order in sent if order not in self.orders), None)
        if gone is not None:
            return gone
        return next((order for order, sealed in self.orders.items() if sent.get(order) != sealed), None)


class WorkerSession:
    """Talks to one worker. `on_look` and `on_camera` (good, reason) are called with what it reports."""

    def __init__(
        self,
        process: WorkerProcess,
        watched: Watched,
        on_look: Callable[[FaceLooked | FaceEvent], None],
        on_camera: Callable[[bool, str], None],
    ) -> None:
        self._process = process
        self._watched = watched
        self._on_look = on_look
        self._on_camera = on_camera
        self._waiting: dict[int, asyncio.Future[Message]] = {}
        self._numbers = itertools.count(1)
        self._ended = False
        self._crowded_until_s = float("-inf")

    @property
    def pid(self) -> int:
        """The worker's process id."""
        return self._process.pid

    async def ask(self, header: dict[str, object], body: bytes = b"") -> Message:
        """The answer to a request. Raises ConnectionError where the worker ends before, WireError for what is too large."""
        if self._ended:
            raise ConnectionResetError("the face worker is gone")
        number = next(self._numbers)
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            self._process.send(Message(header | {"id": number}, body))
            return await future
        finally:
            self._waiting.pop(number, None)

    def selfies_first(self) -> None:
        """Selfies wait in a row, and each is owed an answer within a second: whoever is watched anew waits for them."""
        self._crowded_until_s = asyncio.get_running_loop().time() + _CROWDED_S

    async def _let_selfies_pass(self) -> None:
        loop = asyncio.get_running_loop()
        last_s = loop.time() + _FED_EVERY_S
        # each selfie that comes moves the end on, so it is looked at again
        while (left_s := min(last_s, self._crowded_until_s) - loop.time()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(left_s)

    def challenge(self, track: int) -> None:
        """Have the face of that track asked to turn; what comes of it is reported. Never waits."""
        self._process.send(Message({"op": "challenge", "track": track}))

    async def run(self, config: FaceConfig) -> str:
        """Until the worker ends or hangs; why. It is gone afterwards, and whoever waits for an answer is told."""
        tasks = {
            asyncio.create_task(self._beat(config), name="face worker heartbeat"),
            asyncio.create_task(self._feed(), name="face worker gallery"),
            asyncio.create_task(self._read(), name="face worker reader"),
        }
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            return done.pop().result()
        finally:
            self._ended = True
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(ConnectionResetError("the face worker is gone"))
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._process.kill()

    async def _beat(self, config: FaceConfig) -> str:
        while True:
            try:
                # not wait_for: on Python 3.11 it may swallow a cancellation
                async with asyncio.timeout(config.hang_limit_s):
                    await self.ask({"op": "ping"})
            except TimeoutError:
                return "worker_hung"
            await asyncio.sleep(config.ping_s)

    async def _feed(self) -> str:
        """Bring the worker's gallery to what is watched, one order at a time: a new worker begins with none.

        Each is answered before the next is sent, so that neither side holds the ciphertexts of all orders in buffers. A vector
        that is still to be made takes longer than a selfie's answer: selfies go first.
        """
        sent: dict[str, bytes] = {}
        while True:
            order = self._watched.differs(sent)
            if order in self._watched.orders:
                await self._let_selfies_pass()
                order = self._watched.differs(sent)
            if order is None:
                self._watched.changed.clear()
                await self._watched.changed.wait()
                continue
            sealed = self._watched.orders.get(order)
            try:
                if sealed is None:
                    del sent[order]
                    await self.ask({"op": "unwatch", "order": order})
                else:
                    sent[order] = sealed
                    self._tell_alike(order, await self.ask({"op": "watch", "order": order}, sealed))
            except WireError as error:
                _LOG.warning("the face of order %s cannot be compared: %s", order, error)

    def _tell_alike(self, order: str, answer: Message) -> None:
        others = answer.header.get("alike")
        if isinstance(others, list) and others:
            self._on_look(FacesAlike(order, tuple(map(str, others))))

    async def _read(self) -> str:
        while True:
            try:
                message = await self._process.receive()
            except (EOFError, OSError):
                return "worker_died"
            except WireError:
                return "worker_speaks_nonsense"
            try:
                report = self._understand(message)
            except WireError:
                return "worker_speaks_nonsense"
            if report is not None:
                self._on_look(report)

    def _understand(self, message: Message) -> FaceLooked | FaceChallenged | None:
        """Raises WireError for what no worker of this version says."""
        match message.op:
            case "looked":
                return _look(message)
            case "challenged":
                return _challenged(message)
            case "camera":
                self._on_camera(message.header.get("good") is True, str(message.header.get("reason")))
            case _:
                self._take_answer(message)
        return None

    def _take_answer(self, message: Message) -> None:
        number = message.header.get("id")
        if not isinstance(number, int):
            raise WireError(f"{message.op} answers nothing")
        if message.op == "unreadable":
            why = message.header.get("reason")
            _LOG.warning("the face of order %s cannot be compared: %s", message.header.get("order"), why)
        future = self._waiting.get(number)
        if future is not None and not future.done():
            future.set_result(message)


def _look(message: Message) -> FaceLooked:
    header = message.header
    try:
        return FaceLooked(str(header["engine"]), int(header["track"]), looked_scores(message), str(header["liveness"]))
    except (KeyError, TypeError, ValueError) as error:
        raise WireError("looked: something is missing") from error


def _challenged(message: Message) -> FaceChallenged:
    header = message.header
    outcome, ask, order = header.get("outcome"), header.get("ask"), tuple(header.get("order", ()))
    if outcome not in ("asking", "passed", "failed") or ask not in PROMPT or not set(order) <= set(SIDES):
        raise WireError("challenged: what is asked is unknown")
    try:
        track, made = int(header["track"]), int(header["made"])
    except (KeyError, TypeError, ValueError) as error:
        raise WireError("challenged: something is missing") from error
    return FaceChallenged(track, outcome, ask, made, order, str(header.get("reason", "")))
