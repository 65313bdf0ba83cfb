"""Hold at any moment of a visit leaves within one poll and 20 ms, and the visit goes on afterwards. On the virtual clock."""

from __future__ import annotations

import asyncio

import pytest

from tests.scenario.running import Running, running
from towerd.fsm.events import PackmlRequested
from towerd.fsm.reply import ReplyTo
from towerd.plc.registers import blocks
from towerd.plc.snapshot import PackmlCommand, PackmlState

pytestmark = pytest.mark.looptime

LIMIT_S = 0.12
EVERY_S = 1.7


def state(run: Running) -> PackmlState | None:
    machine = run.daemon.engine.state.volatile.snapshot
    return None if machine is None else machine.system.packml_state


def holds(run: Running) -> set[int]:
    """The packml_seq of every Hold that was written."""
    ctl = blocks()["CTL"].start
    return {words[3] for address, words in run.tower.writes if address == ctl and words[2] == PackmlCommand.HOLD}


async def test_hold_leaves_at_once_at_any_moment_of_a_visit() -> None:
    async with running() as run:
        await run.ask()
        await run.show_face()
        loop, doing = asyncio.get_running_loop(), set()
        while run.state() != "completed":
            await asyncio.sleep(EVERY_S)
            if state(run) is not PackmlState.EXECUTE:
                continue
            before, asked_s = holds(run), loop.time()
            run.daemon.queue.post(PackmlRequested("hold", "technician", ReplyTo("api", "hold")))
            while holds(run) == before:  # noqa: ASYNC110 - a step of virtual time
                await asyncio.sleep(0.001)
            assert loop.time() - asked_s <= LIMIT_S
            doing.add(run.state())
            await run.daemon.until(lambda: state(run) is PackmlState.HELD, "it is held")
            await run.packml("unhold")
            await run.daemon.until(lambda: state(run) is PackmlState.EXECUTE, "it goes on")
        assert len(doing) >= 2
