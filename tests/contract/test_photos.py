"""The cabins' cameras: a shot in a process of its own, sealed under the loan's key; and who may see what came of it."""

from __future__ import annotations

import asyncio
import hashlib
import json
from base64 import b64decode
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from simulator.cabin_pictures import CabinPictures, picture
from simulator.cars import Car
from simulator.config import SimulatorConfig
from simulator.core import Simulator
from tests.support.api_tower import Tower, served
from tests.support.values import AT
from tests.support.views import view
from towerd.api import callers, http, peer
from towerd.api.core import Extras
from towerd.cli import towerctl
from towerd.fsm.commands import DestroyPhotoKey, TakePhotos
from towerd.fsm.events import Event
from towerd.fsm.photo_events import PhotosRequested, PhotosTaken
from towerd.orders.photos import PhotoSet
from towerd.photos.client import CabinCameras
from towerd.photos.config import PhotoConfig

CAR = Car(3054420042, record={"make": "Ford", "model": "Mondeo", "colour": "blue"})
SEEN = PhotoSet("o_91", "back", "v_0042", 1, 5, AT, ("ab" * 32,), "camera 2: camera_absent", "cd" * 32)


class Heard:
    """An inbox with what came in."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[tuple[PhotosTaken, bytes | None]] = asyncio.Queue()

    def post(self, event: Event, attachment: bytes | None = None, done: Callable[[], None] | None = None) -> None:
        assert isinstance(event, PhotosTaken)
        self.events.put_nowait((event, attachment))


def drawn(folder: Path) -> Path:
    """The simulator's picture of a cabin with a car in it."""
    sim = Simulator(SimulatorConfig())
    pictures = CabinPictures(folder, sim.plant.booths)
    pictures.refresh()
    empty = pictures.path(1).read_bytes()
    sim.plant.booths[0].car = CAR
    pictures.refresh()
    assert pictures.path(1).read_bytes() != empty
    return pictures.path(1)


async def test_a_shot_is_sealed_and_gone_with_its_key(tmp_path: Path) -> None:
    sources = (str(drawn(tmp_path / "cabins")), str(tmp_path / "nothing.png"))
    heard = Heard()
    cameras = CabinCameras(heard, PhotoConfig("nanjing-1", tmp_path / "keys", {1: sources}, limit_s=2.5))
    cameras.take(TakePhotos("o_91", "out", 1, 5))
    async with asyncio.timeout(20):
        event, sealed = await heard.events.get()
    assert event.reason == "camera 2: camera_absent"
    assert sealed is not None
    assert event.sealed_sha256 == hashlib.sha256(sealed).hexdigest()
    [jpeg] = await cameras.pictures("o_91", sealed) or []
    assert hashlib.sha256(jpeg).hexdigest() == event.sha256s[0]
    assert jpeg not in sealed
    seen = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert seen is not None
    # it is the blue car: much more like what was drawn than an empty cabin is
    assert np.abs(seen.astype(int) - picture(CAR)).mean() < 5 < np.abs(picture(None).astype(int) - seen).mean()
    assert await cameras.pictures("o_92", sealed) is None
    assert await cameras.pictures("o_91", None) is None
    assert await cameras.sweep_keys({"o_91"}) == 0
    cameras.destroy_key(DestroyPhotoKey("o_91"))
    await cameras.finish()
    assert await cameras.pictures("o_91", sealed) is None


async def test_a_process_that_gives_no_answer_is_told_as_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = Heard()
    cameras = CabinCameras(heard, PhotoConfig("nanjing-1", tmp_path / "keys"))
    for program, reason in (("/bin/false", "camera_failed"), ("/nothing/there", "camera_failed")):
        monkeypatch.setattr("towerd.photos.client.sys.executable", program)
        cameras.take(TakePhotos("o_91", "out", 1, 5))
        event, sealed = await heard.events.get()
        assert (event.sha256s, event.sealed_sha256, sealed) == ((), None, None)
        assert event.reason.startswith(reason)
    await cameras.finish()


@pytest.fixture
async def tower(tmp_path: Path) -> AsyncIterator[Tower]:
    async with served(tmp_path / "api.sock") as made:
        made.shown = view(photos=(SEEN,))
        yield made


async def _ctl(tower: Tower, *arguments: str) -> Result:
    words = ["photos", *arguments, "--socket", str(tower.path)]
    return await asyncio.to_thread(CliRunner(env={"COLUMNS": "200"}).invoke, towerctl.app, words)


def _with_pictures(tower: Tower, pictures: list[bytes] | None) -> None:
    async def found(loan: str, when: str) -> list[bytes] | None:
        return pictures if (loan, when) == ("o_91", "back") else None

    tower.server._core.extras = Extras(photos=found)


async def test_a_technician_writes_the_pictures_into_files(tower: Tower, tmp_path: Path) -> None:
    _with_pictures(tower, [b"one", b"two"])
    done = await _ctl(tower, "export", "o_91", "back", "--to", str(tmp_path / "seen"), "--json")
    assert done.exit_code == 0
    [event] = tower.events
    assert isinstance(event, PhotosRequested)
    assert (event.loan, event.when) == ("o_91", "back")
    files = [Path(row["file"]) for row in json.loads(done.stdout)["result"]["files"]]
    assert [file.read_bytes() for file in files] == [b"one", b"two"]
    assert {oct(file.stat().st_mode & 0o777) for file in files} == {"0o600"}
    async with tower.client() as client:
        body = (await client.post("/photos/o_91/back")).json()
    assert b64decode(body["result"]["pictures"][0]["jpeg"]) == b"one"


async def test_what_is_gone_is_not_shown(tower: Tower) -> None:
    assert (await _ctl(tower, "export", "o_91", "back")).exit_code == 1
    tower.refuse = ("no_photos",)
    assert (await _ctl(tower, "export", "o_91", "out")).exit_code == 1


async def test_the_list_shows_no_picture_and_a_viewer_sees_no_more(
    tower: Tower, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "peer_of", lambda _socket: peer.Peer(1, 4_000_000, 4_000_000))
    monkeypatch.setattr(callers, "account_name", lambda _uid: "eve")
    shown = await _ctl(tower, "list")
    assert "camera 2: camera_absent" in shown.stdout
    assert (await _ctl(tower, "list", "--json")).exit_code == 0
    assert (await _ctl(tower, "export", "o_91", "back")).exit_code == 77
    assert tower.events == []
    tower.shown = view()
    assert "no photos are kept" in (await _ctl(tower, "list")).stdout
