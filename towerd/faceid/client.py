"""The daemon's side of the face worker: starts it, asks it, replaces it. Implements the port FaceMatcher.

Nothing here waits longer than its limit, and nothing it is asked raises: where the worker does not answer, a selfie is
`unavailable` and the order goes on with the code (orders-if.md 4.5).
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Collection

from towerd.faceid.config import SELFIE_MAX_BYTES, FaceConfig
from towerd.faceid.process import WorkerProcess, WorkerStartError
from towerd.faceid.session import Watched, WorkerSession
from towerd.faceid.wire import WireError
from towerd.fsm.events import FaceHealthChanged
from towerd.keyfiles import KeyDestroyer, KeyFiles
from towerd.ports import Enrolment, Inbox

_LOG = logging.getLogger(__name__)
_SETTLED_S = 60.0
_PREVIEW_EVERY_S, _PREVIEW_LIMIT_S = 0.1, 1.0
_UNAVAILABLE = Enrolment("unavailable")


class FaceClient:
    """The face worker as the daemon sees it. `run` must be running for it to serve."""

    def __init__(self, inbox: Inbox, config: FaceConfig) -> None:
        self._inbox = inbox
        self._config = config
        self._session: WorkerSession | None = None
        self._watched = Watched()
        self._keys = KeyDestroyer(KeyFiles(config.keys_dir))
        self._health: tuple[bool, str] | None = None
        self._picture: bytes | None = None
        self._pictured_mono_s = float("-inf")

    async def enrol(self, order: str, selfie_jpeg: bytes, *, hurried: bool = False) -> Enrolment:
        """Check and seal a selfie, within `enrol_limit_s`. Never raises; a dead or slow worker is `unavailable`, and so is
        a worker whose camera is gone: no face is stored that nobody can be compared with (4.5).

        `sha256` is of the ciphertext: nothing that is kept is derived from the face itself. `hurried`: its vector is made
        once the order is watched, and the gallery is fed slowly meanwhile.
        """
        if len(selfie_jpeg) > SELFIE_MAX_BYTES:
            return Enrolment("refused", ("selfie_bad_image",))
        if self._session is None or self._health is None or not self._health[0]:
            return _UNAVAILABLE
        until_mono_s = time.monotonic() + self._config.enrol_limit_s
        header = {"op": "enrol", "order": order, "until_mono_s": until_mono_s, "hurried": hurried}
        if hurried:
            self._session.selfies_first()
        try:
            async with asyncio.timeout(self._config.enrol_limit_s):
                answer = await self._session.ask(header, selfie_jpeg)
        except (TimeoutError, OSError, WireError):
            return _UNAVAILABLE
        if answer.op == "enrolled":
            return Enrolment("enrolled", (), answer.body, hashlib.sha256(answer.body).hexdigest())
        if answer.op == "refused":
            return Enrolment("refused", tuple(map(str, answer.header.get("reasons", ()))))
        return _UNAVAILABLE

    def watch(self, orders: dict[str, bytes]) -> None:
        """Compare who is in view with these orders from now on; only what changed is sent. Never blocks, never raises."""
        self._watched.replace(orders)

    def challenge(self, track: int) -> None:
        """Ask the face of that track to turn. Without a worker nobody is asked: that it is gone is told anyhow."""
        if self._session is not None:
            self._session.challenge(track)

    async def preview(self) -> bytes | None:
        """The camera's newest picture as JPEG, for a screen; None without one. Made when asked for, at most ten times a
        second, and kept no longer.
        """
        now_s = asyncio.get_running_loop().time()
        if self._session is None or self._health is None or not self._health[0]:
            return None
        if now_s - self._pictured_mono_s < _PREVIEW_EVERY_S:
            return self._picture
        self._pictured_mono_s = now_s
        try:
            async with asyncio.timeout(_PREVIEW_LIMIT_S):
                answer = await self._session.ask({"op": "preview"})
        except (TimeoutError, OSError, WireError):
            return None
        self._picture = answer.body or None
        asyncio.get_running_loop().call_later(_PREVIEW_EVERY_S, self._forget_picture)
        return self._picture

    def _forget_picture(self) -> None:
        self._picture = None

    def destroy_key(self, order: str) -> None:
        """Destroy the order's key, with or without a worker, and compare with it no more. Never blocks, never raises."""
        self._watched.drop(order)
        self._keys.destroy(order)

    async def sweep_keys(self, known: Collection[str]) -> int:
        """At the start: destroy keys of orders other than `known` (7.1: also if the tower was off); how many. Raises OSError."""
        return await self._keys.sweep(known)

    async def run(self) -> None:
        """Keep a worker alive until cancelled. Ends it, and finishes what is to be destroyed, on the way out."""
        try:
            if self._config.camera_source is None or self._config.withheld is not None:
                self._set_health(False, self._config.withheld or "no_camera")
                await asyncio.Event().wait()
            await self._keep_alive()
        finally:
            await self._keys.finish()

    @property
    def worker_pid(self) -> int | None:
        """The process id of the worker that serves now."""
        return None if self._session is None else self._session.pid

    async def _keep_alive(self) -> None:
        loop = asyncio.get_running_loop()
        pause_s = self._config.backoff_first_s
        self._set_health(False, "worker_starting")
        while True:
            begin_s = loop.time()
            try:
                why = await self._serve()
            except WorkerStartError as error:
                why = str(error)
            except OSError as error:
                why = f"worker_lost: {error.strerror}"
            if loop.time() - begin_s > _SETTLED_S:
                pause_s = self._config.backoff_first_s
            _LOG.warning("face worker: %s; the next one starts in %.1f s", why, pause_s)
            self._set_health(False, why)
            await asyncio.sleep(pause_s)
            pause_s = min(self._config.backoff_max_s, pause_s * 2)

    async def _serve(self) -> str:
        """One worker's life; why it ended."""
        process = await WorkerProcess.start(self._config)
        self._session = WorkerSession(process, self._watched, self._inbox.post, self._set_health)
        try:
            return await self._session.run(self._config)
        finally:
            self._session = None

    def _set_health(self, available: bool, reason: str) -> None:
        if (available, reason) != self._health:
            self._health = (available, reason)
            self._inbox.post(FaceHealthChanged(available, reason))
