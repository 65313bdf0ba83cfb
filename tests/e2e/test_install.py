"""`make install` for real: as root, on a machine that may be spoilt. The service's own account then starts what was installed."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SETTINGS = Path("/etc/towerd/tower.toml")
AS_SERVICE: dict[str, Any] = {"user": "towerd", "group": "towerd", "extra_groups": []}
WANTED = os.environ.get("TOWERD_INSTALL_TEST") == "1"

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not WANTED, reason="TOWERD_INSTALL_TEST=1 installs towerd on this machine, as root"),
]


@pytest.fixture(scope="module")
def installed() -> Iterator[None]:
    subprocess.run(["make", "install"], cwd=ROOT, check=True, timeout=240)
    # as the README says: a plain copy, made by root
    shutil.copyfile("/etc/towerd/tower.example.toml", SETTINGS)
    SETTINGS.chmod(0o640)
    yield
    SETTINGS.unlink()


def test_the_services_account_reads_its_settings(installed: None) -> None:
    said = subprocess.run(
        ["/usr/local/bin/towerd", "check-config", str(SETTINGS)],
        **AS_SERVICE,
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert said.stdout.strip().endswith("good")
    assert oct(SETTINGS.stat().st_mode & 0o777) == oct(0o640)


def test_the_services_account_starts_it_and_is_answered(installed: None, tmp_path: Path) -> None:
    account = pwd.getpwnam("towerd")
    # what the unit's RuntimeDirectory= does
    runtime = Path("/run/towerd")
    shutil.rmtree(runtime, ignore_errors=True)
    runtime.mkdir()
    os.chown(runtime, account.pw_uid, account.pw_gid)
    told = runtime / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(told))
        told.chmod(0o666)
        manager.settimeout(60)
        environment = os.environ | {"NOTIFY_SOCKET": str(told)}
        command = ["/opt/towerd/bin/towerd", "run", "--config", str(SETTINGS)]
        with (
            (tmp_path / "log").open("wb") as log,
            subprocess.Popen(command, env=environment, cwd="/", stderr=log, **AS_SERVICE) as process,
        ):
            try:
                while b"READY=1" not in manager.recv(4096):
                    pass
                said = subprocess.run(
                    ["/usr/local/bin/towerctl", "why"], capture_output=True, text=True, check=False, timeout=60
                )
                assert "plc_lost" in said.stdout, said
            finally:
                process.terminate()
                assert process.wait(30) == 0
    shutil.rmtree(runtime)


def test_units_name_what_is_there(installed: None) -> None:
    unit = "/usr/lib/systemd/system/towerd.service"
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
