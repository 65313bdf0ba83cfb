"""From the scan in which the sensors tell the end of a motion to the arrival of the next command, at the 99th percentile.

A simulator in a process of its own notes both (`bench.plant`); link, engine and the journal on the disk are the real ones
and deliver a score of cars. The next command may be one poll interval late, since nothing is seen between polls, and 5 ms.
Baseline: a loop of bare pymodbus that polls as often and writes its next command as soon as it has seen the end.
"""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from pymodbus.client import AsyncModbusTcpClient

from bench import plant
from bench.figure import Figure, Target, scratch
from bench.wire import TakingWire
from tests.scenario.tower import FACE, kinematics, record
from tests.support.fakes import KEY, TOPICS, ScriptedMatcher, SilentWatchdog
from tests.support.orders_kit import claims, eligibility
from towerd.answer_keys import AnswerKeys
from towerd.cabin.model import Signal
from towerd.cabin.registers import signal
from towerd.clock import SystemClock
from towerd.customers import KeyedCustomers
from towerd.engine import Engine, Ports, Queue
from towerd.faceid.policy import MatchPolicy
from towerd.fsm import events as ev
from towerd.fsm.commands import WriteMailbox
from towerd.fsm.config import CoreConfig
from towerd.fsm.reply import ReplyTo
from towerd.journal.sqlite import SqliteJournal
from towerd.mqtt.bus import BusParts, MqttBus
from towerd.mqtt.intake import IntakeParts
from towerd.orders.stock import parse_record
from towerd.planner.inline import InlinePlanner
from towerd.plc.config import LinkConfig
from towerd.plc.link import TcpTransport
from towerd.plc.outgoing import Control, words_of
from towerd.plc.registers import blocks
from towerd.plc.session import PlcSession
from towerd.plc.snapshot import Unit
from towerd.plc.transport import Transport
from towerd.units import next_seq

HOST = "127.0.0.1"
SESSION = 4711
SLACK_MS = 5.0
BARE_JOB = 0xFFFF
BARE_COMMANDS = 120
VISITS_LIMIT_S = 240.0
BARE_LIMIT_S = 90.0
FAST_READS = ((128, 96), (224, 64), (288, 48))


