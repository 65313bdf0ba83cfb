"""The face worker as it runs: its own process, a camera over HTTP, real time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.support.photos import PHOTOS_DIR, ROOT, needs_photos, selfie
from towerd.faceid.client import FaceClient
from towerd.faceid.config import FaceConfig
from towerd.faceid.opencv_engine import VERSION
from towerd.faceid.policy import decide_match
from towerd.faceid.template import Template, pack
from towerd.faceid.thresholds import default_policy
from towerd.faceid.vault import Vault
from towerd.fsm.events import Event, FaceHealthChanged, FaceLooked
from towerd.keyfiles import VaultError

pytestmark = [pytest.mark.e2e, needs_photos, pytest.mark.timeout(60)]

POLICY = default_policy("opencv")
CUSTOMERS = {"order-obama": "c-obama", "order-biden": "c-biden"}


class Box:
    """An inbox that a test can wait on."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._arrived = asyncio.Event()

    def post(self, event: Event, attachment: bytes | None = None, done: Callable[[], None] | None = None) -> None:
        self.events.append(event)
        self._arrived.set()

    async def wait(self, wanted: Callable[[Event], bool], since: int = 0, limit_s: float = 15.0) -> Event:
        async with asyncio.timeout(limit_s):
            while True:
                for event in self.events[since:]:
                    if wanted(event):
                        return event
                self._arrived.clear()
                await self._arrived.wait()

    async def look(self, since: int = 0) -> FaceLooked:
        event = await self.wait(lambda event: isinstance(event, FaceLooked), since)
        assert isinstance(event, FaceLooked)
        return event

    async def health(self, available: bool, since: int = 0, limit_s: float = 15.0) -> FaceHealthChanged:
        event = await self.wait(
            lambda event: isinstance(event, FaceHealthChanged) and event.available is available, since, limit_s
        )
        assert isinstance(event, FaceHealthChanged)
        return event


class CameraStandIn:
    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def put(self, path: str) -> None:
        request = urllib.request.Request(self.url + path, method="PUT")
        with urllib.request.urlopen(request, timeout=5) as answer:
            assert answer.headers["X-Simulated"] == "true"


