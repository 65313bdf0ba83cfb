"""A daemon that is nothing but its API: real server, real socket, a core that says yes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.support.views import view
from towerd.api.core import Extras
from towerd.api.server import ApiServer
from towerd.fsm.commands import Answer
from towerd.fsm.events import Event
from towerd.settings import ApiSettings
from towerd.view import View


@dataclass
class Tower:
    """A core that answers every event at once, unless it is `silent`."""

    path: Path
    settings: ApiSettings
    events: list[Event] = field(default_factory=list)
    silent: bool = False
    refuse: tuple[str, ...] = ()
    shown: View = field(default_factory=view)
    extras: Extras = field(default_factory=Extras)
    server: ApiServer = field(init=False)

    def __post_init__(self) -> None:
        self.server = ApiServer(
            self.settings, self, lambda: self.shown, lambda code: f"mac-of-{code}", self.audit, self.extras
        )

    def post(self, event: Event, attachment: bytes | None = None, done: Callable[[], None] | None = None) -> None:
        self.events.append(event)
        if not self.silent:
            reply = event.reply  # type: ignore[union-attr]
            self.server.answer(Answer(reply, not self.refuse, self.refuse, {"n": len(self.events)}))

    def audit(self, after_seq: int, limit: int) -> list[dict[str, Any]]:
        return [{"audit_seq": seq} for seq in range(after_seq + 1, after_seq + 1 + min(limit, 2))]

    def client(self) -> httpx.AsyncClient:
        # a socket knows no certificates, and to read every authority's takes 20 ms
        transport = httpx.AsyncHTTPTransport(uds=str(self.path), verify=False)
        return httpx.AsyncClient(transport=transport, base_url="http://towerd")


@asynccontextmanager
async def served(path: Path) -> AsyncIterator[Tower]:
    """The daemon, serving at `path` until the end of the block."""
    users = {"ada": "technician", "bob": "operator", "eve": "viewer", "hmi": "viewer"}
    made = Tower(path, ApiSettings(socket=path, users=users, hmi_account="hmi"))
    task = asyncio.create_task(made.server.run())
    async with asyncio.timeout(5):
        await made.server.listening.wait()
    try:
        yield made
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
