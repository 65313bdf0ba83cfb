"""A whole tower of real processes in a folder: broker, PLC simulator, platform, camera if asked for, and towerd itself."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx

from simulator.broker import EmbeddedBroker
from simulator.control import ask
from simulator.demo import files
from simulator.platform import Placed, Platform, fresh_code
from simulator.purchaser import Wish
from simulator.sealing import SigningKeys
from simulator.tower_link import Where
from tests.e2e.ear import HOST, Ear
from tests.e2e.processes import PAUSE_S, LateError, NotifySocket, Running, module, run, towerctl

TOWER = files.TOWER
PREFIX = f"towerd/v1/{TOWER}/"
SPEED_UP = 15.0
QUIET = (0, 22, 90)
"""Codes of NOP, SIGNAL and CANCEL: they move nothing."""
HOME = 4


@dataclass(frozen=True, slots=True)
class Options:
    """What differs from test to test. `changes`: settings by table, over those of the demo."""

    photos: Path | None = None
    changes: dict[str, dict[str, Any]] = field(default_factory=dict)
    drive_off: bool = True
    homed: bool = True
    speed_up: float = SPEED_UP
    plc_port: int | None = None
    broker_port: int | None = None
    """A relay's port in place of the broker's own."""
    plc_gate: int | None = None
    """A relay's port in place of the PLC's own."""


class House:
    """Parts come up with `start_house`, towerd with `start_daemon`; `close` ends everything."""

    def __init__(self, folder: Path, options: Options | None = None) -> None:
        self.folder = folder
        self.options = options or Options()
        self.scratch = Path(tempfile.mkdtemp(prefix="e2e-"))
        self.socket = self.scratch / "api.sock"
        self.config = folder / "tower.toml"
        self.notify = NotifySocket(self.scratch / "notify")
        self.broker = EmbeddedBroker()
        self.stock = files.stock(1)
        self.running: list[Running] = []
        self.control_port = self.plc_port = self.camera_port = 0
        self.daemon: Running | None = None
        self.ear: Ear | None = None
        self._platform: Platform | None = None

    def start_house(self) -> Self:
        """Everything but towerd."""
        self.broker.start()
        (self.folder / "stock.json").write_text(json.dumps(self.stock), encoding="utf-8")
        if self.options.plc_port is None:
            self._start_plc()
        else:
            self.plc_port = self.options.plc_port
        if self.options.photos is not None:
            camera = self._start("camera", module("simulator.camera", "--photos", self.options.photos))
            self.camera_port = int(camera.await_line(r'"port": (\d+)').group(1))
        SigningKeys(self.folder / "platform").write_key_set(self.folder / "issuers.json")
        (self.folder / "keys").mkdir(mode=0o700)
        self.write_config()
        self.ear = Ear(self.broker.port, PREFIX)
        return self

    def _start(self, name: str, command: list[str]) -> Running:
        running = Running(name, command, self.folder / f"{name}.log")
        self.running.append(running)
        return running

    def _start_plc(self) -> None:
        size = ("--floors", files.FLOORS, "--positions", files.POSITIONS, "--cabins", files.CABINS)
        people = ("--customer-delay-s", 0.1, "--boarding-s", 0.7, "--driving-s", 0.2)
        play = ("--stock", self.folder / "stock.json", "--speed-up", self.options.speed_up, *people)
        flags = [
            flag for flag, on in (("--auto-drive-off", self.options.drive_off), ("--homed", self.options.homed)) if on
        ]
        plc = self._start("plc", module("simulator", *size, "--port", 0, "--control-port", 0, *play, *flags))
        found = plc.await_line(r"port=(\d+) control=(\d+)")
        self.plc_port, self.control_port = int(found.group(1)), int(found.group(2))
        # somebody has looked into the cabin: the 10 s of 5.8 need not pass
        self.act("press_clear", cabin=1)

    def write_config(self, **changes: dict[str, Any]) -> None:
        """The settings: the demo's, with the options' changes and then these."""
        ports = files.Ports(
            self.options.broker_port or self.broker.port, self.options.plc_gate or self.plc_port, 0, self.camera_port
        )
        tables = files.settings(ports, self.socket, "opencv", self.options.speed_up)
        for more in (self.options.changes, changes):
            for name, values in more.items():
                tables[name] = {**tables.get(name, {}), **values}
        self.config.write_text(files.toml(tables), encoding="utf-8")

    def spawn(self, name: str = "towerd", **environment: str) -> Running:
        """towerd, not waited for."""
        told = {"NOTIFY_SOCKET": str(self.notify.path), **environment}
        running = Running(name, module("towerd", "run", "--config", self.config), self.folder / f"{name}.log", told)
        self.running.append(running)
        return running

    def start_daemon(self, **environment: str) -> Running:
        """towerd, ready."""
        self.notify.drain()
        since = len(self.notify.messages)
        self.daemon = self.spawn(**environment)
        self.notify.wait("READY=1", self.daemon, since)
        return self.daemon

    def close(self) -> None:
        """End everything. Safe to call twice."""
        if self._platform is not None:
            self._platform.close()
            self._platform = None
        if self.ear is not None:
            self.ear.close()
            self.ear = None
        for running in reversed(self.running):
            running.kill()
        self.broker.close()
        self.notify.close()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def tails(self) -> str:
        return "\n\n".join(running.tail() for running in self.running)

    @property
    def platform(self) -> Platform:
        """The order platform, connected."""
        if self._platform is None:
            self._platform = Platform(self.folder / "platform", Where(TOWER, self.broker.port)).connect()
        return self._platform

    @property
    def heard(self) -> Ear:
        assert self.ear is not None
        return self.ear

    def until(self, what: str, reached: Callable[[], Any], within_s: float = 30.0) -> Any:
        """What `reached` gives, once it gives something."""
        ends_s = time.monotonic() + within_s
        while time.monotonic() < ends_s:
            if found := reached():
                return found
            time.sleep(PAUSE_S)
        raise LateError(f"{what}: not within {within_s:g} s")

    def act(self, do: str, **arguments: Any) -> Any:
        """Do something to the plant, or ask it: the control port."""
        answer = ask(self.control_port, {"do": do, **arguments})
        assert answer["ok"], answer
        return answer.get(do)

    def show(self, photo: str, shown_as: str = "") -> None:
        """Somebody stands before the camera; as a `person` they can turn the head."""
        self._camera("show", {"name": photo, "as": shown_as})

    def _camera(self, act: str, parameters: dict[str, str]) -> None:
        httpx.put(f"http://{HOST}:{self.camera_port}/{act}", params=parameters, timeout=5.0).raise_for_status()


class Stack(House):
    """The house with what tests ask it and do in it."""

    def start(self) -> Self:
        """Everything, with the stock taken over and the machine able to deliver."""
        self.start_house()
        self.start_daemon()
        self.until("the PLC link", lambda: self.status()["plc_good"])
        self.import_stock()
        self.until_serving()
        return self

    def api(self, method: str, route: str, **content: Any) -> httpx.Response:
        # a socket knows no certificates, and to read every authority's takes 20 ms
        transport = httpx.HTTPTransport(uds=str(self.socket), verify=False)
        with httpx.Client(transport=transport, base_url="http://towerd") as client:
            return client.request(method, route, timeout=10.0, **content)

    def status(self) -> dict[str, Any]:
        body: dict[str, Any] = self.api("GET", "/status").json()
        return body

    def show_face(self, photo: str, order: str, event: str) -> None:
        """Somebody stands before the camera and turns the head as the screen asks, until the order has that event."""
        self.show(photo, "person")
        done = ""

        def known() -> bool:
            nonlocal done
            status = self.status()
            asked = status["challenge"]["ask"] if status["challenge"] else done
            if asked != done:
                self._camera("turn", {"to": asked})
                done = asked
            return self.heard.find(event, order) is not None

        self.until(f"{event} by the face {photo}", known)

    def until_serving(self) -> None:
        self.until("a tower that can deliver", lambda: self.status()["can_deliver"])

    def order_state(self, order: str) -> str | None:
        return next((one["state"] for one in self.status()["orders"] if one["id"] == order), None)

    def truth(self) -> dict[str, str]:
        """Where each vehicle really is, by its id."""
        names = {str(vehicle["tag"]): vehicle["id"] for vehicle in self.stock["vehicles"]}
        return {names[tag]: place for tag, place in self.act("truth").items()}

    def motions(self) -> list[tuple[str, int, tuple[int, ...]]]:
        """Every command that moved something, homing left out: unit, code, arguments."""
        done = self.act("executed")
        return [(e["unit"], e["code"], tuple(e["args"])) for e in done if e["code"] not in (*QUIET, HOME)]

    def import_stock(self) -> None:
        answer = self.api("POST", "/stock/import", content=(self.folder / "stock.json").read_bytes())
        assert answer.status_code == 200, answer.text

    def order(self, customer: str = "customer_1", **wish: Any) -> Placed:
        """Order a test drive, and be accepted."""
        fields = {"make": "Ford", "model": "Mondeo", "colour": "blue", **wish}
        platform = self.platform
        self.until("a catalogue", lambda: platform.topic("catalogue")["vehicles"])
        placed = platform.order(Wish(customer, fresh_code(), **fields))
        assert placed.ok, placed.answer
        return placed

    def type_code(self, placed: Placed) -> None:
        """Number and code by `towerctl code`."""
        done = run(towerctl("code", placed.number, placed.code, "--socket", self.socket))
        assert done.returncode == 0, done.stdout + done.stderr

    def enter_code(self, placed: Placed) -> None:
        """Number and code by the API, as the kiosk does."""
        answer = self.api("POST", "/code", json={"number": placed.number, "code": placed.code})
        assert answer.status_code == 200, answer.text


@contextmanager
def stack(folder: Path, options: Options | None = None) -> Iterator[Stack]:
    """A stack that has ended when the context has; where the test failed, it shows what its parts said last."""
    made = Stack(folder, options)
    try:
        yield made
    except BaseException as error:
        error.add_note(made.tails())
        raise
    finally:
        made.close()


def remembered_places(status: dict[str, Any]) -> dict[str, str]:
    """Where towerd thinks each vehicle to be, in the simulator's words, from the journal's rows that `status` shows."""
    places = {bay["vehicle"]: f"bay:{bay['place']}" for bay in status["bays"] if bay["vehicle"]}
    places |= {cabin["vehicle"]: f"cabin:{cabin['number']}" for cabin in status["cabins"] if cabin["vehicle"]}
    if status["lift"]["vehicle"]:
        places[status["lift"]["vehicle"]] = "carriage"
    places |= {loan["vehicle"]: "gone" for loan in status["loans"] if loan["state"] == "out"}
    return places
