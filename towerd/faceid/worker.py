"""The face worker: a process of its own, so that a camera driver or a network that hangs or dies holds up nothing else.

    python -m towerd.faceid.worker --fd N

`N` is an inherited stream socket to the daemon; `wire.py` tells what is said on it. The worker ends when the daemon does.
It leaves no core dump and writes no picture; it is the only process that reads the orders' keys.

Three threads: one reads requests, one reads the camera, the main one answers and looks. A request waits for at most one
frame's work.
"""

from __future__ import annotations

import argparse
import itertools
import os
import queue
import socket
import sys
import threading
import time

import cv2

from towerd.faceid.camera import Camera
from towerd.faceid.config import FaceConfig
from towerd.faceid.engine import EngineError, FaceEngine, load_engine
from towerd.faceid.look import Gallery, Looker
from towerd.faceid.passive import Passive
from towerd.faceid.preview import preview_jpeg
from towerd.faceid.vault import Vault
from towerd.faceid.wire import LENGTHS, Message, WireError, decode, encode, lengths
from towerd.faceid.worker_args import read_config
from towerd.keyfiles import VaultError
from towerd.secrecy import forbid_core_dumps

EXIT_CAMERA_STUCK = 3
EXIT_PROTOCOL = 4
EXIT_UNUSABLE = 5
# longer than a name server that does not answer keeps the opening of a URL waiting
_CAMERA_STUCK_S = 12.0
PRESENCE_RATE_HZ = 5.0
_IDLE_WAIT_S = 0.25
_PREVIEW_HOLD_S = 2.0
_FEED_S, _NEXT_ORDER_S = 0.25, 0.02
# a ping is answered before a selfie, a selfie before the gallery: the daemon waits for the first two
_RANK = {"ping": 0, "enrol": 1}

Request = tuple[int, int, Message]


class Link:
    """The socket to the daemon. Received requests wait in `requests`; only the main thread sends."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._count = itertools.count()
        self.requests: queue.PriorityQueue[Request] = queue.PriorityQueue()

    def _exactly(self, size: int) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            part = self._sock.recv(min(size - len(parts), 65536))
            if not part:
                raise EOFError
            parts += part
        return bytes(parts)

    def receive(self) -> Message:
        """The next message. Raises EOFError at the end, WireError."""
        header, body = lengths(self._exactly(LENGTHS.size))
        return decode(self._exactly(header), self._exactly(body))

    def send(self, message: Message) -> None:
        """Raises OSError where the daemon is gone."""
        self._sock.sendall(encode(message))

    def read_forever(self) -> None:
        """Fill `requests`. The daemon's end, or nonsense from it, ends this process whatever the other threads do."""
        try:
            while True:
                message = self.receive()
                self.requests.put((_RANK.get(message.op, 2), next(self._count), message))
        except (EOFError, ConnectionError):
            os._exit(0)
        except WireError as error:
            print(f"face worker: {error}", file=sys.stderr, flush=True)
            os._exit(EXIT_PROTOCOL)