@contextmanager
def running(samples: list[tuple[int, float]]) -> Iterator[int]:
    """The plant in its own process; gives its port, and fills in the samples when it has ended."""
    command = [sys.executable, "-m", "bench.plant"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            yield int(line.split("port=")[1].split()[0])
        finally:
            process.terminate()
            last = process.stdout.read() if process.stdout else ""
        samples += json.loads(last.splitlines()[-1])


def percentile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that `share` (0 to 1) of all do not exceed."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, round(share * len(ordered)))]


class House:
    """The real core, link and journal; people and faces are scripted. `around` may watch what is sent."""

    def __init__(self, port: int, folder: Path, around: Callable[[Transport], Transport] = lambda line: line) -> None:
        self.queue, self.clock = Queue(), SystemClock()
        self.matcher, self.answers = ScriptedMatcher(), list[Any]()
        self.journal = SqliteJournal(folder / "journal.db")
        link = LinkConfig(host=HOST, port=port)
        self.plc = PlcSession(self.queue, around(TcpTransport(link)), link, self.clock, lambda: SESSION)
        intake = IntakeParts(
            topics=TOPICS,
            key=lambda: KEY,
            secret=b"",
            issuers=dict,
            now=self.clock.now,
            known=lambda token_id: False,
            inbox=self.queue,
            matcher=self.matcher,
            customers=KeyedCustomers(folder / "customers", b""),
            digest=AnswerKeys(folder / "answers", lambda: self.clock.now().timestamp()).digest,
        )
        self.bus = MqttBus(BusParts(TakingWire(), self.clock, self.journal.outbox, intake))
        ports = Ports(
            plc=self.plc,
            journal=self.journal,
            bus=self.bus,
            matcher=self.matcher,
            planner=InlinePlanner(self.queue),
            clock=self.clock,
            watchdog=SilentWatchdog(),
            answer_api=self.answers.append,
        )
        core = CoreConfig(
            tower="nanjing-1",
            version="bench",
            policy=MatchPolicy(accept=0.5, margin=0.1, frames=3),
            auto_start=True,
            resume_after_link_loss=True,
            liveness=(),
            kinematics=kinematics(plant.config()),
        )
        self.engine = Engine(core, self.queue, ports, self.journal.load())
        for event in (ev.Started(1, "bench"), ev.ClockJudged(True), ev.FaceHealthChanged(True, "")):
            self.queue.post(event)

    def start(self) -> list[asyncio.Task[Any]]:
        """Set it to work."""
        return [asyncio.create_task(run()) for run in (self.plc.run, self.engine.run, self.bus.run)]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for it; a look every 0.1 s is enough, for the time is not taken here."""
        while not condition():  # noqa: ASYNC110 - what the engine holds gives no sign of its own
            await asyncio.sleep(0.1)

    def order(self, number: int) -> None:
        """A customer orders a car."""
        now = self.clock.now()
        raw = claims(jti=f"o_{number}", sub=f"c_{number}", iat=int(now.timestamp()), exp=int(now.timestamp()) + 3600)
        raw["eligibility"] = eligibility(as_of=(now - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ"))
        raw.pop("slot", None)
        reply = ReplyTo("mqtt", "rsp/shop", "", f"r_{number}")
        code, until = f"mac-{number}", now + timedelta(seconds=60)
        asked = ev.OrderRequested(
            "test_drive", raw, f"sha-{number}", reply, code, "enrolled", face_sha256="0" * 64, expires_at=until
        )
        self.queue.post(asked, FACE)

    async def visits(self) -> None:
        """Every car is ordered and fetched."""
        await self.until(lambda: self.engine.view().can_deliver)
        entries = tuple(ev.StockEntry(parse_record(record(number)), place) for place, number in plant.stock())
        self.queue.post(ev.StockImported(entries, "bench", ReplyTo("api", "stock")))
        await self.until(lambda: bool(self.answers))
        for number in range(plant.CARS):
            self.order(number)
            await self.until(lambda: bool(self.matcher.watching))
            self.look(f"o_{number}")
            await self.until(lambda: not self.open_orders())

    def look(self, order: str) -> None:
        """The customer stands before the camera."""
        frame = {name: 0.8 if name == order else 0.05 for name in self.matcher.watching}
        self.queue.post(ev.FaceLooked("opencv", 1, (frame,) * 5))

    def open_orders(self) -> bool:
        """Whether a car is still on its way."""
        return any(order.open for order in self.engine.state.tables.orders.values())


async def _deliver(port: int, folder: Path) -> None:
    house = House(port, folder)
    tasks = house.start()
    try:
        async with asyncio.timeout(VISITS_LIMIT_S):
            await house.visits()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        house.journal.close()


async def _bare(port: int) -> None:
    """Poll, and write the next command when the last has ended; it goes on with the session that is there.

    The moment of the first poll after a write is drawn, so that ends fall anywhere between two polls.
    """
    poll_s, table = LinkConfig(host=HOST).poll_s, blocks()
    mailbox, first = table["STS_CABIN1"], FAST_READS[0][0]
    last_word, taken_word = (mailbox.field(name).address - first for name in ("last_seq", "taken_seq"))
    draw, control, seq, written = random.Random(1), Control(SESSION), 0, 0
    client = AsyncModbusTcpClient(HOST, port=port, retries=0, reconnect_delay=0)
    await client.connect()
    while written < BARE_COMMANDS:
        await client.write_registers(table["CTL"].start, control.next_words(0))
        answers = [await client.read_holding_registers(address, count=count) for address, count in FAST_READS]
        words = answers[0].registers
        if seq in (0, words[last_word]):
            command = signal(Signal.DRIVE_BACK if written % 2 else Signal.RED)
            seq, written = next_seq(words[taken_word]), written + 1
            write = WriteMailbox(Unit.CABIN1, seq, SESSION, command.code, command.args, BARE_JOB, 100)
            await client.write_registers(table["CMD_CABIN1"].start, words_of(write))
            await asyncio.sleep(draw.uniform(0, poll_s))
        else:
            await asyncio.sleep(poll_s)
    client.close()


def run() -> Iterator[Figure]:
    """The figure of this file."""
    samples: list[tuple[int, float]] = []
    with scratch() as folder, running(samples) as port:
        asyncio.run(_deliver(port, folder))
        asyncio.run(asyncio.wait_for(_bare(port), BARE_LIMIT_S))
    ours_ms = [took_s * 1000 for job, took_s in samples if job != BARE_JOB]
    bare_ms = [took_s * 1000 for job, took_s in samples if job == BARE_JOB]
    poll_ms = LinkConfig(host=HOST).poll_ms
    how = f"{len(ours_ms)} commands of {plant.CARS} deliveries, median {percentile(ours_ms, 0.5):.0f} ms; poll {poll_ms} ms"
    yield Figure(
        "reaction: sensor to next command, p99",
        percentile(ours_ms, 0.99),
        percentile(bare_ms, 0.99),
        "ms",
        "a bare polling loop",
        Target("at most", poll_ms + SLACK_MS),
        how,
    )
