"""From the start of the process to READY=1, and what daemon and face worker hold in memory.

Baseline of the start: a bare interpreter that imports the libraries the daemon is built on, and nothing of its own.
Baseline of the memory: a bare interpreter that waits.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.bench_poll import simulator
from bench.face_stages import ORDERS, Box
from bench.figure import Figure, Target, scratch
from simulator.photos import order_selfie
from simulator.sealing import SigningKeys
from towerd.faceid.client import FaceClient
from towerd.faceid.config import FaceConfig

ROUNDS = 5
SETTLE_S = 5.0
LIMIT_S = 30.0
PHOTOS = Path("var/photos")
LIBRARIES = (
    "apsw, fastapi, joserfc.jwe, joserfc.jws, paho.mqtt.client, pydantic_settings, pymodbus.client, structlog,"
    " transitions, click, uvicorn"
)
SETTINGS = """
state_dir = "{folder}"
[tower]
id = "bench-1"
[plc]
host = "127.0.0.1"
port = {port}
[machine.kinematics]
positions = 6
cabin_deg = [0.0]
[orders]
trust_clock = true
[face]
liveness = []
[api]
socket = "{folder}/api.sock"
group = ""
[keys]
tower_key_file = "{folder}/tower.jwk"
issuers_file = "{folder}/issuers.json"
code_secret_file = "{folder}/codes.secret"
faces_dir = "{folder}/faces"
"""


def resident_mb(pid: int | None) -> float:
    """Memory of a process that is really there, MB."""
    return int(Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()[0]) / 1024


def _await_ready(ear: socket.socket) -> None:
    while b"READY=1" not in ear.recv(4096):
        pass


def _start(config: Path, ear: socket.socket, settle_s: float) -> tuple[float, float]:
    """Seconds to ready, and resident MB a while later."""
    command = [sys.executable, "-m", "towerd", "run", "--config", str(config)]
    environment = {**os.environ, "NOTIFY_SOCKET": f"@{ear.getsockname()[1:].decode()}"}
    start_s = time.perf_counter()
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        try:
            _await_ready(ear)
            ready_s = time.perf_counter() - start_s
            time.sleep(settle_s)
            return ready_s, resident_mb(process.pid)
        finally:
            process.terminate()


def _imports_s() -> float:
    start_s = time.perf_counter()
    subprocess.run([sys.executable, "-c", f"import {LIBRARIES}"], check=True)
    return time.perf_counter() - start_s


def bare_mb() -> float:
    """What an interpreter holds that only waits."""
    with subprocess.Popen([sys.executable, "-c", "print(flush=True); input()"], stdin=-1, stdout=-1) as process:
        if process.stdout:
            process.stdout.readline()
        held = resident_mb(process.pid)
        process.kill()
    return held


def daemon() -> Iterator[Figure]:
    """Start and memory of the daemon, with a PLC to talk to, without broker and camera."""
    with scratch() as folder, simulator() as port, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        # the path of a Unix socket has an end, and folders may lie deep: an abstract name has none
        ear.bind(f"\0towerd-bench-{os.getpid()}")
        ear.settimeout(LIMIT_S)
        SigningKeys(folder / "shop").write_key_set(folder / "issuers.json")
        config = folder / "tower.toml"
        config.write_text(SETTINGS.format(folder=folder, port=port), encoding="utf-8")
        rounds = [(_start(config, ear, 0.0)[0], _imports_s()) for _ in range(ROUNDS)]
        _, held_mb = _start(config, ear, SETTLE_S)
    ready_s, imports_s = (statistics.median(times) for times in zip(*rounds, strict=True))
    yield Figure(
        "start: to ready",
        ready_s,
        imports_s,
        "s",
        "importing the libraries",
        Target("at most", 2.5),
        f"median of {ROUNDS}",
    )
    how = f"{SETTLE_S:.0f} s after ready, PLC connected"
    yield Figure("memory: daemon", held_mb, bare_mb(), "MB", "a bare interpreter", Target("at most", 150), how)


async def _worker_mb(folder: Path) -> float:
    box = Box()
    client = FaceClient(box, FaceConfig("bench", folder / "faces", str(PHOTOS / "obama2.jpg"), enrol_limit_s=5))
    task = asyncio.create_task(client.run())
    await box.available.wait()
    selfie = order_selfie(PHOTOS / "obama.jpg")
    answers = {f"o{number}": await client.enrol(f"o{number}", selfie) for number in range(ORDERS)}
    client.watch({order: answer.sealed for order, answer in answers.items() if answer.sealed})
    await box.looked.wait()
    held_mb = resident_mb(client.worker_pid)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    return held_mb


def worker() -> Iterator[Figure]:
    """Memory of the face worker at work."""
    with scratch() as folder:
        held_mb = asyncio.run(_worker_mb(folder))
    how = f"{ORDERS} orders watched, a face in view"
    yield Figure("memory: face worker", held_mb, bare_mb(), "MB", "a bare interpreter", Target("at most", 250), how)


def run() -> Iterator[Figure]:
    """Every figure of this file."""
    yield from daemon()
    yield from worker()
