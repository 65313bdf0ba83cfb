"""How the daemon ends: which code, and with the machine held."""

from __future__ import annotations

import asyncio

from towerd.app import BUG_CODE, Daemon


class HeldEngine:
    """Runs until cancelled, and notes whether the machine was held, and when."""

    def __init__(self) -> None:
        self.done: list[str] = []

    async def run(self) -> int:
        try:
            await asyncio.Event().wait()
        finally:
            self.done.append("cancelled")
        return 0

    async def hold(self) -> None:
        self.done.append("held")


async def _breaks() -> None:
    raise RuntimeError("an adapter has a bug")


async def test_an_adapter_that_ends_holds_the_machine() -> None:
    daemon = object.__new__(Daemon)
    engine = HeldEngine()
    daemon.engine = engine  # type: ignore[assignment]
    running, broken = asyncio.create_task(engine.run()), asyncio.create_task(_breaks(), name="bus")
    done, _pending = await asyncio.wait([running, broken], return_when=asyncio.FIRST_COMPLETED)
    assert await daemon._adapter_failed(running, done) == BUG_CODE
    assert engine.done == ["cancelled", "held"]
