"""The local API over a real socket."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import stat
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import uvicorn

from tests.support.api_tower import Tower, served
from tests.support.views import view
from towerd.api import callers, core, http, peer
from towerd.api.server import ApiServer
from towerd.errors import ConfigError
from towerd.fsm.commands import Answer
from towerd.fsm.events import ClockConfirmed, CodeEntered, FaultReset, LayoutConfirmed, PackmlRequested, StockImported


@pytest.fixture
async def tower(tmp_path: Path) -> AsyncIterator[Tower]:
    async with served(tmp_path / "api.sock") as made:
        yield made
    assert not made.path.exists()


@pytest.fixture
def speaking_as(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """The kernel says that another account is at the other end."""

    def set_account(account: str) -> None:
        monkeypatch.setattr(http, "peer_of", lambda _socket: peer.Peer(1, 4_000_000, 4_000_000))
        monkeypatch.setattr(callers, "account_name", lambda _uid: account)

    return set_account


def test_the_kernel_names_the_peer() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        assert peer.peer_of(ours) == peer.Peer(os.getpid(), os.getuid(), os.getgid())


def test_accounts_have_names() -> None:
    assert peer.account_name(0) == "root"
    assert peer.account_name(4_000_000) is None


async def test_the_socket_is_for_owner_and_group(tower: Tower) -> None:
    assert stat.S_IMODE(tower.path.stat().st_mode) == 0o660


async def test_a_second_daemon_is_kept_out(tower: Tower) -> None:
    with pytest.raises(ConfigError, match="another process listens"):
        await ApiServer(tower.settings, tower, view, str, tower.audit).run()


async def test_what_a_killed_process_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "api.sock"
    with socket.socket(socket.AF_UNIX) as old:
        old.bind(str(path))
    peer.bind(path, "no-such-group").close()
    path.unlink()
    path.write_text("precious")
    with pytest.raises(FileExistsError, match="is no socket"):
        peer.bind(path, "no-such-group")
    assert path.read_text() == "precious"


async def test_everything_is_shown(tower: Tower) -> None:
    async with tower.client() as client:
        assert (await client.get("/status")).json()["orders"][0]["id"] == "ord-1"
        assert (await client.get("/why")).json()["why_not"] == ["door_blocked"]
        assert (await client.get("/alarms")).json()["alarms"][0]["priority"] == "high"
        assert (await client.get("/audit?after_seq=4&limit=1")).json() == {"rows": [{"audit_seq": 5}]}
        metrics = await client.get("/metrics")
        assert metrics.headers["content-type"].startswith("text/plain; version=0.0.4")
        assert "towerd_plc_good 1.0" in metrics.text


async def test_health_follows_the_plc(tower: Tower) -> None:
    async with tower.client() as client:
        assert (await client.get("/health")).status_code == 200
        tower.shown = view(plc_good=False)
        assert (await client.get("/health")).status_code == 503


async def test_a_code_is_hashed_before_it_goes_anywhere(tower: Tower) -> None:
    async with tower.client() as client:
        answer = await client.post("/code", json={"number": "0815", "code": "12345678"})
        assert answer.json() == {"ok": True, "reasons": [], "result": {"n": 1}}
        bad = await client.post("/code", json={"number": "0815", "code": "1234567890"})
    assert bad.status_code == 422
    assert "1234567890" not in bad.text
    [event] = tower.events
    assert isinstance(event, CodeEntered)
    assert (event.number, event.code_mac, event.by) == (
        "0815",
        "mac-of-12345678",
        "root" if os.getuid() == 0 else event.by,
    )
    assert event.reply.channel == "api"


async def test_a_refusal_is_an_answer(tower: Tower) -> None:
    tower.refuse = ("wrong_code",)
    async with tower.client() as client:
        answer = await client.post("/code", json={"number": "0815", "code": "12345678"})
    assert (answer.status_code, answer.json()["reasons"]) == (409, ["wrong_code"])


async def test_no_answer_is_told(tower: Tower, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "ANSWER_LIMIT_S", 0.01)
    tower.silent = True
    async with tower.client() as client:
        answer = await client.post("/layout/confirm")
    assert (answer.status_code, answer.json()["reasons"]) == (504, ["no_answer"])
    # the answer that comes too late is dropped
    tower.server.answer(Answer(tower.events[0].reply, True, (), None))  # type: ignore[union-attr]


async def test_a_technician_may_do_all(tower: Tower, speaking_as: Callable[[str], None]) -> None:
    speaking_as("ada")
    stock = json.loads((Path(__file__).parents[2] / "tests/support/stock.json").read_text())
    async with tower.client() as client:
        for path in ("/faults/1001/reset", "/layout/confirm", "/clock/confirm", "/packml/reset", "/packml/hold"):
            assert (await client.post(path)).status_code == 200
        assert (await client.post("/stock/import", json=stock)).status_code == 200
        assert (await client.post("/packml/fly")).status_code == 404
    assert [type(event) for event in tower.events] == [
        FaultReset,
        LayoutConfirmed,
        ClockConfirmed,
        PackmlRequested,
        PackmlRequested,
        StockImported,
    ]
    assert {event.by for event in tower.events} == {"ada"}  # type: ignore[union-attr]


async def test_a_wrong_stock_file_is_refused_with_every_error(tower: Tower) -> None:
    async with tower.client() as client:
        answer = await client.post("/stock/import", content=b'{"vehicles": [1, {"bay": "x"}]}')
        assert answer.status_code == 422
        assert len(answer.json()["text"].splitlines()) == 2
        assert (await client.post("/stock/import", content=b" " * 4_194_305)).status_code == 413
    assert tower.events == []


@pytest.mark.parametrize(
    ("account", "method", "path", "status"),
    [
        ("bob", "POST", "/packml/stop", 200),
        ("bob", "GET", "/audit", 200),
        ("bob", "POST", "/packml/start", 403),
        ("bob", "POST", "/faults/1/reset", 403),
        ("eve", "GET", "/status", 200),
        ("eve", "GET", "/audit", 403),
        ("eve", "POST", "/packml/stop", 403),
        ("mallory", "GET", "/status", 403),
        ("mallory", "GET", "/watch", 403),
        ("mallory", "GET", "/metrics", 403),
        ("mallory", "GET", "/health", 200),
        ("eve", "GET", "/nowhere", 404),
    ],
)
async def test_roles(
    tower: Tower, speaking_as: Callable[[str], None], account: str, method: str, path: str, status: int
) -> None:
    speaking_as(account)
    async with tower.client() as client:
        answer = await client.request(method, path)
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["reasons"] == ["not_allowed"]
        assert account in answer.json()["text"]
        assert tower.events == []


async def test_only_the_screens_name_another_user(tower: Tower, speaking_as: Callable[[str], None]) -> None:
    speaking_as("hmi")
    async with tower.client() as client:
        assert (await client.post("/layout/confirm", headers={"X-Towerd-User": "ada"})).status_code == 200
        assert (await client.post("/layout/confirm")).status_code == 403
        speaking_as("bob")
        async with tower.client() as other:
            assert (await other.post("/layout/confirm", headers={"X-Towerd-User": "ada"})).status_code == 403


async def test_a_new_user_list_holds_at_once(tower: Tower, speaking_as: Callable[[str], None]) -> None:
    speaking_as("eve")
    tower.server.reload(tower.settings.model_copy(update={"users": {}}))
    async with tower.client() as client:
        assert (await client.get("/status")).status_code == 403


async def test_watching_gives_a_line_now_and_with_each_change(tower: Tower) -> None:
    async with tower.client() as client, client.stream("GET", "/watch") as answer:
        lines = answer.aiter_lines()
        assert json.loads(await anext(lines))["mode"] == "auto"
        tower.shown = view(mode="manual")
        assert json.loads(await anext(lines))["mode"] == "manual"


async def test_whoever_comes_while_the_server_is_loaded_is_served_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, make = threading.Event(), http.make_server

    def late(wanted: core.ApiCore) -> uvicorn.Server:
        assert loaded.wait(10)
        return make(wanted)

    monkeypatch.setattr(http, "make_server", late)
    async with served(tmp_path / "api.sock") as made, made.client() as client:
        asked = asyncio.create_task(client.get("/health"))
        await asyncio.sleep(0)
        assert not asked.done()
        loaded.set()
        assert (await asked).status_code == 200
