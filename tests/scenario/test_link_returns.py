"""The link goes and comes back, on the virtual clock: stale within 1 s, held by the PLC, reconciled and resumed within 5 s."""

from __future__ import annotations

import asyncio

import pytest

from tests.scenario.running import Running, running
from towerd.plc.snapshot import PackmlState

pytestmark = pytest.mark.looptime

STALE_S = 1.0
BACK_S = 5.0
ROUNDING_S = 0.1
LINK_LOST = 2


def machine(run: Running):  # type: ignore[no-untyped-def]
    return run.daemon.engine.state.volatile.snapshot


async def under_way(run: Running) -> None:
    """A car is on its way: the carriage moves."""
    await run.ask()
    await run.show_face()
    await run.daemon.until(lambda: not machine(run).lift.standstill, "the lift moves")


async def check_loss_and_return(run: Running, gone_s: float) -> None:
    """From the loss, which has just happened, to the car at the customer; `back` is called by the caller in between."""
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    await run.daemon.until(lambda: machine(run) is None, "everything is unknown")
    assert loop.time() - began_s <= STALE_S + ROUNDING_S
    await asyncio.sleep(max(0.0, gone_s - (loop.time() - began_s)))


async def check_resumed(run: Running) -> None:
    """The link is back now."""
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    await run.daemon.until(
        lambda: machine(run) is not None and machine(run).system.packml_state is PackmlState.EXECUTE, "Execute again"
    )
    assert loop.time() - began_s <= BACK_S + ROUNDING_S
    await run.until_state("completed")


@pytest.mark.parametrize("gone_s", [1.5, 4.0, 30.0, 31.0, 32.0, 33.0])
async def test_the_cable_is_pulled_while_a_car_is_on_its_way(gone_s: float) -> None:
    async with running() as run:
        await under_way(run)
        run.daemon.transport.plugged = False
        await check_loss_and_return(run, gone_s)
        system = run.tower.simulator.plc
        assert system.packml.state == PackmlState.HELD
        run.daemon.transport.plugged = True
        await check_resumed(run)


async def test_the_plc_freezes_while_a_car_is_on_its_way() -> None:
    async with running() as run:
        await under_way(run)
        run.tower.simulator.frozen = True
        await check_loss_and_return(run, 6.0)
        run.tower.simulator.frozen = False
        await check_resumed(run)
