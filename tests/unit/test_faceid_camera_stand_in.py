"""The stand-in for a camera: what it shows, and how it is told."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from simulator.camera import CameraServer, Scene, blank_scene
from simulator.turning import Head
from tests.support.faces import jpeg, picture
from tests.support.photos import PHOTOS_DIR, needs_photos


@pytest.fixture
def server(tmp_path: Path) -> Iterator[CameraServer]:
    cv2.imwrite(str(tmp_path / "a.png"), picture())
    server = CameraServer(0, Scene(tmp_path))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def ask(server: CameraServer, method: str, path: str, body: bytes | None = None) -> tuple[int, dict[str, object]]:
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}{path}", data=body, method=method)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            status, headers, value = answer.status, answer.headers, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            status, headers, value = error.code, error.headers, json.load(error)
    assert headers["X-Simulated"] == "true"
    return status, value


def test_frames_move_and_are_the_same_for_a_seed(tmp_path: Path) -> None:
    one, other = Scene(tmp_path, seed=4), Scene(tmp_path, seed=4)
    first, second = one.frame(), one.frame()
    assert (first != second).any()
    assert (first == other.frame()).all()
    assert np.abs(first.astype(int) - blank_scene()).mean() < 10


def test_faults(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.break_("frozen")
    assert (scene.frame() == scene.frame()).all()
    scene.break_("black")
    assert scene.frame().max() == 0
    scene.break_("none")
    assert (scene.frame() != scene.frame()).any()
    with pytest.raises(ValueError):
        scene.break_("on fire")


def test_it_shows_what_it_is_told(server: CameraServer) -> None:
    assert ask(server, "GET", "/state") == (200, {"name": "blank", "fault": "none", "yaw_deg": 0.0, "simulated": True})
    assert ask(server, "PUT", "/show?name=a.png")[1]["name"] == "a.png"
    assert ask(server, "PUT", "/show?name=blank")[1]["name"] == "blank"
    assert ask(server, "POST", "/show", jpeg(picture()))[1]["name"] == "posted"
    assert ask(server, "PUT", "/fault?kind=black")[1]["fault"] == "black"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", "/show?name=missing.png", None, 400),
        ("PUT", "/show?name=../../etc/passwd", None, 400),
        ("PUT", "/fault?kind=fire", None, 400),
        ("PUT", "/else", None, 404),
        ("GET", "/else", None, 404),
        ("POST", "/show", b"", 413),
        ("POST", "/show", b"no picture", 400),
    ],
)
def test_what_it_cannot_do_is_told(
    server: CameraServer, method: str, path: str, body: bytes | None, status: int
) -> None:
    assert ask(server, method, path, body)[0] == status


def test_the_stream_is_mjpeg(server: CameraServer) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/stream", timeout=5) as stream:
        assert stream.headers["X-Simulated"] == "true"
        assert stream.headers["Content-Type"] == "multipart/x-mixed-replace; boundary=frame"
        for _ in range(2):
            assert stream.readline() == b"--frame\r\n"
            assert stream.readline() == b"Content-Type: image/jpeg\r\n"
            length = int(stream.readline().split(b":")[1])
            assert stream.readline() == b"\r\n"
            image = cv2.imdecode(np.frombuffer(stream.read(length), np.uint8), cv2.IMREAD_COLOR)
            assert image is not None
            assert image.shape == (480, 640, 3)
            assert stream.readline() == b"\r\n"


@needs_photos
def test_a_person_turns_little_by_little_and_so_does_paper() -> None:
    scene = Scene(PHOTOS_DIR)
    for shown_as, most_deg in (("person", 28.0), ("paper", 50.0)):
        scene.show("obama.jpg", shown_as)
        ahead = scene.frame().astype(int)
        scene.turn("right")
        scene.frame()
        assert scene.yaw_deg == -4
        for _ in range(20):
            turned = scene.frame()
        assert scene.yaw_deg == -most_deg
        assert np.abs(turned - ahead).mean() > 3
        scene.turn("ahead")
        for _ in range(20):
            scene.frame()
        assert scene.yaw_deg == 0


def test_where_there_is_no_head_nobody_can_turn_it(server: CameraServer) -> None:
    for path in ("/show?name=a.png&as=person", "/show?name=a.png&as=ghost", "/turn?to=up"):
        assert ask(server, "PUT", path)[0] == 400
    assert ask(server, "PUT", "/turn?to=left")[1]["yaw_deg"] == 0.0


def test_a_person_of_a_photo_that_is_sent(server: CameraServer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(server, "POST", "/show?as=person", jpeg(picture()))[0] == 400
    head = Head(300.0, 200.0, 300.0, 210.0, 40.0)
    monkeypatch.setattr("simulator.camera.find_head", lambda _image: head)
    assert ask(server, "POST", "/show?as=person", jpeg(picture())) == (
        200,
        {"name": "posted", "fault": "none", "yaw_deg": 0.0, "simulated": True},
    )
    assert ask(server, "PUT", "/turn?to=left")[0] == 200
    server.scene.frame()
    assert server.scene.yaw_deg > 0
    assert ask(server, "POST", "/show?as=ghost", jpeg(picture()))[0] == 400
