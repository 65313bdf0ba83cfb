"""Towers for the stand-in shop in one process: the real core and plant, real tokens, and what they would publish."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from simulator.driver import Driver
from simulator.sealing import SigningKeys, issuer_for
from simulator.shop.config import ShopConfig, TowerConfig
from simulator.shop.model import Position
from simulator.shop.shop import Shop
from tests.scenario.tower import Tower, car, record, small_tower
from tests.support.sync_tower import START, SyncTower
from towerd.errors import Refusal
from towerd.fsm import events as ev
from towerd.fsm.intake_events import CarSecured
from towerd.fsm.reply import ReplyTo
from towerd.fsm.show import build_view
from towerd.fsm.turn import Turn
from towerd.mqtt.payloads import OrderBodies, answer_body, bodies, envelope
from towerd.orders.claims import WITH_CODE
from towerd.orders.keys import load_issuers, load_tower_key
from towerd.orders.tokens import open_token
from towerd.places import bay

NEAR, FAR = "nanjing-1", "shanghai-2"
PLACES = {NEAR: Position(32.06, 118.79), FAR: Position(31.23, 121.47)}
STOCK = {NEAR: ((bay(2, 3), 42), (bay(1, 1), 7)), FAR: ((bay(2, 2), 43), (bay(1, 3), 8))}
KIOSK = ReplyTo("api", "kiosk")


def time_of(core: SyncTower) -> datetime:
    return START + timedelta(seconds=core.now_s)


@dataclass
class CoreLine:
    """`Line` to a tower that is only its core. `deaf`: so many answers get lost; `away`: it cannot be reached."""

    name: str
    folder: Path
    keys: SigningKeys
    deaf: int = 0
    away: bool = False
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    claims: list[Mapping[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        tower = Tower(small_tower(speed_up=8.0, homed=True), STOCK[self.name])
        tower.core = replace(tower.core, tower=self.name)
        self.core = SyncTower(lambda *_: None, tower, now_s=(datetime.now(UTC) - START).total_seconds())
        self.key = load_tower_key(self.folder / f"{self.name}.jwk")
        self.keys.write_key_set(self.folder / "issuers.json")
        self.issuers = load_issuers(self.folder / "issuers.json")
        self.lock = threading.RLock()
        self.seq = self.told = 0
        self.shown: dict[str, dict[str, Any]] = {}
        self.bodies: dict[str, dict[str, Any]] = {}
        self.watchers: list[Callable[[str, bytes], None]] = []
        self.core.tick(3)
        self.core.import_stock()
        self.core.simulator.press_clear(1)
        self.core.tick(1)

    def open(self) -> None:
        """What is retained comes first."""
        with self.lock:
            self.bodies.clear()
            self.publish()

    def close(self) -> None:
        self.watchers.clear()

    def follow(self, show: Callable[[str, bytes], None]) -> None:
        self.watchers.append(show)

    def reachable(self) -> bool:
        return not self.away

    def held(self, name: str) -> Any:
        return {} if name == "key" else self.shown.get(name)

    def topics(self, below: str) -> dict[str, Any]:
        return {name.removeprefix(below): body for name, body in dict(self.shown).items() if name.startswith(below)}

    def seal(self, claims: Mapping[str, Any]) -> str:
        return self.keys.token(claims, issuer_for(claims["kind"]), self.key.public)

    def ask(self, verb: str, req_id: str, token: str | None, within_s: float) -> dict[str, Any] | None:
        """The token is opened as the tower opens it, and the core decides."""
        with self.lock:
            self.asked.append((req_id, token))
            opened = open_token(token or "", self.key, self.issuers, self.name, time_of(self.core))
            if isinstance(opened, Refusal):
                ok, reasons, result = False, opened.reasons, None
            else:
                self.claims.append(opened.public)
                ok, reasons, result = self._decide(verb, req_id, opened)
            self.publish()
            if self.deaf:
                self.deaf -= 1
                return None
            return self._whole(answer_body(req_id, ok, reasons, result))

    def _decide(self, verb: str, req_id: str, opened: Any) -> tuple[bool, tuple[str, ...], Any]:
        jti = opened.public["jti"]
        reply = ReplyTo("mqtt", "rsp/shop", "", req_id)
        face = "enrolled" if opened.selfie is not None else "none"
        mac = f"mac-{jti}" if verb in WITH_CODE else None
        sha = "0" * 64 if face == "enrolled" else None
        until = time_of(self.core) + timedelta(seconds=45)
        asked = ev.OrderRequested(verb, opened.public, opened.payload_sha256, reply, mac, face, (), sha, until)
        self.core.take(replace(asked, late=opened.late))
        answer = next(one for one in reversed(self.core.answers) if one.reply == reply)
        return answer.ok, answer.reasons, answer.result

    def _whole(self, body: Mapping[str, Any], at: datetime | None = None) -> dict[str, Any]:
        self.seq += 1
        return {**envelope(at or time_of(self.core), self.core.state.tables.meta.boot, self.seq, True), **body}

    def publish(self) -> None:
        """Everything that is new, as the bus would."""
        stamped = ev.Stamped(time_of(self.core), self.core.now_s, ev.TimerExpired("view"))
        turn = Turn(self.core.state, stamped, self.core.tower.core)
        for topic, body in bodies(build_view(self.core.state, self.core.tower.core, turn), OrderBodies(), str).items():
            if self.bodies.get(topic) != body:
                self.bodies[topic], self.shown[topic] = dict(body), self._whole(body)
                self._say(topic, self.shown[topic])
        rows, self.told = self.core.told[self.told :], len(self.core.told)
        for row in rows:
            self._say(row.topic, self._whole({"event_seq": row.event_seq, **row.body}, row.at))

    def _say(self, topic: str, body: Mapping[str, Any]) -> None:
        for watcher in self.watchers:
            watcher(topic, json.dumps(body).encode())

    def until(self, what: str, reached: Callable[[], Any], step: Callable[[], None] = lambda: None) -> None:
        """Let time pass until it is so; `step` is done all along."""
        for _ in range(600):
            with self.lock:
                step()
                self.core.tick(0.5)
                self.publish()
            if reached():
                return
        raise AssertionError((what, self.core.state.tables.orders, self.core.state.tables.intakes))

    def come(self, order: str, state: str = "completed") -> None:
        """Whoever ordered types number and code, and what is asked is done, until the order is so."""
        self.core.code(order, right=True)
        self.until(state, lambda: self.core.state.tables.orders[order].state == state, self._drive_in)

    def _drive_in(self) -> None:
        row = self.core.state.tables.intakes.get(1)
        if row is None or not row.open:
            return
        driver = Driver(self.core.simulator.plant, 1)
        with suppress(ValueError):
            if row.state == "waiting":
                driver.drive_in(car(int(row.vehicle.removeprefix("v_"))))
            elif row.state == "securing":
                self.core.take(CarSecured(1, "kiosk", KIOSK))
            elif row.state == "clearing":
                driver.get_out()
                driver.press()


@dataclass
class Street:
    """Two towers, and a shop that can be closed and opened again."""

    folder: Path
    lines: dict[str, CoreLine] = field(default_factory=dict)

    def __post_init__(self) -> None:
        keys = SigningKeys(self.folder / "keys")
        self.lines = {name: CoreLine(name, self.folder, keys) for name in (NEAR, FAR)}
        (self.folder / "stock.json").write_text(json.dumps({"vehicles": self.records()}), encoding="utf-8")

    @staticmethod
    def records() -> list[dict[str, Any]]:
        return [record(number) for stock in STOCK.values() for _, number in stock]

    def shop(self) -> Shop:
        """The shop, once more."""
        towers = tuple(
            TowerConfig(name, name.title(), PLACES[name], self.folder / "stock.json") for name in (FAR, NEAR)
        )
        return Shop(ShopConfig(self.folder, towers), self.lines.__getitem__)


def photo() -> bytes:
    """A picture, if not of anybody."""
    return base64.b64decode(PIXEL)


PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
