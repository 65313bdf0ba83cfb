"""Jog on a running tower: the axis moves as long as the key is held, and not longer (plc-if.md 7)."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from tests.scenario.by_hand import Technician
from tests.scenario.running import Running, running
from towerd.plc.registers import blocks

pytestmark = pytest.mark.looptime
LIFT, FORK = 0, 2


def lift_mm(run: Running) -> float:
    return float(run.tower.simulator.plant.lift.position)


def moving(run: Running) -> bool:
    return bool(run.tower.simulator.plant.lift.moving)


async def test_the_lift_moves_while_the_key_is_held_and_stops_when_it_is_let_go() -> None:
    async with running() as run:
        tech = Technician(run)
        await tech.manual()
        await tech.hold_down(LIFT, 1, 2.0)
        assert moving(run)
        assert (await tech.jog(LIFT, 0)).ok
        await asyncio.sleep(0.5)
        assert not moving(run)
        at_mm = lift_mm(run)
        assert at_mm > 50
        await asyncio.sleep(5)
        assert lift_mm(run) == at_mm


async def test_silence_stops_within_a_quarter_of_a_second() -> None:
    async with running() as run:
        tech = Technician(run)
        await tech.manual()
        await tech.hold_down(LIFT, 1, 1.0)
        await asyncio.sleep(0.2)
        words = run.tower.simulator.read(blocks()["JOG"].start, 6)
        assert words[2] == 0, "towerd itself has said stop"
        await asyncio.sleep(0.5)
        assert not moving(run)


@pytest.mark.parametrize("why", ["switch", "link", "lease"])
async def test_jog_ends_with_what_it_asks(why: str) -> None:
    async with running() as run:
        tech = Technician(run)
        await tech.manual()
        await tech.hold_down(LIFT, 1, 1.0)
        if why == "switch":
            run.tower.simulator.enabling(False)
        elif why == "link":
            run.daemon.transport.plugged = False
        else:
            await Technician(run, "bob").take(force=True)
        await tech.hold_down(LIFT, 1, 1.5)
        assert not moving(run)
        at_mm = lift_mm(run)
        await tech.hold_down(LIFT, 1, 1.0)
        assert lift_mm(run) == at_mm
        run.daemon.transport.plugged = True
        await run.daemon.until(lambda: run.daemon.engine.view().plc_good, "the link is back")


async def test_a_step_is_one_step() -> None:
    async with running() as run:
        tech = Technician(run)
        await tech.manual()
        before_mm = lift_mm(run)
        answer = await tech.jog(LIFT, 1, step=100)
        assert answer.ok
        assert answer.result is not None
        assert answer.result["after"] - answer.result["before"] == pytest.approx(100, abs=1)
        assert lift_mm(run) == pytest.approx(before_mm + 100)
        assert (await tech.jog(LIFT, 1, step=201)).reasons == ("plc_refused",)


async def test_no_jog_in_auto_and_the_heartbeat_keeps_time() -> None:
    async with running() as run:
        tech = Technician(run)
        assert (await tech.jog(LIFT, 1)).reasons == ("plc_refused",)
        await tech.manual()
        beats_s: list[float] = []
        start = blocks()["CTL"].start
        log = run.daemon.transport._log
        loop = asyncio.get_running_loop()
        run.daemon.transport._log = lambda address, words: (
            beats_s.append(loop.time()) if address == start else None,
            log(address, words) if log else None,
        )[0]
        await tech.hold_down(LIFT, 1, 3.0)
        gaps_s = [later - earlier for earlier, later in itertools.pairwise(beats_s)]
        assert max(gaps_s) < 0.15


async def test_the_fork_out_is_the_plcs_business() -> None:
    async with running() as run:
        tech = Technician(run)
        await tech.manual()
        await tech.hold_down(FORK, 1, 1.0)
        assert run.tower.simulator.plant.fork.position == 0


async def test_a_step_that_an_interlock_forbids_is_refused_with_its_reason() -> None:
    async with running() as run:
        tech = Technician(run)
        await tech.manual()
        await tech.done("goto", "2-3")
        await tech.done("unlock", "2-3")
        before_mm = lift_mm(run)
        answer = await tech.jog(LIFT, 1, step=20)
        assert (answer.ok, answer.reasons) == (False, ("plc_refused",))
        assert answer.result is not None
        assert "bay 2-3 is not locked" in answer.result["text"]
        assert "towerctl lock close 2-3." in answer.result["cure"]
        assert lift_mm(run) == before_mm


async def test_a_step_that_the_plc_does_not_make_is_told() -> None:
    async with running() as run:
        tech = Technician(run)
        await tech.manual()
        asked = asyncio.create_task(tech.jog(LIFT, 1, step=200))
        await run.daemon.until(lambda: lift_mm(run) > 1, "it moves")
        run.tower.simulator.enabling(False)
        answer = await asked
        assert (answer.ok, answer.reasons) == (False, ("not_done",))
        assert answer.result is not None
        assert answer.result["after"] - answer.result["before"] < 200
        assert answer.result["after"] == round(lift_mm(run))


async def test_refusals_by_hand_say_what_to_do() -> None:
    async with running() as run:
        tech = Technician(run)
        await tech.manual()
        await tech.done("goto", "3-4")
        for verb, place, value, wanted in (
            ("unlock", "2-2", 0, "towerctl goto 2-2."),
            ("get", "3-4", 0, "towerctl lock open 3-4."),
            ("put", "3-4", 0, "towerctl fork get PLACE first."),
            ("inner_door", "cabin:1", 1, "towerctl goto cabin:1."),
        ):
            answer = await tech.do(verb, place, value)  # type: ignore[arg-type]
            assert answer.reasons == ("plc_refused",), answer
            assert answer.result is not None
            assert wanted in answer.result["cure"], answer
