"""How long each stage of a look takes on one thread, and the memory of an engine: in a process of its own.

    python -m towerd.facebench.stages ENGINE PICTURE ROUNDS

The picture, which must show a face, is laid into a frame of 1280 × 720, once large and once small.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

import cv2
import numpy as np

from towerd.faceid.config import EngineName
from towerd.faceid.engine import Face, FaceEngine, Image, load_engine

WIDTH_PX, HEIGHT_PX = 1280, 720
WAITING = 500
_FAR_SHARE = 0.4
_LIMIT_S = 600


@dataclass(frozen=True, slots=True)
class Stage:
    """Medians over the rounds: on the clock, and of the processor."""

    name: str
    clock_ms: float
    cpu_ms: float


@dataclass(frozen=True, slots=True)
class Cost:
    """The stages of one engine and the resident memory of a process that uses it."""

    stages: tuple[Stage, ...]
    memory_mb: float

    @property
    def locate_and_encode_ms(self) -> float:
        """Of the processor, for a face that is near."""
        return sum(stage.cpu_ms for stage in self.stages if stage.name in {"locate", "encode"})


def frame_with(picture: Image, share: float) -> Image:
    """A grey frame of 1280 × 720 with the picture in its middle, `share` of the height high."""
    frame = np.full((HEIGHT_PX, WIDTH_PX, 3), 110, np.uint8)
    factor = HEIGHT_PX * share / picture.shape[0]
    factor = min(factor, WIDTH_PX / picture.shape[1])
    small = cv2.resize(picture, None, fx=factor, fy=factor)
    top, left = (HEIGHT_PX - small.shape[0]) // 2, (WIDTH_PX - small.shape[1]) // 2
    frame[top : top + small.shape[0], left : left + small.shape[1]] = small
    return frame


def _stage(name: str, work: Callable[[], object], rounds: int) -> Stage:
    work()
    clock, cpu = [], []
    for _ in range(rounds):
        begin_s, begin_cpu_s = time.perf_counter(), time.process_time()
        work()
        clock.append((time.perf_counter() - begin_s) * 1000)
        cpu.append((time.process_time() - begin_cpu_s) * 1000)
    return Stage(name, statistics.median(clock), statistics.median(cpu))


def cost(engine: FaceEngine, picture: Image, rounds: int) -> Cost:
    """Measure here. Raises ValueError where the engine finds no face in the picture."""
    near, far = frame_with(picture, 1.0), frame_with(picture, _FAR_SHARE)
    found = engine.detect(near)
    if not found:
        raise ValueError(f"{engine.name} finds no face in the picture that was to be timed")
    face: Face = found[0]
    vector = engine.embed(near, face)
    gallery = [vector] * WAITING
    stages = (
        _stage("locate", lambda: engine.detect(near), rounds),
        _stage("locate, face far", lambda: engine.detect(far), rounds),
        _stage("encode", lambda: engine.embed(near, face), rounds),
        _stage("match 1:500", lambda: [engine.similarity(vector, kept) for kept in gallery], rounds),
    )
    return Cost(stages, resident_mb())


def resident_mb() -> float:
    """Of this process."""
    return int(Path("/proc/self/status").read_text(encoding="ascii").split("VmRSS:")[1].split()[0]) / 1024


def cost_apart(engine: EngineName, picture: Path, rounds: int) -> Cost:
    """The same in a fresh process, so that nothing else is in its memory. Raises ValueError with what it said."""
    command = [sys.executable, "-m", "towerd.facebench.stages", engine, str(picture), str(rounds)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S, check=False)  # noqa: S603
    if done.returncode:
        raise ValueError((done.stderr.strip().splitlines() or ["the timing failed"])[-1])
    told = json.loads(done.stdout.splitlines()[-1])
    return Cost(tuple(Stage(**stage) for stage in told["stages"]), told["memory_mb"])


def main(arguments: list[str]) -> int:
    """As a process of its own."""
    name, path, rounds = arguments
    cv2.setNumThreads(1)
    picture = cv2.imread(path)
    if picture is None:
        print(f"{path} is no picture", file=sys.stderr)
        return 1
    print(json.dumps(asdict(cost(load_engine(cast("EngineName", name)), cast("Image", picture), int(rounds)))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
