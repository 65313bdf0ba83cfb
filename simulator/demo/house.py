"""All parts of the demo, started in order over real connections, and ended together."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import httpx

from simulator.control import ask
from simulator.demo import files
from simulator.demo.board import Board
from simulator.demo.feed import ApiFeed, MqttFeed
from simulator.demo.processes import DemoError, Processes, Running, module, run_json, towerctl
from simulator.tower_link import Where

_MARK = ".towerd-demo"
_SOCKET_PATH_MAX = 100
_START_S = 20.0
_COMMAND_S = 30.0


@dataclass(frozen=True, slots=True)
class Options:
    """What the demo is asked for, and what makes its tower one of several.

    `broker_port` 0: a broker of its own. `keys`: the platform's folder, None: its own.
    `cars_after`: the numbers of its cars begin after this one.
    """

    folder: Path
    photos: Path
    engine: str = "opencv"
    speed_up: float = 8.0
    seed: int = 1
    tower: str = files.TOWER
    camera: bool = True
    broker_port: int = 0
    keys: Path | None = None
    cars_after: int = 0


def fresh_folder(folder: Path) -> IO[str]:
    """Empty the demo's folder and keep it: the open file that locks it. Raises DemoError where it is not the demo's."""
    mark = folder / _MARK
    if folder.exists() and any(folder.iterdir()) and not mark.exists():
        raise DemoError(f"{folder} holds something else than a demo: name another folder, or empty it")
    folder.mkdir(parents=True, exist_ok=True)
    lock = mark.open("a", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise DemoError(f"another demo runs in {folder}") from error
    for entry in folder.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        elif entry.name != _MARK:
            entry.unlink()
    return lock


class House:
    """The demo's parts. Use it as a context: everything it started has ended when the context has."""

    def __init__(self, options: Options, board: Board) -> None:
        self.options = options
        self.board = board
        self.folder = options.folder.absolute()
        self.stock = files.stock(options.seed, options.cars_after)
        self.processes = Processes(self.folder / "logs")
        self._scratch = tempfile.TemporaryDirectory(prefix="towerd-demo-")
        inside = self.folder / "api.sock"
        # the path of a Unix socket has an end, and folders may lie deep
        fits = len(os.fsencode(inside)) < _SOCKET_PATH_MAX
        self.socket = inside if fits else Path(self._scratch.name) / "api.sock"
        self.ports = files.Ports(0, 0, 0, 0)
        self._feeds: list[MqttFeed | ApiFeed] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every process. Safe to call twice."""
        for feed in self._feeds:
            feed.close()
        self._feeds.clear()
        self.processes.stop()
        self._scratch.cleanup()

    def _listening(self, running: Running, pattern: str) -> tuple[int, ...]:
        found = self.processes.await_line(running, pattern, _START_S)
        return tuple(map(int, found.groups()))

    def _start_plc(self, stock: Path) -> Running:
        size = ("--floors", files.FLOORS, "--positions", files.POSITIONS, "--cabins", files.CABINS)
        ports = ("--port", 0, "--control-port", 0)
        play = ("--stock", stock, "--speed-up", self.options.speed_up, "--seed", self.options.seed, "--auto-drive-off")
        seen = ("--cabin-pictures", self.folder / "cabins") if self.options.camera else ()
        return self.processes.start("plc", module("simulator", *size, *ports, *play, *seen))

    def _start_broker(self) -> Running | None:
        if self.options.broker_port:
            return None
        return self.processes.start("broker", module("simulator.broker", "--port", 0))

    def _start_camera(self) -> Running | None:
        if not self.options.camera:
            return None
        arguments = ("--photos", self.options.photos, "--seed", self.options.seed)
        return self.processes.start("camera", module("simulator.camera", *arguments))

    def start(self) -> None:
        """Start broker, PLC, camera, platform and towerd, and wait until the tower has spoken. Raises DemoError."""
        stock = self.folder / "stock.json"
        stock.write_text(json.dumps(self.stock, indent=1), encoding="utf-8")
        broker = self._start_broker()
        plc = self._start_plc(stock)
        camera = self._start_camera()
        platform = self.processes.start(
            "platform-init", self.platform("init", "--issuers", self.folder / "issuers.json"), has_task=True
        )
        plc_port, control_port = self._listening(plc, r"port=(\d+) control=(\d+)")
        self.ports = files.Ports(
            broker=self.options.broker_port if broker is None else self._listening(broker, r'"port": (\d+)')[0],
            plc=plc_port,
            control=control_port,
            camera=0 if camera is None else self._listening(camera, r'"port": (\d+)')[0],
        )
        self.processes.await_end(platform, _START_S)
        self._start_towerd()

    def _start_towerd(self) -> None:
        config = self.folder / "tower.toml"
        (self.folder / "keys").mkdir(mode=0o700)
        content = files.settings(
            self.ports, self.socket, self.options.engine, self.options.speed_up, self.options.tower
        )
        if self.options.camera:
            content["photos"] = {"cabin_1": [str(self.folder / "cabins" / "cabin1.jpg")]}
        config.write_text(files.toml(content), encoding="utf-8")
        mqtt = MqttFeed(self.board, Where(self.options.tower, self.ports.broker))
        self._feeds.append(mqtt)
        self.processes.start("towerd", module("towerd", "run", "--config", config))
        mqtt.connect()
        self._feeds.append(ApiFeed(self.board, self.socket))

    def platform(self, *arguments: object) -> list[str]:
        """A command line of the order platform's stand-in, with keys of its own in the demo's folder."""
        keys = self.options.keys or self.folder / "platform"
        where = ("--folder", keys, "--tower", self.options.tower)
        # its keys are made before the broker has a port
        port = ("--port", self.ports.broker) if self.ports.broker else ()
        return module("simulator.platform", *where, *port, *arguments)

    def order(self, *arguments: object) -> dict[str, Any]:
        """Order over the platform; the answer with what the customer knows. Raises DemoError where it is refused."""
        answer = run_json(self.platform("order", "--json", *arguments), _COMMAND_S)
        if not answer["ok"]:
            raise DemoError(f"the tower refuses the order: {', '.join(answer['reasons'])}")
        return answer

    def import_stock(self) -> dict[str, Any]:
        """`towerd stock import`. Raises DemoError where it is refused."""
        command = module("towerd", "stock", "import", self.folder / "stock.json", "--socket", self.socket, "--json")
        answer = run_json(command, _COMMAND_S)
        if not answer["ok"]:
            raise DemoError(f"the stock file is refused: {answer}")
        return answer

    def code(self, number: str, code: str) -> dict[str, Any]:
        """`towerctl code`: what a customer types. Raises DemoError where it is refused."""
        answer = run_json(towerctl("code", number, code, "--socket", self.socket, "--json"), _COMMAND_S)
        if not answer["ok"]:
            raise DemoError(f"number and code are refused: {answer}")
        return answer

    def show(self, photo: str, shown_as: str = "") -> None:
        """Let somebody stand before the camera; `blank` for nobody. `shown_as`: a `person` who can turn the head, or
        `paper`, a photo held up. Raises DemoError.
        """
        self._camera("show", {"name": photo, "as": shown_as})

    def turn(self, to: str) -> None:
        """Let who is before the camera turn `left`, `right` or `ahead`. Raises DemoError."""
        self._camera("turn", {"to": to})

    def _camera(self, act: str, parameters: dict[str, str]) -> None:
        try:
            httpx.put(f"http://127.0.0.1:{self.ports.camera}/{act}", params=parameters, timeout=5.0).raise_for_status()
        except httpx.HTTPError as error:
            raise DemoError(f"the camera does not {act} {parameters}: {error}") from error

    def ask_plc(self, question: str) -> Any:
        """Ask the simulated PLC for `truth` or `executed`. Raises DemoError."""
        try:
            return ask(self.ports.control, {"do": question})[question]
        except (OSError, ValueError, KeyError) as error:
            raise DemoError(f"the simulated PLC gives no {question}: {error!r}") from error
