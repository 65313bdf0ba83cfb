"""Independent peers: towerd's link against libmodbus, and mbpoll against the simulator. Neither was made by us."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from simulator.broker import free_port
from tests.support.serial_line import serial_line
from towerd.plc.config import LinkConfig
from towerd.plc.link import RtuTransport, TcpTransport
from towerd.plc.registers import blocks
from towerd.plc.transport import BadReplyError, ExceptionReplyError, NoReplyError, NotConnectedError, Transport

SOURCE = Path(__file__).parent / "image_plc.c"
BAUD = 115200


def _has_libmodbus() -> bool:
    asked = ["pkg-config", "--exists", "libmodbus"]
    return (
        bool(shutil.which("gcc") and shutil.which("pkg-config")) and subprocess.run(asked, check=False).returncode == 0
    )


pytestmark = [pytest.mark.peers, pytest.mark.timeout(60)]
needs_libmodbus = pytest.mark.skipif(not _has_libmodbus(), reason="needs gcc, pkg-config and libmodbus-dev")
needs_mbpoll = pytest.mark.skipif(shutil.which("mbpoll") is None, reason="needs mbpoll")


@pytest.fixture(scope="module")
def image_plc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The libmodbus server, compiled."""
    program = tmp_path_factory.mktemp("peer") / "image_plc"
    asked = ["pkg-config", "--cflags", "--libs", "libmodbus"]
    flags = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()
    subprocess.run(["gcc", "-Wall", "-Wextra", "-Werror", "-o", program, SOURCE, *flags], check=True)
    return program


@asynccontextmanager
async def started(program: Path, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(program, *arguments, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        assert (await process.stdout.readline()).startswith(b"ready")
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def check_reads_writes_and_errors(transport: Transport) -> None:
    """What every line must do."""
    await transport.connect()
    assert await transport.read(0, 1) == [0]
    assert await transport.read(128, 96) == list(range(128, 224))
    assert await transport.read(1900, 90) == list(range(1900, 1990))
    await transport.write(64, [1, 2, 3, 4, 5, 6, 7, 8, 9, 0xFFFF])
    assert await transport.read(63, 12) == [63, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0xFFFF, 74]
    await transport.write(32, [7])
    assert await transport.read(32, 1) == [7]
    for address, code in ((2000, 2), (1990, 2), (1999, 6)):
        with pytest.raises(ExceptionReplyError) as caught:
            await transport.read(address, 20 if address == 1990 else 1)
        assert caught.value.code == code
    with pytest.raises(ExceptionReplyError):
        await transport.write(1995, [0] * 10)
    assert transport.connected
    assert await transport.read(1, 2) == [1, 2]
    transport.close()


@needs_libmodbus
async def test_libmodbus_over_tcp(image_plc: Path) -> None:
    port = free_port()
    async with started(image_plc, "tcp", str(port)):
        await check_reads_writes_and_errors(TcpTransport(LinkConfig(host="127.0.0.1", port=port)))


@needs_libmodbus
async def test_libmodbus_over_a_serial_line(image_plc: Path) -> None:
    async with serial_line(BAUD) as line, started(image_plc, "rtu", line.plc, str(BAUD)):
        await check_reads_writes_and_errors(RtuTransport(LinkConfig(serial_port=line.pc, baud=BAUD)))


@needs_libmodbus
async def test_libmodbus_killed_and_started_again(image_plc: Path) -> None:
    port = free_port()
    transport = TcpTransport(LinkConfig(host="127.0.0.1", port=port))
    async with started(image_plc, "tcp", str(port)) as process:
        await transport.connect()
        assert await transport.read(5, 1) == [5]
        process.kill()
        with pytest.raises((NoReplyError, NotConnectedError, BadReplyError)):
            await transport.read(5, 1)
        with pytest.raises(NotConnectedError):
            await transport.connect()
    async with started(image_plc, "tcp", str(port)):
        await transport.connect()
        assert await transport.read(5, 1) == [5]
    transport.close()


@needs_libmodbus
async def test_libmodbus_that_hangs_is_a_lost_reply(image_plc: Path) -> None:
    port = free_port()
    transport = TcpTransport(LinkConfig(host="127.0.0.1", port=port, timeout_ms=200))
    async with started(image_plc, "tcp", str(port)) as process:
        await transport.connect()
        process.send_signal(19)  # SIGSTOP
        with pytest.raises(NoReplyError):
            await transport.read(5, 1)
        assert not transport.connected


@pytest.fixture
def simulated() -> Iterator[int]:
    """A simulator in a process of its own; gives its port."""
    command = [sys.executable, "-m", "simulator", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline().split("port=")[1].split()[0])
        finally:
            process.terminate()


def mbpoll(port: int, *arguments: str) -> tuple[int, str]:
    """Exit code and output of one poll; -0: PDU addresses, -t 4: holding registers, -1: once."""
    asked = ["mbpoll", "-m", "tcp", "-p", str(port), "-0", "-t", "4", "-1", *arguments]
    done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=20)
    return done.returncode, done.stdout + done.stderr


def values(told: str) -> dict[int, int]:
    return {int(at): int(value) for at, value in re.findall(r"^\[(\d+)\]:\s+(\d+)", told, re.MULTILINE)}


@needs_mbpoll
def test_mbpoll_reads_the_simulator(simulated: int) -> None:
    code, told = mbpoll(simulated, "-r", "0", "-c", "9", "127.0.0.1")
    assert code == 0, told
    shown = values(told)
    assert shown[0] == 21591
    assert (shown[3], shown[4]) == (0x1234, 0x5678)
    code, told = mbpoll(simulated, "-r", str(blocks()["SYS"].start), "-c", "96", "127.0.0.1")
    assert code == 0, told
    assert values(told)[128] == blocks()["SYS"].block_id


@needs_mbpoll
def test_mbpoll_writes_one_and_many_and_meets_exceptions(simulated: int) -> None:
    # one value: FC6; several: FC16
    assert mbpoll(simulated, "-r", "32", "127.0.0.1", "77")[0] == 0
    assert values(mbpoll(simulated, "-r", "32", "-c", "1", "127.0.0.1")[1])[32] == 77
    assert mbpoll(simulated, "-r", "33", "127.0.0.1", "5", "0")[0] == 0
    assert values(mbpoll(simulated, "-r", "32", "-c", "2", "127.0.0.1")[1]) == {32: 77, 33: 5}
    for arguments in (("-r", "900", "-c", "1", "127.0.0.1"), ("-r", "128", "127.0.0.1", "1")):
        told = mbpoll(simulated, *arguments)[1]
        assert "Illegal data address" in told
    assert "Illegal function" in mbpoll(simulated, "-t", "0", "-r", "0", "-c", "1", "127.0.0.1")[1]
