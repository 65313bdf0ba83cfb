"""From the moment a customer comes into view to the decision who it is, at the 95th percentile, without a challenge.

The worker's look over pictures of the stand-in camera at 15 a second, with the pauses of the worker: five looks a second
while nobody is there. The clock is a model, in which decoding, finding and comparing take the processor time that they take
here; so another load of the machine does not count. Baseline: the camera's own time for the frames of one burst.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

import cv2
import numpy as np

from bench.bench_reaction import percentile
from bench.figure import Figure, Target, scratch
from simulator.camera import BLANK, Scene
from simulator.photos import DEFAULT_DIR, order_selfie, photos_present
from towerd.faceid.config import EngineName, FaceConfig
from towerd.faceid.engine import FaceEngine, Image, load_engine
from towerd.faceid.frames import Frame
from towerd.faceid.look import Gallery, Looker
from towerd.faceid.policy import decide_match
from towerd.faceid.thresholds import default_policy
from towerd.faceid.vault import Vault
from towerd.faceid.wire import Message, looked_scores
from towerd.faceid.worker import PRESENCE_RATE_HZ

ARRIVALS = 30
LIMIT_MS = 1000.0
_PICTURES = 30
_LIMIT_S = 10.0
ORDERS = {"o1": "obama2.jpg", "o2": "biden.jpg"}


def _jpegs(name: str) -> list[bytes]:
    scene = Scene(DEFAULT_DIR)
    scene.show(name, "" if name == BLANK else "person")
    return [cv2.imencode(".jpg", scene.frame(), [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes() for _ in range(_PICTURES)]


def _gallery(engine: FaceEngine, folder: Path) -> Gallery:
    gallery = Gallery(engine, Vault(folder, "bench"))
    for order, name in ORDERS.items():
        sealed = gallery.enrol(order, order_selfie(DEFAULT_DIR / name))[1]
        assert sealed is not None
        assert not gallery.add(order, sealed)
    return gallery


class _Arrival:
    """Somebody comes into view at `comes_s`, in front of a worker that looks since 0."""

    def __init__(self, looker: Looker, config: FaceConfig, comes_s: float) -> None:
        self._looker, self._rate_hz, self._comes_s = looker, config.frame_rate_hz, comes_s

    def decided_s(self, empty: Sequence[bytes], there: Sequence[bytes]) -> tuple[float, Message]:
        """How long after that the report is there, and the report."""
        now_s = 0.0
        while now_s < _LIMIT_S:
            number = int(now_s * self._rate_hz + 1e-6)
            taken_s = number / self._rate_hz
            pictures = there if taken_s >= self._comes_s else empty
            rate_hz = self._rate_hz if self._looker.presence(now_s) else PRESENCE_RATE_HZ
            due_s = now_s + 1 / rate_hz
            began_s = time.process_time()
            image = cv2.imdecode(np.frombuffer(pictures[number % _PICTURES], np.uint8), cv2.IMREAD_COLOR)
            report = self._looker.look(Frame(cast("Image", image), taken_s, number + 1), now_s)
            done_s = now_s + time.process_time() - began_s
            if report is not None:
                return done_s - self._comes_s, report
            now_s = max(due_s, done_s)
        raise TimeoutError(f"no report within {_LIMIT_S:g} s")


def _measure(name: EngineName, folder: Path) -> tuple[list[float], float]:
    """Seconds to each decision, and those of a burst's frames."""
    engine, config, draw = load_engine(name), FaceConfig("bench", folder, engine=name), random.Random(1)
    gallery, empty, there = _gallery(engine, folder), _jpegs(BLANK), _jpegs("obama.jpg")
    took_s = []
    for _ in range(ARRIVALS):
        looker = Looker(engine, gallery, config)
        arrival = _Arrival(looker, config, draw.uniform(1.0, 2.0))
        decided_s, report = arrival.decided_s(empty, there)
        found = decide_match(looked_scores(report), {order: order for order in ORDERS}, default_policy(name))
        assert found.customer == "o1", found
        took_s.append(decided_s)
    return took_s, (config.burst_frames + config.burst_spare) / config.frame_rate_hz


def run() -> Iterator[Figure]:
    """The figures of this file, of each engine; none where the photos are not there (`make setup` fetches them)."""
    cv2.setNumThreads(1)
    if not photos_present(DEFAULT_DIR):
        return
    engines: tuple[EngineName, ...] = ("opencv", "face_recognition")
    for name in engines:
        with scratch() as folder:
            took_s, frames_s = _measure(name, folder)
        yield Figure(
            f"face in view to decision, p95, {name}",
            percentile(took_s, 0.95) * 1000,
            frames_s * 1000,
            "ms",
            "the camera's own time for the frames of a burst",
            Target("at most", LIMIT_MS),
            f"{len(took_s)} arrivals, median {1000 * percentile(took_s, 0.5):.0f} ms",
        )
