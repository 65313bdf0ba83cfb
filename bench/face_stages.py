"""How long a selfie takes from the token to its answer, and what the face worker holds in memory.

    python -m bench.face_stages [--photos var/photos] [--engine opencv] [--rounds 20]

Times each stage in this process, then the whole through a real worker (socket, key file, sealing), then the worker's
resident memory with 50 orders watched and a face in view. The last line is a ratio: the whole over the 800 ms it may take.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import cv2

from simulator.photos import order_selfie, read_photo
from towerd.faceid.client import FaceClient
from towerd.faceid.config import EngineName, FaceConfig
from towerd.faceid.engine import load_engine
from towerd.faceid.quality import decode_selfie, measure
from towerd.faceid.template import Template, pack
from towerd.faceid.vault import Vault
from towerd.fsm.events import Event, FaceHealthChanged, FaceLooked

ORDERS = 50


class Box:
    """Keeps events, and tells when a kind has come."""

    def __init__(self) -> None:
        self.available = asyncio.Event()
        self.looked = asyncio.Event()

    def post(self, event: Event, attachment: bytes | None = None, done: Callable[[], None] | None = None) -> None:
        """As the port Inbox."""
        if isinstance(event, FaceHealthChanged) and event.available:
            self.available.set()
        if isinstance(event, FaceLooked):
            self.looked.set()


def median_ms(work: Callable[[], object], rounds: int) -> float:
    """Of `rounds` runs after one that warms up."""
    work()
    times = []
    for _ in range(rounds):
        begin_s = time.perf_counter()
        work()
        times.append((time.perf_counter() - begin_s) * 1000)
    return statistics.median(times)


def stages(name: EngineName, photos: Path, rounds: int) -> None:
    """Print the time of each stage, of a selfie and of a camera's frame."""
    engine = load_engine(name)
    selfie = order_selfie(photos / "obama.jpg")
    image = decode_selfie(selfie)
    if image is None:
        raise SystemExit("the example photo cannot be decoded")
    face = engine.detect(image)[0]
    frame = read_photo(photos / "obama2.jpg", 640)
    seen = engine.detect(frame)[0]
    vector = engine.embed(image, face)
    with tempfile.TemporaryDirectory() as folder:
        vault = Vault(Path(folder), "bench")
        clear = pack(Template(engine.name, engine.version, vector, selfie))
        gallery = [vector] * 500
        work: dict[str, Callable[[], object]] = {
            "selfie: decode": lambda: decode_selfie(selfie),
            "selfie: detect": lambda: engine.detect(image),
            "selfie: measure": lambda: measure(image, face),
            "selfie: embed": lambda: engine.embed(image, face),
            "selfie: seal, new key": lambda: (vault.destroy("o"), vault.seal("o", clear)),
            "frame: detect": lambda: engine.detect(frame),
            "frame: measure": lambda: measure(frame, seen),
            "frame: embed": lambda: engine.embed(frame, seen),
            "frame: compare with 500": lambda: [engine.similarity(vector, kept) for kept in gallery],
        }
        for stage, run in work.items():
            print(f"{stage:24} {median_ms(run, rounds):7.2f} ms")


async def whole(name: EngineName, photos: Path, rounds: int) -> None:
    """Print the time through the worker, and its memory."""
    box = Box()
    with tempfile.TemporaryDirectory() as folder:
        source = str(photos / "obama2.jpg")
        client = FaceClient(box, FaceConfig("bench", Path(folder), source, name, enrol_limit_s=5))
        task = asyncio.create_task(client.run())
        await box.available.wait()
        selfie, times, sealed = order_selfie(photos / "obama.jpg"), [], {}
        for number in range(max(rounds, ORDERS)):
            begin_s = time.perf_counter()
            answer = await client.enrol(f"o{number}", selfie)
            times.append((time.perf_counter() - begin_s) * 1000)
            sealed[f"o{number}"] = answer.sealed or b""
        client.watch(dict(list(sealed.items())[:ORDERS]))
        await box.looked.wait()
        times.sort()
        worst_ms = times[int(len(times) * 0.95)]
        print(f"enrol through the worker: median {statistics.median(times):.0f} ms, p95 {worst_ms:.0f} ms")
        print(f"resident memory of the worker: {_resident_mb(client.worker_pid):.0f} MB")
        print(f"share of the limit of 800 ms (p95): {worst_ms / 800:.2f}")
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _resident_mb(pid: int | None) -> float:
    return int(Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()[0]) / 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, default=Path("var/photos"))
    parser.add_argument("--engine", choices=["opencv", "face_recognition"], default="opencv")
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    name = cast("EngineName", options.engine)
    stages(name, options.photos, options.rounds)
    asyncio.run(whole(name, options.photos, options.rounds))


if __name__ == "__main__":
    main()
