"""Where the board's news come from: the tower's MQTT topics and the stream of its local API, each read by a thread."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import httpx

from simulator.demo.board import Board
from simulator.demo.processes import DemoError
from simulator.tower_link import PlatformError, TowerLink, Where

_FIRST_NEWS_S = 20.0
_AGAIN_S = 0.5


class MqttFeed:
    """Every message of the tower, from before its first."""

    def __init__(self, board: Board, where: Where) -> None:
        self._link = TowerLink(where)
        threading.Thread(target=self._link.watch, args=(board.heard,), name="mqtt", daemon=True).start()

    def connect(self) -> None:
        """Subscribe, and wait until the tower has said something. Raises DemoError."""
        try:
            self._link.connect(_FIRST_NEWS_S)
        except PlatformError as error:
            raise DemoError(str(error)) from error

    def close(self) -> None:
        """Disconnect."""
        self._link.close()


class ApiFeed:
    """The status of the local API, with every change; asked again whenever the stream ends."""

    def __init__(self, board: Board, socket: Path) -> None:
        self._board, self._socket = board, socket
        self._ended = threading.Event()
        threading.Thread(target=self._run, name="api", daemon=True).start()

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                self._read()
            except httpx.TransportError:
                # the daemon is not up yet, or is being started again
                self._ended.wait(_AGAIN_S)

    def _read(self) -> None:
        # a socket of this machine knows no certificates
        transport = httpx.HTTPTransport(uds=str(self._socket), verify=False)
        with (
            httpx.Client(transport=transport, base_url="http://towerd", timeout=30.0) as client,
            client.stream("GET", "/watch") as answer,
        ):
            for line in answer.iter_lines():
                if self._ended.is_set():
                    return
                self._board.seen(json.loads(line))

    def close(self) -> None:
        """Read no more."""
        self._ended.set()
