"""The cabin's cameras look at a car before it leaves and once it is back; they keep nobody waiting (orders-if.md 5.3, 5.4)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from simulator.config import Actors
from tests.scenario.bringing import Bringing
from tests.scenario.running import running
from tests.scenario.tower import PHOTO, Tower, small_tower
from tests.support.fakes import VirtualClock
from towerd.fsm import events as ev
from towerd.fsm.config import PhotoRules
from towerd.fsm.manual_events import ConditionSet

pytestmark = pytest.mark.looptime


def seeing(camera_s: float | None, **changes: object) -> Tower:
    """A tower with a camera in its cabin that takes so long."""
    tower = Tower(small_tower(**changes), camera_s=camera_s)
    tower.core = replace(tower.core, photos=PhotoRules(frozenset({1}), wait_s=9.0))
    return tower


async def test_a_car_is_seen_before_and_after_and_forgotten_a_day_after_its_release() -> None:
    async with running(seeing(2.0)) as run:
        back, daemon = Bringing(run), run.daemon
        await back.take_one_out()
        assert (back.told("loan_out")["photos_out"], back.told("loan_out")["no_photos_out"]) == ([PHOTO], None)
        assert run.journal.face("photos:o_91:out") == b"sealed photos"
        await back.open_door()
        await back.all_the_rest()
        facts = back.told("loan_returned")
        assert (facts["photos_out"], facts["photos_back"], facts["no_photos_back"]) == ([PHOTO], [PHOTO], None)
        assert [shot.when for shot in daemon.shots] == ["out", "back"]
        vehicle = back.loan.vehicle
        assert (
            await back.ask(lambda reply: ConditionSet(vehicle, "available", (), "looked at it", "technician", reply))
        ).ok
        daemon.queue.post(ev.TimerExpired("minute"))
        await daemon.until(lambda: all(one.destroy_at for one in back.tables.photos.values()), "their end is known")
        assert daemon.photo_keys_destroyed == []
        # the tower is off meanwhile
        await daemon.kill()
        run.tower.clock = VirtualClock(run.tower.clock.now() + timedelta(days=1))
        run.daemon = later = run.tower.daemon(run.journal)
        later.start()
        await later.until(lambda: not later.tables.photos, "they are gone")
        assert set(later.photo_keys_destroyed) == {"o_91"}
        assert run.journal.face("photos:o_91:out") is run.journal.face("photos:o_91:back") is None


async def test_a_camera_that_does_not_answer_stops_neither_delivery_nor_return() -> None:
    async with running(seeing(None)) as run:
        back = Bringing(run)
        await back.take_one_out()
        out = back.told("loan_out")
        assert (out["photos_out"], out["no_photos_out"]) == ([], "camera_timeout")
        await back.open_door()
        await back.all_the_rest()
        facts = back.told("loan_returned")
        assert (facts["photos_back"], facts["no_photos_back"]) == ([], "camera_timeout")


async def test_a_power_cut_while_the_cameras_look_makes_them_look_again() -> None:
    async with running(seeing(None)) as run:
        first = run.daemon
        await run.ask()
        await run.show_face()
        await first.until(lambda: bool(first.shots), "the cameras look")
        await first.kill()
        run.tower.camera_s = 2.0
        run.daemon = later = run.tower.daemon(run.journal)
        later.start()
        await run.show_face()
        await run.until_state("completed")
        assert [shot.when for shot in later.shots] == ["out"]
        assert later.tables.photos["photos:o_91:out"].sha256s == (PHOTO,)


async def test_somebody_who_was_in_the_cabin_makes_new_photos_due() -> None:
    tower = seeing(2.0, actors=Actors(auto_drive_off=False))
    tower.core = replace(tower.core, decision_age_s=20.0)
    async with running(tower) as run:
        sim, daemon = run.tower.simulator, run.daemon
        await run.ask()
        await run.show_face()
        await run.until_state("ready")
        assert len(daemon.shots) == 1
        sim.person(1, True)
        await asyncio.sleep(1)
        sim.person(1, False)
        # nobody is known any more: the door closes, and the customer is asked again
        await run.until_state("staged")
        await daemon.until(lambda: len(daemon.shots) == 2, "the cameras look again")
        assert daemon.shots[0].epoch != daemon.shots[1].epoch
        await run.show_face()
        await run.until_state("ready")
        sim.drive_off(1)
        await run.until_state("completed")
