"""A stand-in for a camera: an HTTP MJPEG stream that shows whatever it is told to.

    python -m simulator.camera [--port 0] [--photos DIR] [--show NAME]

Its first line tells the port: {"port": 40123, "simulated": true}. On that port, on 127.0.0.1:

    GET  /stream             the picture, about 15 a second, moving a little and with noise, as a camera's does
    PUT  /show?name=NAME     show DIR/NAME; `blank` is an empty scene; `&as=person`: its head, near, as somebody who can
                             turn it; `&as=paper`: the same as a photo that is held up
    PUT  /turn?to=SIDE       turn head or paper to its own `left`, `right`, or `ahead`
    POST /show               show the JPEG in the body; `?as=` as above
    PUT  /fault?kind=KIND    `black`, `frozen`, `torn` (the lower half is lost), `hang` (the stream stays open and says
                             nothing), `none`
    GET  /state              what it shows, as JSON

A head that turns is made from one photo (`turning.py`): a simulation, no test of how a challenge holds against attacks.
Every answer carries `X-Simulated: true`, and every picture says so in a corner.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.turning import Turner, find_head, near

Image = NDArray[np.uint8]

WIDTH_PX, HEIGHT_PX = 640, 480
RATE_HZ = 15.0
FAULTS = ("none", "black", "frozen", "hang", "torn")
BLANK = "blank"
_BODY_MAX_BYTES = 8 * 1024 * 1024
_NOISE, _SHIFT_PX = 3.0, 2
_BOUNDARY = "frame"


def blank_scene() -> Image:
    """An empty forecourt: ground, wall, and light from above."""
    rows = np.linspace(170, 90, HEIGHT_PX, dtype=np.float32)
    scene = np.repeat(rows[:, None], WIDTH_PX, axis=1)
    scene[HEIGHT_PX * 2 // 3 :] -= 30
    return cast("Image", np.repeat(scene[:, :, None], 3, axis=2).astype(np.uint8))


def fitted(image: Image) -> Image:
    """The picture in the camera's format, whole, on grey."""
    factor = min(WIDTH_PX / image.shape[1], HEIGHT_PX / image.shape[0])
    small = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    out = np.full((HEIGHT_PX, WIDTH_PX, 3), 127, np.uint8)
    top, left = (HEIGHT_PX - small.shape[0]) // 2, (WIDTH_PX - small.shape[1]) // 2
    out[top : top + small.shape[0], left : left + small.shape[1]] = small
    return out


class Scene:
    """What the camera looks at. Frame `n` of a seed is always the same picture."""

    def __init__(self, photos: Path, seed: int = 1) -> None:
        self._photos = photos
        self._seed = seed
        self._lock = threading.Lock()
        self._turner = Turner(blank_scene())
        self._frozen_at: int | None = None
        self._count = 0
        self.name = BLANK
        self.fault = "none"

    def show(self, name: str, shown_as: str = "") -> None:
        """Show a photo by its file's name, or `blank`; as a `person` who can turn the head, or as `paper` held up.

        Raises FileNotFoundError, ValueError for another word, or where no head is found.
        """
        if name == BLANK:
            self.show_image(name, blank_scene())
            return
        image = cv2.imread(str(self._photos / Path(name).name))
        if image is None:
            raise FileNotFoundError(name)
        self.show_photo(name, cast("Image", image), shown_as)

    def show_photo(self, name: str, image: Image, shown_as: str = "") -> None:
        """Show a photo of any size. Raises ValueError for another word, or where no head is found."""
        if not shown_as:
            self.show_image(name, fitted(image))
            return
        seen = self._near(image)
        with self._lock:
            self.name = name
            self._turner = Turner(seen, find_head(seen), {"person": False, "paper": True}[shown_as])

    @staticmethod
    def _near(image: Image) -> Image:
        head = find_head(image)
        if head is None:
            raise ValueError("no head in the photo, or no detector is installed")
        return near(image, head, (WIDTH_PX, HEIGHT_PX))

    def turn(self, to: str) -> None:
        """Turn head or paper. Raises KeyError for what is no side."""
        with self._lock:
            self._turner.turn(to)

    def show_image(self, name: str, image: Image) -> None:
        """Show a picture of the camera's format."""
        with self._lock:
            self.name, self._turner = name, Turner(image)

    @property
    def yaw_deg(self) -> float:
        """How far head or paper is turned now."""
        return self._turner.yaw_deg

    def break_(self, kind: str) -> None:
        """Show a fault of the camera. Raises ValueError for an unknown one."""
        if kind not in FAULTS:
            raise ValueError(kind)
        with self._lock:
            self.fault = kind
            self._frozen_at = self._count if kind == "frozen" else None

    def frame(self) -> Image:
        """The next picture."""
        with self._lock:
            self._count += 1
            count = self._count if self._frozen_at is None else self._frozen_at
            if self.fault == "black":
                return np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8)
            seen = self._turner.frame() if self._frozen_at is None else self._turner.still
            picture = _as_seen(seen, np.random.default_rng((self._seed, count)))
            if self.fault == "torn":
                picture[HEIGHT_PX // 2 :] = 128
            return picture


def _as_seen(image: Image, random: np.random.Generator) -> Image:
    """Shifted a little, with the sensor's noise, and marked."""
    shift_x, shift_y = random.uniform(-_SHIFT_PX, _SHIFT_PX, 2)
    move = np.array([[1, 0, shift_x], [0, 1, shift_y]], np.float32)
    moved = cv2.warpAffine(image, move, (WIDTH_PX, HEIGHT_PX), borderMode=cv2.BORDER_REPLICATE)
    noise = random.normal(0, _NOISE, (HEIGHT_PX, WIDTH_PX, 1)).astype(np.float32)
    out = np.clip(moved.astype(np.float32) + noise, 0, 255).astype(np.uint8)
    cv2.putText(out, "SIMULATED", (8, HEIGHT_PX - 10), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 200, 255), 1)
    return cast("Image", out)


