"""The API's server: uvicorn on a Unix socket, in the daemon's own loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import uvicorn

from towerd.api.core import ApiCore
from towerd.api.peer import PeerProtocol, bind
from towerd.api.routes import make_app
from towerd.fsm.commands import Answer
from towerd.ports import Inbox
from towerd.settings import ApiSettings
from towerd.view import View

_CLOSE_LIMIT_S: Final = 2


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to the daemon."""
        yield


class ApiServer:
    """The local API. Posts events through the inbox; the engine gives answers of channel "api" to `answer`."""

    def __init__(
        self,
        settings: ApiSettings,
        inbox: Inbox,
        view_of: Callable[[], View],
        mac_of: Callable[[str], str],
        audit_of: Callable[[int, int], Sequence[dict[str, Any]]],
    ) -> None:
        """`mac_of` hashes a pick-up code; `audit_of` is the journal's `audit`. Nothing is opened before `run`."""
        self._core = ApiCore(settings, inbox, view_of, mac_of, audit_of)
        self.listening = asyncio.Event()
        """Set once the socket is there."""

    def answer(self, answer: Answer) -> None:
        """Give an answer to the request that waits for it. Call from the loop's own thread."""
        self._core.answer(answer)

    def reload(self, settings: ApiSettings) -> None:
        """Use another user list from now on."""
        self._core.settings = settings

    async def run(self) -> None:
        """Serve until cancelled; the socket is removed then. Raises OSError where it cannot be made."""
        settings = self._core.settings
        listener = bind(settings.socket, settings.group)
        self.listening.set()
        config = uvicorn.Config(
            make_app(self._core),
            http=PeerProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=_CLOSE_LIMIT_S,
            h11_max_incomplete_event_size=64 * 1024,
        )
        server = _Server(config)
        serving = asyncio.create_task(server.serve([listener]), name="api")
        try:
            await asyncio.shield(serving)
        finally:
            self._core.closing.set()
            server.should_exit = True
            await serving
            settings.socket.unlink(missing_ok=True)
