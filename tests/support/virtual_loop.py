"""An event loop whose time is no machine's: where nothing is ready it moves to the next timer at once."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar, TypeVarTuple

Result = TypeVar("Result")
Given = TypeVarTuple("Given")
_RESOLUTION_S = 1e-6


class _Selector(selectors.DefaultSelector):
    """Never waits for a timer: that time passes at once. In real time it waits only for what comes from outside."""

    passed_s = 0.0
    threads = 0
    """How many threads work for the loop. What they do takes no virtual time: it stands until they have ended."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        # with a handle ready the loop comes back here before its time may move
        if timeout == 0:
            return []
        stands = timeout is None or self.threads > 0
        outside = super().select(None if stands else 0)
        if not stands and not outside:
            # whole microseconds: sums of tenths stay what they look like
            self.passed_s = round(self.passed_s + (timeout or 0.0), 6)
        return outside

    def thread_ended(self, _future: object) -> None:
        """One thread less works."""
        self.threads -= 1


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop of every test with the mark `looptime`."""

    def __init__(self) -> None:
        self._passing = _Selector()
        super().__init__(self._passing)
        # a timer is due within the rounding of the time
        self._clock_resolution = _RESOLUTION_S

    def time(self) -> float:
        """The virtual time since the loop was made, s."""
        return self._passing.passed_s

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Given], Result], *args: *Given
    ) -> asyncio.Future[Result]:
        """As any loop's; its time stands meanwhile."""
        future = super().run_in_executor(executor, func, *args)
        self._passing.threads += 1
        future.add_done_callback(self._passing.thread_ended)
        return future
