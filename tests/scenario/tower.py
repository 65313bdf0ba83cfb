"""A whole tower in one process on a virtual clock: simulator, link, core, journal; people and faces are scripted."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from simulator.cars import Car
from simulator.config import Actors, SimulatorConfig
from simulator.core import Simulator
from tests.support.fakes import MemoryBus, ScriptedMatcher, SilentWatchdog, VirtualClock
from tests.support.orders_kit import claims, eligibility
from tests.support.sim_transport import SimTransport
from towerd.engine import Engine, Ports, Queue
from towerd.faceid.policy import MatchPolicy
from towerd.fsm import commands as cmd
from towerd.fsm import events as ev
from towerd.fsm.alarm_events import PageEnded
from towerd.fsm.config import CoreConfig
from towerd.fsm.photo_events import PhotosTaken
from towerd.fsm.reply import ReplyTo
from towerd.lift.kinematics import Kinematics, Motion
from towerd.orders.readings import Reading
from towerd.orders.stock import parse_record
from towerd.places import Place, bay
from towerd.planner.inline import InlinePlanner
from towerd.plc.config import LinkConfig
from towerd.plc.session import PlcSession
from towerd.plc.transport import Transport
from towerd.ports import Journal

SPEED_UP = 4.0
SCAN_S = 0.02
FACE = b"sealed face"
PHOTO, SEALED = "ab" * 32, "cd" * 32
"""Hashes of the one photo that is taken each time, and of what is kept of it."""
READ = Reading(odometer_km=1204, fuel_ratio=0.75)
"""What the dashboard of a car that comes back reads."""


def record(number: int, **changes: Any) -> dict[str, Any]:
    raw = {
        "id": f"v_{number:04d}",
        "tag": 3054420000 + number,
        "make": "Ford",
        "model": "Mondeo",
        "colour": "blue",
        "year": 2026,
        "trim": "Hybrid",
        "propulsion": "hybrid",
        "mass_kg": 1780,
        "length_mm": 4871,
        "width_mm": 1852,
        "height_mm": 1482,
        "image_url": "https://shop.example/v.jpg",
        "owner": "dealer_3",
        "offers": {
            "test_drive": {"fee": 15000, "deposit": 100000, "currency": "CNY"},
            "purchase": {"price": 21900000, "currency": "CNY"},
        },
    }
    return {**raw, **changes}


def car(number: int) -> Car:
    raw = record(number)
    return Car(raw["tag"], raw["mass_kg"], raw["length_mm"], raw["width_mm"], raw["height_mm"], raw)


def kinematics(config: SimulatorConfig) -> Kinematics:
    """The simulator's mechanics as towerd's settings would tell them."""
    plant = config.kinematics
    half = 360.0 / config.positions / 2
    return Kinematics(
        lift_mm_s=plant.lift_velocity_mm_s,
        lift_mm_s2=plant.lift_acceleration_mm_s2,
        turntable_deg_s=plant.turntable_velocity_cdeg_s / 100,
        turntable_deg_s2=plant.turntable_acceleration_cdeg_s2 / 100,
        fork_out_s=Motion(plant.fork_velocity_mm_s, plant.fork_acceleration_mm_s2).time_s(plant.fork_stroke_mm),
        fork_pick_s=2 * plant.pick_s,
        bay_lock_s=plant.lock_s,
        inner_door_s=plant.inner_door_s,
        outer_door_s=plant.outer_door_s,
        first_floor_mm=config.floor_height_mm,
        floor_pitch_mm=config.floor_height_mm,
        cabin_deg=tuple(n * 360.0 / config.cabins + half for n in range(config.cabins)),
        positions=config.positions,
        speed_up=config.speed_up,
    )


def small_tower(**changes: Any) -> SimulatorConfig:
    """Three floors of four bays, quick mechanics, a customer who drives off."""
    actors = Actors(auto_drive_off=True, customer_delay_s=1.0, boarding_s=0.5, driving_s=0.5)
    values = {"floors": 3, "positions": 4, "speed_up": SPEED_UP, "actors": actors, "scan_ms": round(SCAN_S * 1000)}
    return SimulatorConfig(**{**values, **changes})


@dataclass
class Tower:
    """The plant lives on; `daemon` is one life of the process."""

    config: SimulatorConfig = field(default_factory=small_tower)
    stock: Sequence[tuple[Place, int]] = ((bay(2, 3), 42), (bay(1, 1), 7))

    camera_s: float | None = None
    """How long the cabins' cameras take, once `core.photos` asks them; None: they never answer."""

    def __post_init__(self) -> None:
        self.simulator = Simulator(self.config, [(str(place), car(number)) for place, number in self.stock])
        self.writes: list[tuple[int, list[int]]] = []
        self.clock = VirtualClock()
        self.sessions = itertools.count(1001)
        self.core = CoreConfig(
            tower="nanjing-1",
            version="test",
            policy=MatchPolicy(accept=0.5, margin=0.1, frames=3),
            auto_start=True,
            resume_after_link_loss=True,
            liveness=(),
            kinematics=kinematics(self.config),
        )

    def truth(self) -> dict[str, str]:
        """Where each vehicle really is, by id."""
        return {f"v_{tag - 3054420000:04d}": place for tag, place in self.simulator.truth().items()}

    async def live(self) -> None:
        """Let the plant's time run with the loop's."""
        while True:
            await asyncio.sleep(SCAN_S)
            self.simulator.step(SCAN_S)

    def daemon(self, journal: Journal) -> Daemon:
        return Daemon(self, journal)


