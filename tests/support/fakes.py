"""Ports without a world behind them: they remember what the engine asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from towerd.fsm.commands import Answer
from towerd.ports import Enrolment
from towerd.view import View


class VirtualClock:
    """Wall time that runs with the loop's; `start` is when the test begins."""

    def __init__(self, start: datetime = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)) -> None:
        self._start = start

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.mono_s())

    def mono_s(self) -> float:
        return asyncio.get_running_loop().time()


class MemoryBus:
    """Keeps answers and the newest view; `wakes` counts."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.views: list[View] = []
        self.wakes = 0

    def answer(self, answer: Answer) -> None:
        self.answers.append(answer)

    def show(self, view: View) -> None:
        self.views[:] = [view]

    def wake(self) -> None:
        self.wakes += 1

    async def run(self) -> None:
        await asyncio.Event().wait()


class ScriptedMatcher:
    """Says what the test wants; `watching` is what the engine asked to look for, `destroyed` the keys it destroyed."""

    def __init__(self, on_watch: Callable[[dict[str, bytes]], None] = lambda orders: None) -> None:
        self.watching: dict[str, bytes] = {}
        self.destroyed: list[str] = []
        self.challenged: list[int] = []
        self._on_watch = on_watch

    async def enrol(self, order: str, selfie_jpeg: bytes) -> Enrolment:
        return Enrolment("unavailable")

    def watch(self, orders: dict[str, bytes]) -> None:
        self.watching = dict(orders)
        self._on_watch(self.watching)

    def challenge(self, track: int) -> None:
        self.challenged.append(track)

    def destroy_key(self, order: str) -> None:
        self.destroyed.append(order)

    async def run(self) -> None:
        await asyncio.Event().wait()


class SilentWatchdog:
    """Hears everything, tells nobody."""

    def __init__(self) -> None:
        self.turns = 0

    def ready(self) -> None: ...

    def alive(self) -> None:
        self.turns += 1

    def status(self, text: str) -> None: ...

    def stopping(self) -> None: ...
