"""A tower without a broker (invariant 9): events wait in the outbox, answers to nobody are dropped."""

from __future__ import annotations

import asyncio

from towerd.fsm.commands import Answer
from towerd.view import View


class AbsentBus:
    """`ports.Bus` where the settings name no broker."""

    def answer(self, answer: Answer) -> None:
        """See `ports.Bus`."""

    def show(self, view: View) -> None:
        """See `ports.Bus`."""

    def wake(self) -> None:
        """See `ports.Bus`."""

    async def run(self) -> None:
        """See `ports.Bus`."""
        await asyncio.Event().wait()