class CameraServer(ThreadingHTTPServer):
    """Serves a scene on 127.0.0.1."""

    daemon_threads = True

    def __init__(self, port: int, scene: Scene) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.scene = scene
        self.ended = threading.Event()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.server_address[1])

    def shutdown(self) -> None:
        """Stop serving, streams included."""
        self.ended.set()
        super().shutdown()


class _Handler(BaseHTTPRequestHandler):
    server_version = "towerd-simulated-camera"
    server: CameraServer

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: requests are of no interest."""

    def _answer(self, status: int, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("X-Simulated", "true")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _state(self) -> dict[str, object]:
        scene = self.server.scene
        return {"name": scene.name, "fault": scene.fault, "yaw_deg": scene.yaw_deg, "simulated": True}

    def _asked(self, key: str) -> str:
        return parse_qs(urlsplit(self.path).query).get(key, [""])[0]

    def do_GET(self) -> None:
        """Stream or state."""
        path = urlsplit(self.path).path
        if path == "/stream":
            self._stream()
        elif path == "/state":
            self._answer(200, self._state())
        else:
            self._answer(404, {"error": "GET /stream or /state"})

    def do_PUT(self) -> None:
        """Show something else, or break."""
        path = urlsplit(self.path).path
        try:
            if path == "/show":
                self.server.scene.show(self._asked("name"), self._asked("as"))
            elif path == "/turn":
                self.server.scene.turn(self._asked("to"))
            elif path == "/fault":
                self.server.scene.break_(self._asked("kind"))
            else:
                self._answer(404, {"error": "PUT /show?name=, /turn?to= or /fault?kind="})
                return
        except (FileNotFoundError, KeyError, ValueError) as error:
            self._answer(400, {"error": f"unknown: {error}"})
            return
        self._answer(200, self._state())

    def do_POST(self) -> None:
        """Show the JPEG in the body."""
        length = int(self.headers.get("Content-Length", "0"))
        if not 0 < length <= _BODY_MAX_BYTES:
            self._answer(413, {"error": f"1 to {_BODY_MAX_BYTES} bytes"})
            return
        image = cv2.imdecode(np.frombuffer(self.rfile.read(length), np.uint8), cv2.IMREAD_COLOR)
        if image is None:
            self._answer(400, {"error": "no picture"})
            return
        try:
            self.server.scene.show_photo("posted", cast("Image", image), self._asked("as"))
        except (KeyError, ValueError) as error:
            self._answer(400, {"error": f"unknown: {error}"})
            return
        self._answer(200, self._state())

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("X-Simulated", "true")
        self.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={_BOUNDARY}")
        self.end_headers()
        try:
            while not self.server.ended.is_set():
                begin_s = time.monotonic()
                if self.server.scene.fault != "hang":
                    self._send_frame()
                self.server.ended.wait(max(0.0, 1 / RATE_HZ - (time.monotonic() - begin_s)))
        except (BrokenPipeError, ConnectionResetError):
            return  # the viewer has gone, as viewers do

    def _send_frame(self) -> None:
        data = cv2.imencode(".jpg", self.server.scene.frame(), [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()
        head = f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
        self.wfile.write(head.encode() + data + b"\r\n")


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port from 0 to 65535")
    return int(text)


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="a stand-in for a camera (HTTP MJPEG on 127.0.0.1)")
    parser.add_argument("--port", type=_port, default=0)
    parser.add_argument("--photos", type=Path, default=Path("var/photos"))
    parser.add_argument("--show", default=BLANK)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    scene = Scene(options.photos, options.seed)
    scene.show(options.show)
    server = CameraServer(options.port, scene)
    print(json.dumps({"port": server.port, "simulated": True}), flush=True)
    try:
        server.serve_forever(poll_interval=0.1)
    except KeyboardInterrupt:
        server.ended.set()


if __name__ == "__main__":
    main()
