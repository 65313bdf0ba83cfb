"""Pages that really leave: a command, and a webhook to a real HTTP server. Processes in real time."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from towerd.fsm.alarm_events import PageEnded
from towerd.fsm.commands import Page
from towerd.paging import Hook, HookPager, make_pager
from towerd.settings_paging import PagingSettings
from towerd.webhook import post

MESSAGE = {"tower": "t-1", "code": "PLC-005", "text": "Eine Schachttür ist offen"}


class Inbox:
    def __init__(self) -> None:
        self.events: asyncio.Queue[PageEnded] = asyncio.Queue()

    def post(self, event: Any, attachment: bytes | None = None, done: Any = None) -> None:
        self.events.put_nowait(event)


async def reached(hook: Hook, limit_s: float = 20.0, step: int = 0) -> PageEnded:
    inbox = Inbox()
    pager = HookPager(inbox, (hook,), limit_s)
    running = asyncio.create_task(pager.run())
    try:
        pager.page(Page("7", step, MESSAGE))
        async with asyncio.timeout(30):
            return await inbox.events.get()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def python(source: str) -> Hook:
    return Hook((sys.executable, "-c", source))


async def test_a_command_gets_the_alarm_on_its_input_and_nothing_of_the_daemons_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_SECRET", "of the daemon")
    told = tmp_path / "told.json"
    source = (
        f"import sys,json,os; json.dump([json.load(sys.stdin), 'A_SECRET' in os.environ], open({str(told)!r}, 'w'))"
    )
    assert await reached(python(source)) == PageEnded("7", True, "")
    assert json.loads(told.read_text(encoding="utf-8")) == [MESSAGE, False]


async def test_no_shell_reads_the_arguments(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    assert (await reached(Hook(("/bin/echo", f"; touch {victim}")))).ok
    assert not victim.exists()


@pytest.mark.parametrize(
    ("hook", "detail"),
    [
        (python("print('+49 170 1234567'); raise SystemExit(3)"), "exit code 3"),
        (python("import os; os.kill(os.getpid(), 9)"), "exit code -9"),
        (Hook(("/nowhere/page",)), "the command cannot be started: No such file or directory"),
        (python("import sys; sys.stdin.close(); raise SystemExit(1)"), "exit code 1"),
    ],
    ids=["refuses", "is killed", "is not there", "does not listen"],
)
async def test_a_failure_is_told_without_what_the_command_said(hook: Hook, detail: str) -> None:
    assert await reached(hook) == PageEnded("7", False, detail)


@asynccontextmanager
async def lifeline(path: Path) -> AsyncIterator[asyncio.StreamReader]:
    """A pipe that ends once nobody is left who holds its other side."""
    os.mkfifo(path)
    reader = asyncio.StreamReader()
    pipe = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb", 0)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), pipe
    )
    try:
        async with asyncio.timeout(30):
            yield reader
    finally:
        transport.close()


def hangs(path: Path) -> Hook:
    """It tells that it lives, starts another, and both hang."""
    source = (
        f"import subprocess,time; f=open({str(path)!r},'w'); f.write('x'); f.flush();"
        "subprocess.Popen(['sleep','600'],stdout=f); time.sleep(600)"
    )
    return python(source)


async def test_a_command_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    async with lifeline(tmp_path / "line") as line:
        assert await reached(hangs(tmp_path / "line"), limit_s=5.0) == PageEnded("7", False, "longer than 5 s")
        assert await line.read() == b"x", "it had begun, and nobody is left"


async def test_stopping_the_daemon_leaves_no_process_behind(tmp_path: Path) -> None:
    async with lifeline(tmp_path / "line") as line:
        pager = HookPager(Inbox(), (hangs(tmp_path / "line"),), 60.0)
        running = asyncio.create_task(pager.run())
        pager.page(Page("7", 0, MESSAGE))
        assert await line.readexactly(1) == b"x"
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert await line.read() == b""


async def test_a_step_that_the_settings_lack_is_a_failure_and_no_crash() -> None:
    assert await reached(python("pass"), step=1) == PageEnded("7", False, "the settings have no such step")


class Web:
    """A small HTTP server that keeps what was posted and answers with `status`."""

    def __init__(self) -> None:
        self.status = "204 No Content"
        self.headers = ""
        self.posted: list[tuple[str, Any]] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(
            int(line.split(":")[1]) for line in head.splitlines() if line.lower().startswith("content-length")
        )
        self.posted.append((head.split("\r\n")[0], json.loads(await reader.readexactly(length))))
        writer.write(f"HTTP/1.1 {self.status}\r\n{self.headers}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    made = Web()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()
    await server.wait_closed()


async def test_a_webhook_gets_the_alarm_as_json(web: Web) -> None:
    hook = Hook(webhook=f"http://127.0.0.1:{web.port}/hook?key=secret")
    assert await reached(hook) == PageEnded("7", True, "")
    assert web.posted == [("POST /hook?key=secret HTTP/1.1", MESSAGE)]


@pytest.mark.parametrize(
    ("status", "headers", "detail"),
    [
        ("500 Oops", "", "HTTP 500"),
        ("302 Found", "Location: http://127.0.0.1:1/elsewhere\r\n", "HTTP 302"),
    ],
)
async def test_whatever_is_not_2xx_is_a_failure_and_no_redirect_is_followed(
    web: Web, status: str, headers: str, detail: str
) -> None:
    web.status, web.headers = status, headers
    assert await reached(Hook(webhook=f"http://127.0.0.1:{web.port}/hook")) == PageEnded("7", False, detail)
    assert len(web.posted) == 1


async def test_nobody_there_is_told_without_the_url() -> None:
    ended = await reached(Hook(webhook="http://127.0.0.1:1/hook?key=secret"))
    assert ended == PageEnded("7", False, "not reached: ConnectionRefusedError")


async def test_the_pager_of_the_settings_reaches_whom_they_name(web: Web) -> None:
    steps = ({"command": ["/bin/true"]}, {"webhook": f"http://127.0.0.1:{web.port}/hook"})
    inbox = Inbox()
    pager = make_pager(inbox, PagingSettings.model_validate({"steps": steps, "limit_s": 20}))
    running = asyncio.create_task(pager.run())
    for step in (0, 1):
        pager.page(Page(str(step), step, MESSAGE))
    async with asyncio.timeout(30):
        ended = {(await inbox.events.get()) for _ in steps}
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert ended == {PageEnded("0", True, ""), PageEnded("1", True, "")}
    assert len(web.posted) == 1


@pytest.mark.parametrize("url", ["http://[", "no url", "http://127.0.0.1:x/"])
def test_what_is_no_url_is_told(url: str) -> None:
    assert (post(url, b"{}") or "").startswith("not reached: ")