class Worker:
    """Answers requests and looks at frames, in turns."""

    def __init__(self, link: Link, config: FaceConfig, engine: FaceEngine) -> None:
        self._link = link
        self._config = config
        self._gallery = Gallery(engine, Vault(config.keys_dir, config.tower))
        self._looker = Looker(engine, self._gallery, config, load_passive(config))
        self._camera = Camera(str(config.camera_source), config.frame_rate_hz)
        self._camera_reason: str | None = None
        self._due_mono_s = 0.0
        self._shown_until_mono_s = 0.0

    def run(self) -> None:
        """Until the daemon closes the link (then the reading thread ends the process)."""
        self._camera.start()
        while True:
            self._answer()
            self._report_camera()
            self._look()

    def _wait_s(self) -> float:
        if not len(self._gallery):
            return _IDLE_WAIT_S
        return max(0.0, min(_IDLE_WAIT_S, self._due_mono_s - time.monotonic()))

    def _answer(self) -> None:
        """Answer whoever asks. A gallery is fed one order at a time, and what is seen in between is compared in vain: so
        the next order is waited for, for a moment, before the next frame is looked at.
        """
        until_mono_s, wait_s = time.monotonic() + _FEED_S, self._wait_s() or 0.001
        while self._answer_one(wait_s) and time.monotonic() < until_mono_s:
            wait_s = _NEXT_ORDER_S

    def _answer_one(self, wait_s: float) -> bool:
        """Answer the next request that comes within `wait_s`; whether one came."""
        try:
            _, _, request = self._link.requests.get(timeout=wait_s)
        except queue.Empty:
            return False
        match request.op:
            case "ping":
                self._link.send(Message({"op": "pong", "id": request.header["id"]}))
            case "enrol":
                self._link.send(self._enrol(request))
            case "watch":
                self._link.send(self._watch(request))
            case "unwatch":
                self._gallery.drop(str(request.header["order"]))
                self._gallery_changed()
                self._link.send(Message({"op": "done", "id": request.header["id"]}))
            case "preview":
                self._link.send(self._preview(request))
            case "challenge":
                self._link.send(self._looker.challenge(int(request.header["track"]), time.monotonic()))
            case op:
                raise WireError(f"{op!r} is no request")
        return True

    def _enrol(self, request: Message) -> Message:
        """The answer. After its time is up no key is made: nobody waits for it any more."""
        number = request.header["id"]
        if time.monotonic() > float(request.header["until_mono_s"]):
            return Message({"op": "unavailable", "id": number, "reasons": ["too_late"]})
        try:
            reasons, sealed = self._gallery.enrol(
                str(request.header["order"]), request.body, hurried=bool(request.header["hurried"])
            )
        except VaultError as error:
            return Message({"op": "unavailable", "id": number, "reasons": [str(error)]})
        if sealed is None:
            return Message({"op": "refused", "id": number, "reasons": list(reasons)})
        return Message({"op": "enrolled", "id": number, "reasons": []}, sealed)

    def _watch(self, request: Message) -> Message:
        order, number = str(request.header["order"]), request.header["id"]
        why = self._gallery.add(order, request.body)
        self._gallery_changed()
        if why:
            return Message({"op": "unreadable", "id": number, "order": order, "reason": why})
        return Message({"op": "done", "id": number, "alike": self._gallery.alike(order)})

    def _preview(self, request: Message) -> Message:
        """The newest picture for a screen; the camera runs at full rate as long as somebody asks."""
        now_s = time.monotonic()
        self._shown_until_mono_s = now_s + _PREVIEW_HOLD_S
        self._set_demand(now_s)
        frame = None if self._camera_reason else self._camera.latest()
        fresh = frame is not None and now_s - frame.at_mono_s <= _PREVIEW_HOLD_S
        body = preview_jpeg(frame.image) if frame is not None and fresh else b""
        return Message({"op": "picture", "id": request.header["id"]}, body)

    def _set_demand(self, now_s: float) -> None:
        self._camera.demand(busy=len(self._gallery) > 0 or now_s < self._shown_until_mono_s)

    def _gallery_changed(self) -> None:
        self._looker.changed()
        self._set_demand(time.monotonic())

    def _report_camera(self) -> None:
        now_s = time.monotonic()
        self._set_demand(now_s)
        reason = self._camera.reason(now_s)
        if reason != self._camera_reason:
            self._camera_reason = reason
            self._link.send(Message({"op": "camera", "good": not reason, "reason": reason}))
        if self._camera.stuck_s(now_s) > _CAMERA_STUCK_S:
            os._exit(EXIT_CAMERA_STUCK)  # only the end of the process frees a driver that does not return

    def _look(self) -> None:
        now_s = time.monotonic()
        if not len(self._gallery) or self._camera_reason or now_s < self._due_mono_s:
            return
        rate_hz = self._config.frame_rate_hz if self._looker.presence(now_s) else PRESENCE_RATE_HZ
        self._due_mono_s = now_s + 1 / rate_hz
        frame = self._camera.latest()
        report = self._looker.look(frame, now_s) if frame is not None else None
        if report is not None:
            self._link.send(report)


def load_passive(config: FaceConfig) -> Passive | None:
    """The passive check where it is demanded. Raises EngineError: without it no face may count."""
    if "passive" not in config.liveness:
        return None
    if config.liveness_models is None:
        raise EngineError("liveness_not_served: passive: face.liveness_models is not set")
    try:
        return Passive(config.liveness_models)
    except EngineError as error:
        raise EngineError(f"liveness_not_served: passive: {error}") from error


def main() -> int:
    """Run over the inherited socket; the exit code tells why it ended."""
    parser = argparse.ArgumentParser(description="face worker of towerd; started by the daemon")
    parser.add_argument("--fd", type=int, required=True)
    forbid_core_dumps()
    link = Link(socket.socket(fileno=parser.parse_args().fd))
    cv2.setNumThreads(1)  # frames are small: more threads cost memory and win nothing
    config = read_config(link.receive())
    try:
        engine = load_engine(config.engine)
        worker = Worker(link, config, engine)
    except (EngineError, OSError) as error:
        link.send(Message({"op": "failed", "reason": str(error)}))
        return EXIT_UNUSABLE
    threading.Thread(target=link.read_forever, name="requests", daemon=True).start()
    link.send(Message({"op": "ready", "version": engine.version}))
    worker.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
