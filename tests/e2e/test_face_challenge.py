"""The challenge as it runs: worker, camera, real time. The head that turns is made from a photo, so this shows that the
parts fit together; what the challenge is worth against attacks was measured on recordings (docs/faces.md).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.test_face_worker import CUSTOMERS, POLICY, Box, CameraStandIn, camera, config, enrolled, running
from tests.support.photos import needs_photos
from tests.support.tiny_onnx import folder_of_models
from towerd.faceid.policy import decide_match
from towerd.fsm.events import Event, FaceHealthChanged, FaceLooked
from towerd.fsm.face_events import FaceChallenged

__all__ = ["camera"]
pytestmark = [pytest.mark.e2e, needs_photos, pytest.mark.timeout(90)]


async def do_as_asked(box: Box, camera: CameraStandIn, since: int) -> list[FaceChallenged]:
    """Somebody reads what is asked, and does it, to the end."""
    told: list[FaceChallenged] = []
    while not told or told[-1].outcome == "asking":
        event = await box.wait(lambda event: isinstance(event, FaceChallenged), since, 20.0)
        assert isinstance(event, FaceChallenged)
        since = box.events.index(event, since) + 1
        told.append(event)
        camera.put(f"/turn?to={event.ask}")
    return told


async def test_who_turns_as_asked_passes_and_is_compared_after_it(tmp_path: Path, camera: CameraStandIn) -> None:
    async with running(config(tmp_path, camera.url + "/stream")) as (client, box):
        await box.health(True)
        client.watch(await enrolled(client))
        camera.put("/show?name=obama.jpg&as=person")
        look = await box.look()
        assert look.liveness == "not_checked"
        since = len(box.events)
        client.challenge(look.track)
        told = await do_as_asked(box, camera, since)
        assert (told[-1].outcome, told[-1].reason, told[-1].made) == ("passed", "", 3)
        assert set(told[-1].order) == {"left", "right"}
        asked = [event.ask for event in told if event.outcome == "asking"]
        assert [ask for ask in asked if ask != "ahead"] == list(told[-1].order)
        proof = await box.look(box.events.index(told[-1]))
        assert (proof.liveness, proof.track) == ("challenge", look.track)
        assert decide_match(proof.scores, CUSTOMERS, POLICY).customer == "c-obama"
        # it counts for one report
        assert (await box.look(box.events.index(proof) + 1)).liveness == "not_checked"


async def test_a_photo_that_is_held_up_and_turned_as_asked_does_not_pass(tmp_path: Path, camera: CameraStandIn) -> None:
    async with running(config(tmp_path, camera.url + "/stream")) as (client, box):
        await box.health(True)
        client.watch(await enrolled(client))
        camera.put("/show?name=obama.jpg&as=paper")
        look = await box.look()
        since = len(box.events)
        client.challenge(look.track)
        told = await do_as_asked(box, camera, since)
        assert (told[-1].outcome, told[-1].made) == ("failed", 0)
        assert all(event.liveness == "not_checked" for event in box.events[since:] if isinstance(event, FaceLooked))


async def test_whoever_is_not_there_any_more_fails_at_once(tmp_path: Path, camera: CameraStandIn) -> None:
    async with running(config(tmp_path, camera.url + "/stream")) as (client, box):
        await box.health(True)
        client.watch(await enrolled(client))
        client.challenge(99)
        event = await box.wait(lambda event: isinstance(event, FaceChallenged))
        assert isinstance(event, FaceChallenged)
        assert (event.track, event.outcome, event.reason) == (99, "failed", "face_lost")


async def test_the_passive_check_says_so_and_refuses_what_its_networks_do_not_like(
    tmp_path: Path, camera: CameraStandIn
) -> None:
    models = folder_of_models(tmp_path / "models")
    settings = config(tmp_path, camera.url + "/stream", liveness=("passive",), liveness_models=models)
    async with running(settings) as (client, box):
        await box.health(True)
        client.watch(await enrolled(client))
        camera.put("/show?name=obama.jpg")
        look = await box.look()
        # the networks of this test take what is green for alive: skin is not
        assert look.liveness == "failed"
        assert len(look.scores) == 8


@pytest.mark.parametrize(
    ("broken", "why"),
    [("missing", "No such file"), ("noise", "no network"), (None, "face.liveness_models is not set")],
)
async def test_without_the_networks_it_demands_a_tower_takes_no_faces_and_says_why(
    tmp_path: Path, camera: CameraStandIn, broken: str | None, why: str
) -> None:
    models = None if broken is None else folder_of_models(tmp_path / "models")
    if models is not None:
        first = sorted(models.iterdir())[0]
        first.unlink() if broken == "missing" else first.write_bytes(b"noise" * 100)
    settings = config(tmp_path, camera.url + "/stream", liveness=("passive",), liveness_models=models)

    def told(event: Event) -> bool:
        return isinstance(event, FaceHealthChanged) and "liveness_not_served: passive" in event.reason

    async with running(settings) as (client, box):
        event = await box.wait(told)
        assert isinstance(event, FaceHealthChanged)
        assert (event.available, why in event.reason) == (False, True)
        assert (await client.enrol("o", b"")).outcome == "unavailable"
