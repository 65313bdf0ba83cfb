"""The time of a move against the mechanical minimum, at the speed of a real tower: at most five hundredths more."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenario.running import Running, running
from tests.scenario.test_fetch import ask_move, until_ended
from tests.scenario.tower import Tower, small_tower
from towerd.fsm.timing import motion_s
from towerd.places import bay, cabin

pytestmark = pytest.mark.looptime
MOST = 1.05


def ratio(run: Running, purpose: str) -> float:
    """Of the only job of that purpose; what it took is more than nothing, and never less than the mechanics need."""
    (job,) = [job for job in run.daemon.tables.jobs.values() if job.purpose == purpose]
    moved_s = motion_s(job)
    assert moved_s is not None
    assert job.waited_s == 0.0, "nothing was waited for"
    assert job.minimum_s > 30.0
    return float(moved_s / job.minimum_s)


def told(run: Running) -> dict[str, Any]:
    done = [m.body["data"] for m in run.journal.outbox(0, 10_000) if m.body.get("type") == "job_done"]
    return {one["purpose"]: one for one in done}


async def test_retrieve_store_and_move() -> None:
    async with running(Tower(small_tower(speed_up=1.0))) as run:
        brought = await ask_move(run, "bring", "v_0042", cabin(1))
        number = brought.result["move"]
        await run.daemon.until(lambda: run.daemon.tables.moves[number].state == "arrived", "it is brought", 300.0)
        for purpose, what, target in (("store", "cabin:1", None), ("move", "v_0007", bay(3, 4))):
            answer = await ask_move(run, purpose, what, target)
            assert answer.ok, answer
            await until_ended(run, answer.result["move"], 300.0)
        found = {purpose: ratio(run, purpose) for purpose in ("bring", "store", "move")}
        assert all(1.0 <= value <= MOST for value in found.values()), found
        assert {purpose: one["ratio"] for purpose, one in told(run).items()} == {
            purpose: pytest.approx(value, abs=0.001) for purpose, value in found.items()
        }


async def test_what_is_waited_for_is_no_motion() -> None:
    async with running() as run:
        answer = await ask_move(run, "move", "2-3", bay(3, 4))
        await run.daemon.until(lambda: run.tower.truth()["v_0042"] == "carriage", "it is on the carriage")
        await run.packml("hold")
        await run.daemon.until(lambda: run.daemon.engine.view().packml == "held", "the machine is held")
        held = run.tower.clock.now()
        await run.daemon.until(lambda: (run.tower.clock.now() - held).total_seconds() > 20.0, "time passes")
        await run.packml("unhold")
        await until_ended(run, answer.result["move"])
        (job,) = run.daemon.tables.jobs.values()
        assert job.waited_s > 20.0
        moved_s = motion_s(job)
        assert moved_s is not None
        assert moved_s < job.minimum_s * 1.5
