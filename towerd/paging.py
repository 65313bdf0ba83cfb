"""Reaching people when the core asks for it: a command of the site's own, or a webhook, in a process with a time limit.

One mechanism: a webhook is a command too, `webhook.py`, so that nothing of it can hang in the daemon. The command gets
the message as JSON on its standard input, runs without a shell and without the daemon's environment, and succeeds with 0.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from towerd.fsm.alarm_events import PageEnded
from towerd.fsm.commands import Page
from towerd.ports import Inbox
from towerd.settings_paging import PagingSettings

log = structlog.get_logger(__name__)

AT_ONCE: Final = 4
"""Attempts that run side by side at most."""
_ENVIRONMENT: Final = {"PATH": os.defpath, "LANG": "C.UTF-8"}
_ANSWER_BYTES: Final = 200
_WEBHOOK: Final = Path(__file__).with_name("webhook.py")


@dataclass(frozen=True, slots=True)
class Hook:
    """Whom a step reaches: a command by its arguments, or a webhook by its URL."""

    command: tuple[str, ...] = ()
    webhook: str | None = None


class HookPager:
    """`ports.Pager`."""

    def __init__(self, inbox: Inbox, hooks: tuple[Hook, ...], limit_s: float) -> None:
        """`hooks` by the number of the step; an attempt that takes longer than `limit_s` is ended."""
        self._inbox, self._hooks, self._limit_s = inbox, hooks, limit_s
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(AT_ONCE)

    def page(self, command: Page) -> None:
        """See `ports.Pager`."""
        task = asyncio.create_task(self._attempt(command), name=f"page-{command.key}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def run(self) -> None:
        """See `ports.Pager`."""
        try:
            await asyncio.Event().wait()
        finally:
            for task in tuple(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _attempt(self, command: Page) -> None:
        async with self._slots:
            why = await self._reach(command)
        log.info("paged" if why is None else "paging failed", code=command.message["code"], step=command.step, why=why)
        self._inbox.post(PageEnded(command.key, why is None, why or ""))

    async def _reach(self, command: Page) -> str | None:
        """None, or why nobody was reached."""
        if command.step >= len(self._hooks):
            return "the settings have no such step"
        hook = self._hooks[command.step]
        body = json.dumps(command.message, ensure_ascii=False).encode()
        if hook.webhook is None:
            return await self._run(hook.command, body)
        # the URL may hold a secret: no argument, which every account could read
        line = f"{hook.webhook}\n".encode()
        return await self._run((sys.executable, "-I", str(_WEBHOOK)), line + body, explains=True)

    async def _run(self, arguments: tuple[str, ...], data: bytes, *, explains: bool = False) -> str | None:
        try:
            process = await asyncio.create_subprocess_exec(
                *arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE if explains else asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                env=_ENVIRONMENT,
                start_new_session=True,
            )
        except OSError as error:
            return f"the command cannot be started: {error.strerror}"
        try:
            async with asyncio.timeout(self._limit_s):
                said, _nothing = await process.communicate(data)
        except TimeoutError:
            return f"longer than {self._limit_s:g} s"
        finally:
            await _end(process)
        if process.returncode == 0:
            return None
        # what a site's own command says may name people: its exit code has to do
        return said[:_ANSWER_BYTES].decode(errors="replace") if said else f"exit code {process.returncode}"


async def _end(process: asyncio.subprocess.Process) -> None:
    """No process is left behind, nor one that it has started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def make_pager(inbox: Inbox, settings: PagingSettings) -> HookPager:
    """The pager of these settings."""
    hooks = tuple(
        Hook(step.command, step.webhook.get_secret_value() if step.webhook else None) for step in settings.steps
    )
    return HookPager(inbox, hooks, settings.limit_s)