@pytest.fixture
def camera() -> Iterator[CameraStandIn]:
    command = [sys.executable, "-m", "simulator.camera", "--photos", str(PHOTOS_DIR)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield CameraStandIn(json.loads(process.stdout.readline())["port"])
        process.kill()


def config(tmp_path: Path, source: str | None, **changes: object) -> FaceConfig:
    values = {"tower": "t1", "keys_dir": tmp_path / "keys", "camera_source": source, "enrol_limit_s": 5.0, **changes}
    return FaceConfig(**values)  # type: ignore[arg-type]


@contextlib.asynccontextmanager
async def running(settings: FaceConfig) -> AsyncIterator[tuple[FaceClient, Box]]:
    box = Box()
    client = FaceClient(box, settings)
    task = asyncio.create_task(client.run())
    try:
        yield client, box
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def proc(client: FaceClient, name: str) -> str:
    return Path(f"/proc/{client.worker_pid}/{name}").read_text()


def resident_mb(client: FaceClient) -> float:
    return int(proc(client, "status").split("VmRSS:")[1].split()[0]) / 1024


def others(tmp_path: Path, count: int) -> dict[str, bytes]:
    """Ciphertexts of people who do not exist, as large as real ones."""
    vault, random = Vault(tmp_path / "keys", "t1"), np.random.default_rng(1)
    sealed = {}
    for number in range(count):
        vector = random.normal(size=128).astype(np.float32)
        template = Template("opencv", VERSION, vector / np.linalg.norm(vector), bytes(140_000))
        sealed[f"other-{number}"] = vault.seal(f"other-{number}", pack(template))
    return sealed


async def enrolled(client: FaceClient) -> dict[str, bytes]:
    sealed = {}
    for order, photo in (("order-obama", "obama.jpg"), ("order-biden", "biden.jpg")):
        answer = await client.enrol(order, selfie(photo))
        assert answer.outcome == "enrolled", answer.reasons
        assert answer.sealed is not None
        sealed[order] = answer.sealed
    return sealed


async def test_the_person_in_view_is_found_among_the_orders(tmp_path: Path, camera: CameraStandIn) -> None:
    async with running(config(tmp_path, camera.url + "/stream")) as (client, box):
        await box.health(True)
        client.watch(await enrolled(client))
        camera.put("/show?name=obama2.jpg")
        look = await box.look()
        assert look.engine == "opencv"
        assert look.liveness == "not_checked"
        assert len(look.scores) == 5
        decision = decide_match(look.scores, CUSTOMERS, POLICY)
        assert (decision.outcome, decision.customer) == ("matched", "c-obama")

        seen = len(box.events)
        camera.put("/show?name=biden.jpg")
        other = await box.wait(lambda event: isinstance(event, FaceLooked) and event.track != look.track, seen)
        assert isinstance(other, FaceLooked)
        assert decide_match(other.scores, CUSTOMERS, POLICY).customer == "c-biden"


async def test_who_stays_in_view_is_reported_again_and_who_is_not_watched_is_not(
    tmp_path: Path, camera: CameraStandIn
) -> None:
    async with running(config(tmp_path, camera.url + "/stream", repeat_s=0.5)) as (client, box):
        camera.put("/show?name=obama.jpg")
        await box.health(True)
        sealed = await enrolled(client)
        client.watch(sealed)
        first = await box.look()
        second = await box.look(len(box.events))
        assert second.track == first.track
        client.watch({"order-biden": sealed["order-biden"]})
        third = await box.wait(
            lambda event: isinstance(event, FaceLooked) and set(event.scores[0]) == {"order-biden"}, len(box.events)
        )
        assert isinstance(third, FaceLooked)
        assert decide_match(third.scores, CUSTOMERS, POLICY).outcome == "nobody"


async def test_a_killed_worker_comes_back_and_watches_the_same_orders(tmp_path: Path, camera: CameraStandIn) -> None:
    async with running(config(tmp_path, camera.url + "/stream")) as (client, box):
        await box.health(True)
        client.watch(await enrolled(client))
        seen = len(box.events)
        os.kill(client.worker_pid or 0, signal.SIGKILL)
        assert (await box.health(False, seen, 1.0)).reason == "worker_died"
        assert (await client.enrol("order-3", selfie("obama.jpg"))).outcome == "unavailable"
        await box.health(True, seen)
        camera.put("/show?name=obama2.jpg")
        look = await box.look(seen)
        assert decide_match(look.scores, CUSTOMERS, POLICY).customer == "c-obama"


async def test_a_worker_that_hangs_is_replaced(tmp_path: Path, camera: CameraStandIn) -> None:
    settings = config(tmp_path, camera.url + "/stream", ping_s=0.2, hang_limit_s=0.5, enrol_limit_s=0.3)
    async with running(settings) as (client, box):
        await box.health(True)
        seen, pid = len(box.events), client.worker_pid or 0
        os.kill(pid, signal.SIGSTOP)
        assert (await client.enrol("order-3", selfie("obama.jpg"))).outcome == "unavailable"
        assert (await box.health(False, seen, 3.0)).reason == "worker_hung"
        await box.health(True, seen)
        assert client.worker_pid != pid


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("black", "camera_black"), ("frozen", "camera_frozen"), ("torn", "camera_torn"), ("hang", "camera_no_frames")],
)
async def test_a_camera_that_shows_nothing_is_noticed_within_two_seconds(
    tmp_path: Path, camera: CameraStandIn, kind: str, reason: str
) -> None:
    async with running(config(tmp_path, camera.url + "/stream")) as (_, box):
        await box.health(True)
        seen = len(box.events)
        camera.put(f"/fault?kind={kind}")
        # the stream's own delay and a shared processor come on top of the 2 s
        assert (await box.health(False, seen, 4.0)).reason == reason
        camera.put("/fault?kind=none")
        await box.health(True, len(box.events))


