"""What goes wrong in the middle of a visit, and how the visit goes on: PLC restarts, cables, lost answers, an e-stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest

from tests.scenario.running import BEFORE_THE_DOOR, Running, running
from towerd.plc.codes import Code
from towerd.plc.snapshot import Unit

pytestmark = pytest.mark.looptime

MOMENTS = (*BEFORE_THE_DOOR, (Unit.CABIN1, Code.OUTER_DOOR))
IDS = [code.name for _unit, code in MOMENTS]
at_each_moment = pytest.mark.parametrize(("unit", "code"), MOMENTS, ids=IDS)


async def reach(run: Running, unit: Unit, code: Code) -> None:
    """The visit has begun, and the PLC works on such a command."""
    await run.ask()
    await run.show_face()

    def works() -> bool:
        step = run.daemon.tables.steps.get(unit)
        return step is not None and step.state == "running" and step.code == code

    await run.daemon.until(works, f"{unit} works on {code.name}")


async def finish(run: Running, limit_s: float = 300.0) -> None:
    """The customer shows the face whenever it is asked for and somebody presses the clear button, to the visit's end."""

    def plays() -> bool:
        run.tower.simulator.press_clear(1)
        if "o_91" in run.daemon.matcher.watching:
            run.daemon.look("o_91")
        return run.state() == "completed" and run.at_rest()

    await run.daemon.until(plays, "the visit is over", limit_s)
    assert run.tower.truth()["v_0042"] == "gone" or run.tower.truth()["v_0007"] == "gone"
    assert run.daemon.tables.loans["o_91"].state == "out"


@at_each_moment
async def test_the_plc_restarts(unit: Unit, code: Code) -> None:
    async with running() as run:
        await reach(run, unit, code)
        run.tower.simulator.restart_plc()
        await finish(run)


@pytest.mark.parametrize("dark_s", [0.5, 3.0])
@at_each_moment
async def test_the_cable_is_out(unit: Unit, code: Code, dark_s: float) -> None:
    async with running() as run:
        await reach(run, unit, code)
        run.daemon.transport.plugged = False
        await asyncio.sleep(dark_s)
        run.daemon.transport.plugged = True
        await finish(run)
        assert len(run.forks()) == len(set(run.forks())) == 2
        assert run.outer_opened() == 1


def loses_nth(n: int) -> Callable[[int, Sequence[int]], bool]:
    """Lose the answer of the n-th mailbox write."""
    seen = 0

    def lose(address: int, words: Sequence[int]) -> bool:
        nonlocal seen
        if len(words) != 10:
            return False
        seen += 1
        return seen == n

    return lose


@pytest.mark.parametrize("first", [1, 2, 3])
async def test_lost_answers(first: int) -> None:
    """The answer of each mailbox write of a visit is lost once, in a visit of its own; a third of them in each test."""
    lost = first
    while True:
        async with running() as run:
            writes_before = len([words for _a, words in run.tower.writes if len(words) == 10])
            run.daemon.transport.lose_answer_of = loses_nth(lost)
            await run.ask()
            await run.show_face()
            await finish(run)
            writes = len([words for _a, words in run.tower.writes if len(words) == 10]) - writes_before
            assert len(run.forks()) == len(set(run.forks())) == 2, f"write {lost}"
            assert run.outer_opened() == 1, f"write {lost}"
        lost += 3
        if lost > writes:
            break
    assert lost > 12


@at_each_moment
async def test_the_emergency_stop(unit: Unit, code: Code) -> None:
    async with running() as run:
        await reach(run, unit, code)
        run.tower.simulator.estop(True)
        await run.daemon.until(lambda: run.daemon.engine.view().packml == "aborted", "the machine is aborted")
        executed = len(run.tower.simulator.executed)
        await asyncio.sleep(5)
        assert len(run.tower.simulator.executed) == executed, "nothing starts by itself"
        run.tower.simulator.estop(False)
        await asyncio.sleep(1)
        run.tower.simulator.press_reset()
        await asyncio.sleep(1)
        assert len(run.tower.simulator.executed) == executed, "closing the chain starts nothing"
        for command in ("clear", "reset", "start"):
            await run.packml(command)
            await asyncio.sleep(1)
        await finish(run)