class Daemon:
    """One life of the daemon over a journal; ends by `stop`, or dies by whatever the journal raises."""

    def __init__(self, tower: Tower, journal: Journal, line: tuple[LinkConfig, Transport] | None = None) -> None:
        """In process, or over a real `line`."""
        self.tower, self.journal = tower, journal
        self.queue = Queue()
        self.transport = SimTransport(tower.simulator, lambda address, words: tower.writes.append((address, [*words])))
        link, transport = line or (LinkConfig(host="127.0.0.1"), self.transport)
        self.plc = PlcSession(self.queue, transport, link, tower.clock, lambda: next(tower.sessions))
        self.bus, self.matcher, self.watchdog = MemoryBus(journal.outbox), ScriptedMatcher(), SilentWatchdog()
        self.api_answers: list[Any] = []
        self.pages: list[cmd.Page] = []
        self.page_fails: str | None = None
        self.shots: list[cmd.TakePhotos] = []
        self.photo_keys_destroyed: list[str] = []
        ports = Ports(
            plc=self.plc,
            journal=journal,
            bus=self.bus,
            matcher=self.matcher,
            planner=InlinePlanner(self.queue),
            clock=tower.clock,
            watchdog=self.watchdog,
            answer_api=self.api_answers.append,
            page=self._page,
            take_photos=self._take_photos,
            destroy_photo_key=lambda command: self.photo_keys_destroyed.append(command.loan),
        )
        tables = journal.load()
        self.engine = Engine(tower.core, self.queue, ports, tables)
        self.queue.post(ev.Started(tables.meta.boot + 1, "test"))
        self.queue.post(ev.ClockJudged(True))
        self.queue.post(ev.FaceHealthChanged(True, ""))
        self._plc_task: asyncio.Task[None] | None = None
        self.task: asyncio.Task[int] | None = None

    def _take_photos(self, command: cmd.TakePhotos) -> None:
        self.shots.append(command)
        if self.tower.camera_s is not None:
            taken = PhotosTaken(command.loan, command.when, command.cabin, command.epoch, (PHOTO,), SEALED, "")
            asyncio.get_running_loop().call_later(self.tower.camera_s, self.queue.post, taken, b"sealed photos")

    def _page(self, command: cmd.Page) -> None:
        self.pages.append(command)
        self.queue.post(PageEnded(command.key, self.page_fails is None, self.page_fails or ""))

    @property
    def tables(self) -> Any:
        return self.engine.state.tables

    def start(self) -> None:
        self._plc_task = asyncio.create_task(self.plc.run(), name="plc")
        self.task = asyncio.create_task(self.engine.run(), name="engine")

    async def kill(self) -> None:
        """End both tasks at once, as a power cut does."""
        tasks = [task for task in (self._plc_task, self.task) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def until(self, condition: Callable[[], bool], what: str, limit_s: float = 120.0) -> None:
        """Wait in virtual time; the daemon's own death is told as what it is."""
        deadline_s = asyncio.get_running_loop().time() + limit_s
        while not condition():
            if self.task is not None and self.task.done():
                raise AssertionError(f"the daemon ended with {self.task.result()} before: {what}")
            if asyncio.get_running_loop().time() > deadline_s:
                raise AssertionError(f"not within {limit_s} s: {what}; {self.explain()}")
            await asyncio.sleep(0.05)

    def explain(self) -> str:
        view = self.engine.view()
        steps = [f"{s.unit} {s.code}{s.args} {s.state} {s.error} {s.reject_code}" for s in self.tables.steps.values()]
        orders = [f"{o.id} {o.state}" for o in self.tables.orders.values()]
        return f"{view.why_not} doing={view.extra} steps={steps} orders={orders} jobs={list(self.tables.jobs.values())}"

    def import_stock(self) -> None:
        entries = tuple(ev.StockEntry(parse_record(record(number)), place) for place, number in self.tower.stock)
        self.queue.post(ev.StockImported(entries, "technician", ReplyTo("api", "stock")))

    def order(self, jti: str = "o_91", customer: str = "c_7Hq2", *, face: bool = True, **changes: Any) -> None:
        """A verified test_drive token arrives."""
        now: datetime = self.tower.clock.now()
        raw = claims(jti=jti, sub=customer, iat=int(now.timestamp()), exp=int(now.timestamp()) + 3600, **changes)
        raw["eligibility"] = eligibility(as_of=(now - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ"))
        if "slot" not in changes:
            raw.pop("slot", None)
        reply = ReplyTo("mqtt", "rsp/shop", "", f"r_{jti}")
        self.queue.post(
            ev.OrderRequested(
                "test_drive",
                raw,
                f"sha-{jti}",
                reply,
                code_mac=f"mac-{jti}",
                face="enrolled" if face else "unavailable",
                face_sha256="0" * 64 if face else None,
                expires_at=now + timedelta(seconds=60),
            ),
            FACE if face else None,
        )

    def look(self, order: str | None, score: float = 0.8) -> None:
        """Somebody stands before the camera: the customer of `order`, or a stranger."""
        frame = {name: (score if name == order else 0.05) for name in self.matcher.watching}
        self.queue.post(ev.FaceLooked("opencv", 1, (frame,) * 5))
