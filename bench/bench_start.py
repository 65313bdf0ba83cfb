"""From the start of the process to READY, and what it then holds in memory; beside a bare start of the same libraries."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figure import Figure, Target

ROUNDS = 5
LIBRARIES = (
    "fastapi, uvicorn, pymodbus.client, paho.mqtt.client, apsw, joserfc.jwt, structlog, pydantic_settings, numpy"
)
SETTINGS = """
state_dir = "state"
[tower]
id = "bench-1"
[plc]
host = "127.0.0.1"
port = 1
[api]
socket = "api.sock"
[keys]
tower_key_file = "keys/tower.jwk"
issuers_file = "keys/issuers.json"
code_secret_file = "keys/codes.secret"
faces_dir = "keys/faces"
"""


def resident_mb(pid: int) -> float:
    """What a process holds in memory now, MB."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"no VmRSS of {pid}")


def _daemon(folder: Path) -> tuple[float, float]:
    """Seconds to READY, and MB then."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(str(folder / "notify"))
    listener.settimeout(30)
    environment = os.environ | {"NOTIFY_SOCKET": str(folder / "notify")}
    command = [sys.executable, "-m", "towerd", "run", "--config", str(folder / "tower.toml")]
    start_s = time.perf_counter()
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        while b"READY=1" not in listener.recv(4096):
            pass
        taken_s = time.perf_counter() - start_s
        held_mb = resident_mb(process.pid)
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    listener.close()
    (folder / "notify").unlink()
    return taken_s, held_mb


def _bare() -> tuple[float, float]:
    """Seconds and MB of an interpreter that only imports the libraries."""
    script = f"import {LIBRARIES}; print(open('/proc/self/status').read())"
    start_s = time.perf_counter()
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    taken_s = time.perf_counter() - start_s
    line = next(line for line in told.splitlines() if line.startswith("VmRSS:"))
    return taken_s, int(line.split()[1]) / 1024


def run() -> Iterator[Figure]:
    """Both figures; the median of some rounds, taken in turns."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "tower.toml").write_text(SETTINGS, encoding="utf-8")
        rounds = [(_daemon(folder), _bare()) for _ in range(ROUNDS)]
    middle = ROUNDS // 2
    start_s, bare_s = (sorted(one[side][0] for one in rounds)[middle] for side in (0, 1))
    held_mb, bare_mb = (sorted(one[side][1] for one in rounds)[middle] for side in (0, 1))
    against = "an interpreter that imports the same libraries"
    yield Figure("start: process to READY", start_s, bare_s, "s", against, Target("at most", 2.5))
    yield Figure("start: resident memory at READY", held_mb, bare_mb, "MB", against, Target("at most", 150))
