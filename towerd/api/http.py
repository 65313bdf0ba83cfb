"""HTTP on the socket: uvicorn in the daemon's own loop. Loading it takes longer than all else, so `server` loads it late."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from towerd.api.core import ApiCore
from towerd.api.peer import peer_of
from towerd.api.routes import make_app

_CLOSE_LIMIT_S: Final = 2


class PeerProtocol(H11Protocol):
    """HTTP whose scope says in `state["peer"]` who is speaking."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Ask the kernel before the first byte is read."""
        super().connection_made(transport)
        peer = peer_of(transport.get_extra_info("socket"))
        self.app_state = {**self.app_state, "peer": peer}


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to the daemon."""
        yield


def make_server(core: ApiCore) -> uvicorn.Server:
    """A server for the routes; `serve([listener])` serves until `should_exit`."""
    config = uvicorn.Config(
        make_app(core),
        http=PeerProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_CLOSE_LIMIT_S,
        h11_max_incomplete_event_size=64 * 1024,
    )
    return _Server(config)
