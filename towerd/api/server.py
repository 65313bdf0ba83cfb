"""The API's server on its Unix socket, in the daemon's own loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from towerd.api.core import ApiCore, Extras
from towerd.api.peer import bind
from towerd.errors import ConfigError
from towerd.fsm.commands import Answer
from towerd.ports import Inbox
from towerd.settings import ApiSettings
from towerd.view import View

if TYPE_CHECKING:
    import uvicorn


def _load(core: ApiCore) -> uvicorn.Server:
    # here and not above: the libraries take most of a second to load, and the tower works meanwhile
    from towerd.api.http import make_server

    return make_server(core)


class ApiServer:
    """The local API. Posts events through the inbox; the engine gives answers of channel "api" to `answer`."""

    def __init__(
        self,
        settings: ApiSettings,
        inbox: Inbox,
        view_of: Callable[[], View],
        mac_of: Callable[[str], str],
        audit_of: Callable[[int, int], Sequence[dict[str, Any]]],
        extras: Extras | None = None,
    ) -> None:
        """`mac_of` hashes a pick-up code; `audit_of` is the journal's `audit`. Nothing is opened before `run`."""
        self._core = ApiCore(settings, inbox, view_of, mac_of, audit_of, extras or Extras())
        self._listener: socket.socket | None = None
        self.listening = asyncio.Event()
        """Set once the socket is served."""

    def answer(self, answer: Answer) -> None:
        """Give an answer to the request that waits for it. Call from the loop's own thread."""
        self._core.answer(answer)

    def reload(self, settings: ApiSettings) -> None:
        """Use another user list from now on."""
        self._core.settings = settings

    def open(self) -> None:
        """Make the socket. Raises ConfigError where that cannot be."""
        settings = self._core.settings
        try:
            self._listener = bind(settings.socket, settings.group)
        except OSError as error:
            raise ConfigError(f"api.socket {settings.socket} cannot be used: {error}") from error

    async def run(self) -> None:
        """Serve until cancelled; the socket is removed then. Raises ConfigError where it cannot be made.

        Whoever connects while the server is still being loaded waits for that long.
        """
        settings = self._core.settings
        if self._listener is None:
            self.open()
        assert self._listener is not None
        listener = self._listener
        self.listening.set()
        try:
            server = await asyncio.to_thread(_load, self._core)
            await self._serve(server, listener)
        finally:
            listener.close()
            settings.socket.unlink(missing_ok=True)

    async def _serve(self, server: uvicorn.Server, listener: socket.socket) -> None:
        serving = asyncio.create_task(server.serve([listener]), name="api")
        try:
            await asyncio.shield(serving)
        finally:
            self._core.closing.set()
            server.should_exit = True
            await serving
