"""How often a challenge fails people who turn as asked, and whether it finds out who takes the place of another: simulated.

    python -m bench.face_challenge --photos DIR [--engine opencv] [--count 40]

DIR is searched for *.jpg, of which `count` that look ahead are taken, evenly spread, one a folder. The stand-in camera makes each head turn
(`simulator/turning.py`), and the whole look of the worker follows it, on a clock of its own at 15 frames a second. So this
measures finding, following and comparing over many faces; how real people turn, and misunderstand, it cannot tell.

Then each person's photo is held up as paper, and the next person of the row shows their own head, turned already, whenever
a turn is asked.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2

from simulator.camera import Scene
from towerd.faceid.config import FaceConfig
from towerd.faceid.engine import FaceEngine, load_engine
from towerd.faceid.frames import Frame
from towerd.faceid.look import Gallery, Looker
from towerd.faceid.pose import yaw_deg
from towerd.faceid.vault import Vault
from towerd.faceid.wire import Message

RATE_HZ = 15.0
REACTION_FRAMES = 8
TURN_FRAMES = 8
AHEAD_DEG = 6.0
_LIMIT_FRAMES = 600


class Visit:
    """Somebody before the camera: nobody waits, for it is not about who they are."""

    def __init__(self, engine: FaceEngine, folder: Path, photo: Path, shown_as: str) -> None:
        self.photo = photo
        self.scene = Scene(photo.parent)
        self.scene.show(photo.name, shown_as)
        self.looker = Looker(engine, Gallery(engine, Vault(folder, "bench")), FaceConfig("bench", folder))
        self.now_s, self.number = 100.0, 0

    def until(self, op: str, frames: int) -> Message | None:
        """The next message of that kind; None where none comes in so many frames."""
        for _ in range(frames):
            self.now_s += 1 / RATE_HZ
            self.number += 1
            told = self.looker.look(Frame(self.scene.frame(), self.now_s, self.number), self.now_s)
            if told is not None and told.op == op:
                return told
        return None

    def challenge(self, do: Callable[[str], None]) -> str:
        """How it ends: `passed`, or why not. `do` is told what is asked, a moment after it is."""
        look = self.until("looked", 60)
        if look is None:
            return "not looked at"
        told: Message | None = self.looker.challenge(int(look.header["track"]), self.now_s)
        while told is not None and told.header["outcome"] == "asking":
            asked = str(told.header["ask"])
            told = self.until("challenged", REACTION_FRAMES)
            if told is None:
                do(asked)
                told = self.until("challenged", _LIMIT_FRAMES)
        return "unfinished" if told is None else str(told.header["reason"] or told.header["outcome"])


def willing(engine: FaceEngine, folder: Path, photo: Path) -> str:
    """Somebody who does as asked."""
    visit = Visit(engine, folder, photo, "person")
    return visit.challenge(visit.scene.turn)


def swapped(engine: FaceEngine, folder: Path, photo: Path, other: Path) -> str:
    """The photo of one as paper, and another's head, turned already, where a turn is asked."""
    visit = Visit(engine, folder, photo, "paper")
    scenes = {"ahead": visit.scene}

    def do(asked: str) -> None:
        if asked not in scenes:
            scenes[asked] = Scene(other.parent)
            scenes[asked].show(other.name, "person")
            scenes[asked].turn(asked)
            for _ in range(TURN_FRAMES):
                scenes[asked].frame()
        visit.scene = scenes[asked]

    return visit.challenge(do)


def looks_ahead(engine: FaceEngine, path: Path) -> bool:
    """Whether there is a head, and it looks ahead: whoever is asked to do so does not look as on the photo."""
    scene = Scene(path.parent)
    try:
        scene.show(path.name, "person")
    except ValueError:
        return False
    faces = engine.detect(scene.frame())
    return bool(faces) and abs(yaw_deg(faces[0].landmarks)) <= AHEAD_DEG


def photos(engine: FaceEngine, folder: Path, count: int) -> list[Path]:
    """So many photos of heads that look ahead, each of another folder where there are folders."""
    first = {path.parent: path for path in sorted(folder.rglob("*.jpg"), reverse=True)}
    found = sorted(first.values()) if len(first) > 1 else sorted(folder.rglob("*.jpg"))
    good = [path for path in found[:: max(1, len(found) // (3 * count))] if looks_ahead(engine, path)]
    return good[:: max(1, len(good) // count)][:count]


def told(name: str, ends: Sequence[str]) -> str:
    """How many passed, and why the others did not."""
    counts = Counter(ends)
    passed = counts.pop("passed", 0)
    others = ", ".join(f"{reason} {count}" for reason, count in counts.most_common()) or "none"
    return f"{name}: {passed} of {len(ends)} pass; not: {others}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="challenges of simulated heads: who is willing, and who is swapped")
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--engine", choices=["opencv", "face_recognition"], default="opencv")
    parser.add_argument("--count", type=int, default=40)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
    engine = load_engine(options.engine)
    paths = photos(engine, options.photos, options.count)
    with TemporaryDirectory() as folder:
        place = Path(folder)
        print(told("who turns as asked", [willing(engine, place, path) for path in paths]), flush=True)
        others = [*paths[1:], *paths[:1]]
        ends = [swapped(engine, place, path, other) for path, other in zip(paths, others, strict=True)]
        print(told("a photo, and another's turns", ends), flush=True)


if __name__ == "__main__":
    main()
