"""What is there without a camera, without the face worker, and with a PLC that is none of ours."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import pytest

from simulator.core import Simulator
from simulator.server import ModbusServer
from tests.e2e.processes import run, towerctl
from tests.e2e.stack import Options, stack
from tests.support.photos import PHOTOS_DIR, needs_photos, selfie
from towerd.plc.registers import blocks

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(90)]


@needs_photos
def test_without_worker_or_camera_orders_are_code_only_and_number_and_code_serve(tmp_path: Path) -> None:
    with stack(tmp_path, Options(photos=PHOTOS_DIR)) as made:
        made.start()
        made.until("the face worker", lambda: made.status()["face_available"])
        daemon = made.daemon
        assert daemon is not None
        [worker] = daemon.children()
        # it hangs before it dies: the longest time without one
        os.kill(worker, signal.SIGSTOP)
        without_worker = made.order(selfie_jpeg=selfie("obama.jpg"))
        assert without_worker.answer["result"]["code_only"] is True
        made.heard.wait("the state", lambda: not made.heard.topics["state"]["identification"]["face_available"])
        made.until("another worker", lambda: made.status()["face_available"])
        assert daemon.children() != [worker]

        camera = next(one for one in made.running if one.name == "camera")
        camera.kill()
        made.until("the loss of the camera", lambda: not made.status()["face_available"])
        assert made.status()["face_reason"].startswith("camera")
        without_camera = made.order(
            "customer_2", make="Skoda", model=None, colour=None, selfie_jpeg=selfie("biden.jpg")
        )
        assert without_camera.answer["result"]["code_only"] is True
        made.enter_code(without_camera)
        made.heard.event("order_completed", without_camera.order)
        assert made.status()["can_deliver"]


class OtherPlc:
    """A Modbus TCP server over a PLC's image with one word of ID that is wrong. Serves in a thread of its own."""

    def __init__(self, offset: int, words: Sequence[int]) -> None:
        self._simulator = Simulator()
        self._simulator.step(1.0)
        self._at, self._words = blocks()["ID"].start + offset, list(words)
        self.reads: list[tuple[int, int]] = []
        self.writes: list[tuple[int, list[int]]] = []
        self.port = 0
        self._up, self._end = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def read(self, address: int, count: int) -> list[int]:
        self.reads.append((address, count))
        image = dict(enumerate(self._simulator.read(address, count), start=address))
        image |= {at: word for at, word in enumerate(self._words, start=self._at) if at in image}
        return list(image.values())

    def write(self, address: int, words: Sequence[int]) -> None:
        self.writes.append((address, list(words)))

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        server = ModbusServer(self)
        self.port = await server.start()
        self._up.set()
        await self._end.wait()
        await server.stop()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._up.wait(5)
        return self

    def __exit__(self, *exc: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(5)


def offset_of(field: str) -> int:
    block = blocks()["ID"]
    return next(one.address for one in block.fields if one.field == field) - block.start


def words_of(field: str) -> list[int]:
    return Simulator().read(blocks()["ID"].start + offset_of(field), 2)


@pytest.mark.parametrize("field", ["magic", "if_major", "word_order_test"])
def test_a_plc_of_another_kind_is_never_written_to(tmp_path: Path, field: str) -> None:
    right = words_of(field)
    wrong = {"magic": [0x4142], "if_major": [9], "word_order_test": right[::-1]}[field]
    seen = wrong[0] << 16 | wrong[1] if field == "word_order_test" else wrong[0]
    with OtherPlc(offset_of(field), wrong) as plc, stack(tmp_path, Options(plc_port=plc.port)) as made:
        made.start_house()
        made.start_daemon()
        made.until("what it saw", lambda: f"{field} is {seen}" in made.status()["plc_reason"])
        done = run(towerctl("why", "--socket", made.socket))
        assert done.returncode == 1
        told = " ".join(done.stdout.split())
        assert f"{seen}" in told
        assert field in told
        assert plc.reads
        assert plc.writes == []
        made.heard.wait("the word of it", lambda: made.heard.topics.get("plc/availability") == "offline")
        assert made.heard.topics["state"]["can_deliver"] is False
