"""The daemon's side of the face worker, against a worker that is scripted: on a virtual clock, without a process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import pytest

from towerd.faceid import client as module
from towerd.faceid.client import FaceClient
from towerd.faceid.config import FaceConfig
from towerd.faceid.process import WorkerStartError
from towerd.faceid.vault import Vault
from towerd.faceid.wire import BODY_MAX_BYTES, Message, WireError, encode
from towerd.fsm.events import Event, FaceHealthChanged, FaceLooked
from towerd.fsm.face_events import FaceChallenged, FacesAlike
from towerd.keyfiles import KeyFiles

pytestmark = pytest.mark.looptime(True)


class ScriptedWorker:
    """Answers at once, unless told to be silent."""

    def __init__(self) -> None:
        self.pid = 4711
        self.silent = False
        self.killed = False
        self.alike: list[str] = []
        self.picture = b"jpeg"
        self.sent: list[Message] = []
        self.says: asyncio.Queue[Message | Exception] = asyncio.Queue()

    def send(self, message: Message) -> None:
        encode(message)
        self.sent.append(message)
        if not self.silent and message.op != "challenge":
            answers = {"ping": "pong", "enrol": "enrolled", "watch": "done", "unwatch": "done", "preview": "picture"}
            header = {"op": answers[message.op], "id": message.header["id"], "reasons": [], "alike": self.alike}
            self.says.put_nowait(Message(header, {"enrol": b"sealed", "preview": self.picture}.get(message.op, b"")))

    async def receive(self) -> Message:
        said = await self.says.get()
        if isinstance(said, Exception):
            raise said
        return said

    async def kill(self) -> None:
        self.killed = True

    def ops(self, *wanted: str) -> list[tuple[str, str]]:
        return [(message.op, message.header["order"]) for message in self.sent if message.op in wanted]


class Bench:
    """A client with scripted workers, one after another."""

    def __init__(self, tmp_path: Path) -> None:
        self.events: list[Event] = []
        self.workers: list[ScriptedWorker] = []
        self.starts_at_s: list[float] = []
        self.cannot_start: Exception | None = None
        self.client = FaceClient(self, FaceConfig("t1", tmp_path, "0"))

    def post(self, event: Event, attachment: bytes | None = None, done: Callable[[], None] | None = None) -> None:
        self.events.append(event)

    async def start(self, config: FaceConfig) -> ScriptedWorker:
        self.starts_at_s.append(asyncio.get_running_loop().time())
        if self.cannot_start is not None:
            raise self.cannot_start
        self.workers.append(ScriptedWorker())
        return self.workers[-1]

    async def see(self) -> None:
        """The camera of the newest worker shows something."""
        self.workers[-1].says.put_nowait(Message({"op": "camera", "good": True, "reason": ""}))
        await asyncio.sleep(0.01)

    def health(self) -> list[tuple[bool, str]]:
        return [(event.available, event.reason) for event in self.events if isinstance(event, FaceHealthChanged)]

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.client.run())
        await asyncio.sleep(0.01)
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = Bench(tmp_path)
    monkeypatch.setattr(module.WorkerProcess, "start", bench.start)
    return bench


async def test_health_is_told_once_a_change(bench: Bench) -> None:
    async with bench.running():
        for good, reason in ((False, "camera_starting"), (True, ""), (True, ""), (False, "camera_black")):
            bench.workers[0].says.put_nowait(Message({"op": "camera", "good": good, "reason": reason}))
        await asyncio.sleep(0.01)
        expected = [(False, "worker_starting"), (False, "camera_starting"), (True, ""), (False, "camera_black")]
        assert bench.health() == expected
    assert bench.workers[0].killed


async def test_a_look_becomes_an_event(bench: Bench) -> None:
    async with bench.running():
        header = {
            "op": "looked",
            "engine": "opencv",
            "track": 3,
            "liveness": "not_checked",
            "orders": ["a"],
            "frames": 1,
        }
        bench.workers[0].says.put_nowait(Message(header, np.array([0.5], "<f4").tobytes()))
        await asyncio.sleep(0.01)
        assert bench.events[-1] == FaceLooked("opencv", 3, ({"a": 0.5},), "not_checked")


async def test_a_selfie_is_enrolled_or_unavailable_in_time(bench: Bench) -> None:
    loop = asyncio.get_running_loop()
    assert (await bench.client.enrol("o", b"jpeg")).outcome == "unavailable"
    async with bench.running():
        assert (await bench.client.enrol("o", b"jpeg")).outcome == "unavailable"
        await bench.see()
        done = await bench.client.enrol("o", b"jpeg")
        assert (done.outcome, done.sealed) == ("enrolled", b"sealed")
        bench.workers[0].silent = True
        begin_s = loop.time()
        assert (await bench.client.enrol("o", b"jpeg")).outcome == "unavailable"
        assert loop.time() - begin_s == pytest.approx(0.8, abs=0.01)
        waiting = asyncio.create_task(bench.client.enrol("o", b"jpeg"))
        await asyncio.sleep(0.01)
        bench.workers[0].says.put_nowait(EOFError())
        assert (await waiting).outcome == "unavailable"
        await asyncio.sleep(0.01)
        assert bench.health()[-1] == (False, "worker_died")


async def test_a_worker_that_says_it_cannot_is_unavailable(bench: Bench) -> None:
    async with bench.running():
        worker = bench.workers[0]
        await bench.see()
        worker.silent = True
        waiting = asyncio.create_task(bench.client.enrol("o", b"jpeg"))
        await asyncio.sleep(0.01)
        number = next(message.header["id"] for message in worker.sent if message.op == "enrol")
        worker.says.put_nowait(Message({"op": "unavailable", "id": number, "reasons": ["too_late"]}))
        worker.says.put_nowait(Message({"op": "unavailable", "id": number, "reasons": ["too_late"]}))
        assert (await waiting).outcome == "unavailable"


async def test_a_silent_worker_is_replaced_within_its_limits(bench: Bench) -> None:
    async with bench.running():
        await asyncio.sleep(5)
        bench.workers[0].silent = True
        await asyncio.sleep(3.1)
        assert bench.workers[0].killed
        assert bench.health()[-1] == (False, "worker_hung")
        await asyncio.sleep(0.5)
        assert len(bench.workers) == 2


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (WireError("x"), "worker_speaks_nonsense"),
        (Message({"op": "looked"}), "worker_speaks_nonsense"),
        (Message({"op": "pong", "id": "x"}), "worker_speaks_nonsense"),
        (Message({"op": "pong"}), "worker_speaks_nonsense"),
        (ConnectionResetError(), "worker_died"),
    ],
)
async def test_a_worker_that_breaks_is_replaced(bench: Bench, said: Message | Exception, why: str) -> None:
    async with bench.running():
        bench.workers[0].says.put_nowait(said)
        await asyncio.sleep(0.01)
        assert bench.health()[-1] == (False, why)
        await asyncio.sleep(0.6)
        assert len(bench.workers) == 2


async def test_the_pause_between_starts_grows_to_its_limit(bench: Bench) -> None:
    bench.cannot_start = WorkerStartError("worker_unusable: a network is missing")
    async with bench.running():
        await asyncio.sleep(100)
    pauses = np.diff(bench.starts_at_s)
    assert pauses[:7] == pytest.approx([0.5, 1, 2, 4, 8, 16, 30], abs=0.01)
    assert bench.health() == [(False, "worker_starting"), (False, "worker_unusable: a network is missing")]


async def test_an_operating_system_that_refuses_is_told(bench: Bench) -> None:
    bench.cannot_start = OSError(24, "Too many open files")
    async with bench.running():
        assert bench.health()[-1] == (False, "worker_lost: Too many open files")


async def test_only_what_changed_is_fed_and_a_new_worker_gets_all(bench: Bench) -> None:
    async with bench.running():
        bench.client.watch({"a": b"1", "b": b"2"})
        await asyncio.sleep(0.01)
        bench.client.watch({"b": b"2", "c": b"3"})
        await asyncio.sleep(0.01)
        first = [("watch", "a"), ("watch", "b"), ("unwatch", "a"), ("watch", "c")]
        assert bench.workers[0].ops("watch", "unwatch") == first
        bench.workers[0].says.put_nowait(EOFError())
        await asyncio.sleep(1)
        assert bench.workers[1].ops("watch", "unwatch") == [("watch", "b"), ("watch", "c")]


async def test_a_ciphertext_too_large_to_be_one_is_left_out(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    async with bench.running():
        bench.client.watch({"a": bytes(BODY_MAX_BYTES + 1), "b": b"2"})
        await asyncio.sleep(0.01)
        assert bench.workers[0].ops("watch") == [("watch", "b")]
        assert "order a cannot be compared" in caplog.text


async def test_a_face_that_cannot_be_read_is_told_by_its_order(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    async with bench.running():
        said = {"op": "unreadable", "id": 99, "order": "a", "reason": "the key is gone"}
        bench.workers[0].says.put_nowait(Message(said))
        await asyncio.sleep(0.01)
        assert "order a cannot be compared: the key is gone" in caplog.text
        assert len(bench.workers) == 1


@pytest.mark.looptime(False)
async def test_a_key_is_destroyed_though_the_disk_refuses_at_first(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = Vault(tmp_path, "t1")
    vault.seal("a", b"face")
    destroy, refusals, sleep = KeyFiles.destroy, [OSError(5, "Input/output error")], asyncio.sleep

    def refuse_once(self: KeyFiles, order: str) -> bool:
        if refusals:
            raise refusals.pop()
        return destroy(self, order)

    monkeypatch.setattr(KeyFiles, "destroy", refuse_once)
    monkeypatch.setattr(asyncio, "sleep", lambda _: sleep(0))
    bench.client.watch({"a": b"1"})
    bench.client.destroy_key("a")
    bench.client.destroy_key("a")
    run = asyncio.create_task(bench.client.run())
    await sleep(0)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert not vault.path("a").exists()


def challenged(**changes: object) -> Message:
    header = {"op": "challenged", "track": 4, "outcome": "asking", "ask": "left", "made": 1, "order": ["right", "left"]}
    return Message(header | changes)


async def test_what_is_asked_is_posted_as_an_event(bench: Bench) -> None:
    async with bench.running():
        bench.client.challenge(4)
        assert bench.workers[0].sent[-1].header == {"op": "challenge", "track": 4}
        bench.workers[0].says.put_nowait(challenged())
        await asyncio.sleep(0.01)
        assert bench.events[-1] == FaceChallenged(4, "asking", "left", 1, ("right", "left"))


@pytest.mark.parametrize(
    "changes", [{"ask": "up"}, {"outcome": "won"}, {"order": ["left", "up"]}, {"made": None}, {"track": "x"}]
)
async def test_a_challenge_that_no_worker_of_this_version_makes_is_nonsense(
    bench: Bench, changes: dict[str, object]
) -> None:
    async with bench.running():
        bench.workers[0].says.put_nowait(challenged(**changes))
        await asyncio.sleep(0.01)
        assert bench.health()[-1] == (False, "worker_speaks_nonsense")


async def test_without_a_worker_nobody_is_asked(bench: Bench) -> None:
    bench.client.challenge(1)
    assert not bench.workers


async def test_selfies_that_are_alike_are_told(bench: Bench) -> None:
    async with bench.running():
        bench.client.watch({"o1": b"1"})
        await asyncio.sleep(0.01)
        bench.workers[0].alike = ["o1"]
        bench.client.watch({"o1": b"1", "o2": b"2"})
        await asyncio.sleep(0.01)
        assert [event for event in bench.events if isinstance(event, FacesAlike)] == [FacesAlike("o2", ("o1",))]


async def test_a_picture_is_made_when_asked_for_ten_times_a_second_at_most_and_kept_no_longer(bench: Bench) -> None:
    async with bench.running():
        assert await bench.client.preview() is None
        await bench.see()
        worker = bench.workers[0]
        assert await bench.client.preview() == b"jpeg"
        assert await bench.client.preview() == b"jpeg"
        assert len([message for message in worker.sent if message.op == "preview"]) == 1
        await asyncio.sleep(0.15)
        worker.picture = b""
        assert await bench.client.preview() is None
        await asyncio.sleep(0.15)
        worker.silent = True
        assert await bench.client.preview() is None
    assert await bench.client.preview() is None


async def test_a_row_of_selfies_goes_before_who_is_watched_anew_but_not_for_ever(bench: Bench) -> None:
    async with bench.running():
        await bench.see()
        worker = bench.workers[0]
        await bench.client.enrol("o1", b"jpeg", hurried=True)
        bench.client.watch({"o1": b"1", "o2": b"2"})
        for _ in range(4):
            await asyncio.sleep(0.2)
            await bench.client.enrol("o3", b"jpeg", hurried=True)
            assert worker.ops("watch") == []
        await asyncio.sleep(0.25)
        assert worker.ops("watch") == [("watch", "o1")], "a second is long enough"
        await asyncio.sleep(0.06)
        assert worker.ops("watch") == [("watch", "o1"), ("watch", "o2")], "the row has ended"
        assert [message.header["hurried"] for message in worker.sent if message.op == "enrol"] == [True] * 5
        await bench.client.enrol("o3", b"jpeg", hurried=True)
        bench.client.watch({"o2": b"2", "o3": b"3"})
        await asyncio.sleep(0.1)
        bench.client.watch({"o2": b"2"})
        await asyncio.sleep(1)
        assert worker.ops("watch", "unwatch")[2:] == [("unwatch", "o1")], "o3 has gone before it was its turn"
        assert bench.health()[-1] == (True, "")
