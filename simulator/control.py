"""The control port: acts, faults and state as lines of JSON over TCP on 127.0.0.1. For demo and tests; no PLC has it."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from simulator import deeds, listing
from simulator.core import Simulator

HOST = "127.0.0.1"
LONGEST_LINE = 1 << 20
Request = dict[str, Any]


def state(sim: Simulator) -> dict[str, Any]:
    """The plant as a picture: axes, doors, people, places, and the program's state."""
    plant, plc = sim.plant, sim.plc
    return {
        "simulated": True,
        "now_ms": sim.now_ms,
        "packml_state": plc.packml.state,
        "stop_reason": plc.packml.stop_reason,
        "link_state": plc.link.state,
        "key_switch": plc.key,
        "boot_id": plc.boot_id,
        "lift_mm": round(plant.lift.position),
        "turntable_cdeg": round(plant.turntable.position),
        "fork_mm": round(plant.fork.position),
        "fork_stroke_mm": round(plant.stroke_mm),
        "station": plant.station(),
        "load": plant.carriage_car.tag if plant.carriage_car else None,
        "cabins": [
            {
                "number": booth.number,
                "inner_door_ratio": round(booth.inner.position_ratio, 3),
                "outer_door_ratio": round(booth.outer.position_ratio, 3),
                "person": booth.person or booth.stranger,
                "motion": booth.motion or booth.unrest,
                "curtain_tripped": booth.curtain_tripped or booth.obstacle,
                "vehicle": booth.car.tag if booth.car else None,
                "clear_confirmed": cabin.clear_confirmed,
                "occupancy_epoch": cabin.epoch,
                "signal": cabin.signal,
            }
            for booth, cabin in zip(plant.booths, plc.cabins, strict=True)
        ],
        "bays_unlocked": ["-".join(map(str, plant.layout.bay_at(index))) for index in sorted(plc.unlocked)],
        "alarms_active": [number for number in range(128) if plc.alarms.active >> number & 1],
        "collisions": list(plant.collisions),
        "truth": {str(tag): place for tag, place in sim.truth().items()},
    }


def _params(request: Request) -> dict[str, Any]:
    return {key: value for key, value in request.items() if key not in ("do", "name", "on")}


def _fault(sim: Simulator, request: Request) -> None:
    sim.fault(str(request["name"]), bool(request.get("on", True)), **_params(request))


FAULTS: dict[str, Callable[[Simulator, Request], None]] = {
    "fault": _fault,
    "inject": lambda sim, request: _fault(sim, {**request, "on": True}),
    "clear": lambda sim, request: _fault(sim, {**request, "on": False}),
}
QUESTIONS: dict[str, Callable[[Simulator], Any]] = {
    "state": state,
    "truth": lambda sim: {str(tag): place for tag, place in sim.truth().items()},
    "executed": lambda sim: [asdict(record) for record in sim.executed],
    "faults": lambda sim: listing.as_records(),
    "faults_active": lambda sim: [asdict(one) for one in sim.faults_active],
    "history": lambda sim: [asdict(one) for one in sim.history],
    "help": lambda sim: sorted([*deeds.DEEDS, *FAULTS, *QUESTIONS]),
}


def handle(sim: Simulator, line: bytes) -> dict[str, Any]:
    """The answer to one line: `{"ok": true, …}` or `{"ok": false, "error": "…"}`."""
    try:
        request = json.loads(line)
        name = request["do"]
        if name in QUESTIONS:
            return {"ok": True, name: QUESTIONS[name](sim)}
        if name in FAULTS:
            FAULTS[name](sim, request)
        else:
            deeds.perform(sim, str(name), {key: value for key, value in request.items() if key != "do"})
    except (ValueError, KeyError, TypeError, IndexError) as error:
        return {"ok": False, "error": f"{type(error).__name__}: {error}"}
    return {"ok": True}


class ControlServer:
    """Serves any number of clients."""

    def __init__(self, sim: Simulator) -> None:
        self._sim = sim
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, port: int = 0) -> int:
        """Listen; port 0 takes a free one. Returns the bound port. Raises OSError where it is taken."""
        self._server = await asyncio.start_server(self._connected, HOST, port, limit=LONGEST_LINE)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close all connections and stop listening."""
        if self._server is None:
            return
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            while line := await reader.readline():
                writer.write(json.dumps(handle(self._sim, line)).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError):
            return  # gone, or a line longer than the limit: nothing to answer to
        finally:
            writer.close()


def ask(port: int, request: Request, timeout_s: float = 5.0) -> dict[str, Any]:
    """One request from a client. Raises OSError where nobody answers, ValueError for an answer that is no JSON."""
    with socket.create_connection((HOST, port), timeout=timeout_s) as connection:
        connection.sendall(json.dumps(request).encode() + b"\n")
        with connection.makefile("rb") as stream:
            answer: dict[str, Any] = json.loads(stream.readline())
    return answer