async def test_selfies_are_refused_with_reasons(tmp_path: Path, camera: CameraStandIn) -> None:
    async with running(config(tmp_path, camera.url + "/stream")) as (client, box):
        await box.health(True)
        assert (await client.enrol("o", b"no picture")).reasons == ("selfie_bad_image",)
        assert (await client.enrol("o", bytes(161 * 1024))).reasons == ("selfie_bad_image",)
        assert not list((tmp_path / "keys").glob("*"))


async def test_a_destroyed_key_leaves_nothing_readable(tmp_path: Path, camera: CameraStandIn) -> None:
    async with running(config(tmp_path, camera.url + "/stream")) as (client, box):
        await box.health(True)
        sealed = await enrolled(client)
        client.watch(sealed)
        client.destroy_key("order-obama")
        camera.put("/show?name=biden.jpg")
        look = await box.wait(lambda event: isinstance(event, FaceLooked) and "order-biden" in event.scores[0])
        assert isinstance(look, FaceLooked)
        assert "order-obama" not in look.scores[0]
    vault = Vault(tmp_path / "keys", "t1")
    with pytest.raises(VaultError):
        vault.unseal("order-obama", sealed["order-obama"])
    assert vault.unseal("order-biden", sealed["order-biden"])


async def test_without_a_camera_there_is_no_worker_and_keys_are_destroyed_all_the_same(tmp_path: Path) -> None:
    key = Vault(tmp_path / "keys", "t1")
    key.seal("old", b"face")
    async with running(config(tmp_path, None)) as (client, box):
        assert (await box.health(False)).reason == "no_camera"
        assert (await client.enrol("order-3", selfie("obama.jpg"))).outcome == "unavailable"
        client.destroy_key("old")
    assert not key.path("old").exists()
    assert client.worker_pid is None


async def test_with_hundreds_of_orders_the_worker_stays_small_and_cannot_be_dumped(
    tmp_path: Path, camera: CameraStandIn
) -> None:
    async with running(config(tmp_path, camera.url + "/stream")) as (client, box):
        await box.health(True)
        orders = others(tmp_path, 400) | await enrolled(client)
        begin_s = time.monotonic()
        client.watch(orders)
        camera.put("/show?name=obama2.jpg")
        look = await box.wait(lambda event: isinstance(event, FaceLooked) and len(event.scores[0]) == len(orders))
        assert time.monotonic() - begin_s < 10
        assert isinstance(look, FaceLooked)
        assert decide_match(look.scores, dict.fromkeys(orders, "others") | CUSTOMERS, POLICY).customer == "c-obama"
        assert resident_mb(client) < 250
        assert proc(client, "limits").split("Max core file size")[1].split()[:2] == ["0", "0"]


async def test_a_worker_that_cannot_start_is_told_with_the_reason(tmp_path: Path, camera: CameraStandIn) -> None:
    settings = config(tmp_path, camera.url + "/stream", engine="no_such_engine")
    async with running(settings) as (client, box):
        event = await box.wait(lambda event: isinstance(event, FaceHealthChanged) and event.reason != "worker_starting")
        assert isinstance(event, FaceHealthChanged)
        assert event.reason == "worker_unusable: there is no engine no_such_engine"
        assert (await client.enrol("order-3", selfie("obama.jpg"))).outcome == "unavailable"


async def test_at_the_start_keys_of_orders_that_ended_while_the_tower_was_off_are_destroyed(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "keys", "t1")
    for order in ("open", "ended"):
        vault.seal(order, b"face")
    assert await FaceClient(Box(), config(tmp_path, None)).sweep_keys({"open"}) == 1
    assert (vault.path("open").exists(), vault.path("ended").exists()) == (True, False)


async def test_the_screen_is_given_the_cameras_picture_and_none_while_it_is_black(
    tmp_path: Path, camera: CameraStandIn
) -> None:
    async with running(config(tmp_path, camera.url + "/stream")) as (client, box):
        assert await client.preview() is None
        await box.health(True)
        picture = await client.preview()
        assert picture is not None
        assert picture.startswith(b"\xff\xd8")
        camera.put("/fault?kind=black")
        await box.health(False, len(box.events), 6.0)
        assert await client.preview() is None
