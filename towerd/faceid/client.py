"""The daemon's side of the face worker: starts it, asks it, replaces it. Implements the port FaceMatcher.

Nothing here waits longer than its limit, and nothing it is asked raises: where the worker does not answer, a selfie is
`unavailable` and the order goes on with the code (orders-if.md 4.5).
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import logging
import time
from collections.abc import Collection

from towerd.faceid.config import SELFIE_MAX_BYTES, FaceConfig
from towerd.faceid.process import WorkerProcess, WorkerStartError
from towerd.faceid.vault import Vault
from towerd.faceid.wire import Message, WireError, looked_scores
from towerd.fsm.events import FaceHealthChanged, FaceLooked
from towerd.ports import Enrolment, Inbox

_LOG = logging.getLogger(__name__)
_SETTLED_S = 60.0
_UNAVAILABLE = Enrolment("unavailable")


class FaceClient:
    """The face worker as the daemon sees it. `run` must be running for it to serve."""

    def __init__(self, inbox: Inbox, config: FaceConfig) -> None:
        self._inbox = inbox
        self._config = config
        self._process: WorkerProcess | None = None
        self._watched: dict[str, bytes] = {}
        self._changed = asyncio.Event()
        self._waiting: dict[int, asyncio.Future[Message]] = {}
        self._numbers = itertools.count(1)
        self._doomed: set[str] = set()
        self._destroying: set[asyncio.Task[None]] = set()
        self._health: tuple[bool, str] | None = None

    # what the engine asks

    async def enrol(self, order: str, selfie_jpeg: bytes) -> Enrolment:
        """Check and seal a selfie, within `enrol_limit_s`. Never raises; a dead or slow worker is `unavailable`.

        `sha256` is of the ciphertext: nothing that is kept is derived from the face itself.
        """
        if len(selfie_jpeg) > SELFIE_MAX_BYTES:
            return Enrolment("refused", ("selfie_bad_image",))
        try:
            until_s = time.monotonic() + self._config.enrol_limit_s
            header = {"op": "enrol", "order": order, "until_mono_s": until_s}
            answer = await asyncio.wait_for(self._ask(header, selfie_jpeg), self._config.enrol_limit_s)
        except (TimeoutError, OSError, WireError):
            return _UNAVAILABLE
        if answer.op == "enrolled":
            return Enrolment("enrolled", (), answer.body, hashlib.sha256(answer.body).hexdigest())
        if answer.op == "refused":
            return Enrolment("refused", tuple(map(str, answer.header["reasons"])))
        return _UNAVAILABLE

    def watch(self, orders: dict[str, bytes]) -> None:
        """Compare who is in view with these orders from now on; only what changed is sent. Never blocks, never raises."""
        self._watched = dict(orders)
        self._changed.set()

    def destroy_key(self, order: str) -> None:
        """Destroy the order's key, in a thread; tried again every second where the disk refuses. Never raises.

        The daemon does it itself, so that it is done without a worker too; the key is overwritten, never read.
        """
        if self._watched.pop(order, None) is not None:
            self._changed.set()
        if order not in self._doomed:
            self._doomed.add(order)
            task = asyncio.get_running_loop().create_task(self._destroy(order), name="destroy a face key")
            self._destroying.add(task)
            task.add_done_callback(self._destroying.discard)

    async def sweep_keys(self, known: Collection[str]) -> int:
        """At the start: destroy keys of orders other than `known` (7.1: also if the tower was off); how many. Raises OSError."""
        return await asyncio.to_thread(self._vault().sweep, known)

    async def run(self) -> None:
        """Keep a worker alive until cancelled. Ends it, and finishes what is to be destroyed, on the way out."""
        try:
            if self._config.camera_source is None:
                self._set_health(False, "no_camera")
                await asyncio.Event().wait()
            await self._keep_alive()
        finally:
            await self._finish_destroying()

    @property
    def worker_pid(self) -> int | None:
        """The process id of the worker that serves now."""
        return None if self._process is None else self._process.pid

    # keys

    def _vault(self) -> Vault:
        return Vault(self._config.keys_dir, self._config.tower)

    async def _destroy(self, order: str) -> None:
        while True:
            try:
                await asyncio.to_thread(lambda: self._vault().destroy(order))
            except OSError as error:
                _LOG.error("a face key could not be destroyed: %s; trying again", error.strerror)
                await asyncio.sleep(1.0)
                continue
            self._doomed.discard(order)
            return

    async def _finish_destroying(self) -> None:
        if self._destroying:
            _, late = await asyncio.wait(set(self._destroying), timeout=1.0)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    # the worker's life

    async def _keep_alive(self) -> None:
        loop = asyncio.get_running_loop()
        pause_s = self._config.backoff_first_s
        while True:
            begin_s = loop.time()
            try:
                why = await self._serve()
            except WorkerStartError as error:
                why = str(error)
            except OSError as error:
                why = f"worker_lost: {error.strerror}"
            _LOG.warning("face worker: %s; the next one starts in %.1f s", why, pause_s)
            self._set_health(False, why)
            await asyncio.sleep(pause_s)
            settled = loop.time() - begin_s > _SETTLED_S
            pause_s = self._config.backoff_first_s if settled else min(self._config.backoff_max_s, pause_s * 2)

    async def _serve(self) -> str:
        """One worker's life; why it ended."""
        if self._health is None:
            self._set_health(False, "worker_starting")
        process = self._process = await WorkerProcess.start(self._config)
        tasks = {
            asyncio.create_task(self._beat(), name="face worker heartbeat"),
            asyncio.create_task(self._feed(), name="face worker gallery"),
            asyncio.create_task(self._read(process), name="face worker reader"),
        }
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            return done.pop().result()
        finally:
            self._forget()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await process.kill()

    def _forget(self) -> None:
        self._process = None
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(ConnectionResetError("the face worker is gone"))
        self._waiting.clear()

    async def _beat(self) -> str:
        while True:
            try:
                await asyncio.wait_for(self._ask({"op": "ping"}), self._config.hang_limit_s)
            except TimeoutError:
                return "worker_hung"
            except OSError:
                return "worker_died"
            await asyncio.sleep(self._config.ping_s)

    async def _feed(self) -> str:
        """Bring the worker's gallery to what is watched, one order at a time: a new worker begins with none.

        Each is answered before the next is sent, so that neither side holds the ciphertexts of all orders in buffers.
        """
        sent: dict[str, bytes] = {}
        while True:
            order = self._out_of_date(sent)
            if order is None:
                self._changed.clear()
                await self._changed.wait()
                continue
            sealed = self._watched.get(order)
            try:
                if sealed is None:
                    del sent[order]
                    await self._ask({"op": "unwatch", "order": order})
                else:
                    sent[order] = sealed
                    await self._ask({"op": "watch", "order": order}, sealed)
            except WireError as error:
                _LOG.warning("the face of order %s cannot be compared: %s", order, error)
            except OSError:
                return "worker_died"

    def _out_of_date(self, sent: dict[str, bytes]) -> str | None:
        gone = next((order for order in sent if order not in self._watched), None)
        if gone is not None:
            return gone
        return next((order for order, sealed in self._watched.items() if sent.get(order) != sealed), None)

    async def _read(self, process: WorkerProcess) -> str:
        try:
            while True:
                self._take(await process.receive())
        except (EOFError, OSError):
            return "worker_died"
        except (WireError, KeyError, TypeError):
            return "worker_speaks_nonsense"

    # what is said

    async def _ask(self, header: dict[str, object], body: bytes = b"") -> Message:
        """The answer to a request. Raises ConnectionError without a worker."""
        if self._process is None:
            raise ConnectionResetError("no face worker runs")
        number = next(self._numbers)
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            self._process.send(Message(header | {"id": number}, body))
            return await future
        finally:
            self._waiting.pop(number, None)

    def _take(self, message: Message) -> None:
        header = message.header
        match message.op:
            case "looked":
                scores = looked_scores(message)
                look = FaceLooked(str(header["engine"]), int(header["track"]), scores, str(header["liveness"]))
                self._inbox.post(look)
            case "camera":
                self._set_health(bool(header["good"]), str(header["reason"]))
            case _:
                if message.op == "unreadable":
                    _LOG.warning("the face of order %s cannot be compared: %s", header["order"], header["reason"])
                future = self._waiting.get(int(header["id"]))
                if future is not None and not future.done():
                    future.set_result(message)

    def _set_health(self, available: bool, reason: str) -> None:
        if (available, reason) != self._health:
            self._health = (available, reason)
            self._inbox.post(FaceHealthChanged(available, reason))
