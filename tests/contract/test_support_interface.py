"""Self-test and support archive over the real socket."""

from __future__ import annotations

import asyncio
import json
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.support.api_tower import Tower, served
from tests.support.values import AT
from tests.support.views import view
from towerd.api import callers, http, peer
from towerd.api.core import Extras
from towerd.checks import Check
from towerd.cli import towerctl, towerctl_support
from towerd.fsm.turn import audit_hash

HOST = Check("pc", "disk", True, "90 MiB free")


@pytest.fixture
async def tower(tmp_path: Path) -> AsyncIterator[Tower]:
    async with served(tmp_path / "api.sock") as made:
        body = {"type": "manual_intervention", "order": "ord-9", "data": {"by": "ada", "packml": "hold"}}
        rows = [
            {
                "audit_seq": 1,
                "at": AT.isoformat(),
                "body": body,
                "previous_hash": "",
                "hash": audit_hash("", 1, AT, body),
            }
        ]
        core: Any = made.server._core
        core.extras = Extras(lambda: (HOST,), lambda: {"tower": {"id": "t-1"}}, lambda: len(rows))
        core.audit_of = lambda after_seq, limit: rows[after_seq : after_seq + limit]
        made.rows = rows  # type: ignore[attr-defined]
        yield made


async def _ctl(tower: Tower, *arguments: str) -> Result:
    words = [*arguments, "--socket", str(tower.path)]
    return await asyncio.to_thread(CliRunner(env={"COLUMNS": "240"}).invoke, towerctl.app, words)


async def test_the_selftest_asks_machine_journal_and_host(tower: Tower) -> None:
    shown = await _ctl(tower, "selftest", "--json")
    body = json.loads(shown.stdout)
    by_name = {check["name"]: check for check in body["checks"]}
    assert by_name["disk"]["passed"] is True
    assert by_name["audit"] == {
        "area": "journal",
        "name": "audit",
        "passed": True,
        "text": "the newest 1 rows are one chain",
        "cure": "towerd audit verify; tell whoever keeps the chain's head.",
    }
    assert (body["ok"], shown.exit_code) == (False, 1)
    text = await _ctl(tower, "selftest")
    assert text.exit_code == 1
    assert "Outer door of cabin 1 is blocked" in text.stdout
    assert "Look what is in the door" in text.stdout


async def test_a_forged_row_fails_the_selftest(tower: Tower) -> None:
    tower.rows[0]["body"]["data"]["by"] = "eve"  # type: ignore[attr-defined]
    shown = json.loads((await _ctl(tower, "selftest", "--json")).stdout)
    [audit] = [check for check in shown["checks"] if check["name"] == "audit"]
    assert (audit["passed"], audit["text"]) == (False, "row 1 has been changed")
    tower.rows.clear()  # type: ignore[attr-defined]
    shown = json.loads((await _ctl(tower, "selftest", "--json")).stdout)
    assert [check["passed"] for check in shown["checks"] if check["name"] == "audit"] == [None]


async def test_a_tower_that_is_well_exits_with_0(tower: Tower) -> None:
    tower.shown = view(obstacles=(), alarms=(), face_available=True, bus_connected=True, cabins=())
    assert (await _ctl(tower, "selftest")).exit_code == 0


async def test_the_archive_holds_nobodys_name(tower: Tower, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [json.dumps({"event": "asked", "user": "ada", "order": "ord-9"}), "a line that is no JSON: ada"]
    monkeypatch.setattr(towerctl_support, "_log_lines", lambda: lines)
    path = tmp_path / "support.tar.gz"
    done = await _ctl(tower, "bundle", str(path))
    assert done.exit_code == 0, done.output
    with tarfile.open(path) as archive:
        texts = {name.name: archive.extractfile(name).read().decode() for name in archive}  # type: ignore[union-attr]
    assert {name.split("/")[1] for name in texts} == {
        "README.txt",
        "status.json",
        "audit.json",
        "users.json",
        "selftest.json",
        "settings.json",
        "versions.json",
        "log.jsonl",
    }
    whole = "\n".join(texts.values())
    for personal in ("ada", "bob", "eve", "ord-9", "ord-1", "cust", "0815"):
        assert f'"{personal}"' not in whole, personal
    log = [json.loads(line) for line in texts["towerd-support/log.jsonl"].splitlines()]
    assert len(log) == 1
    assert log[0]["event"] == "asked"
    assert log[0]["user"].startswith("person-")
    again = await _ctl(tower, "bundle", str(path), "--json")
    assert again.exit_code == 65
    assert "File exists" in again.output


async def test_only_a_technician_gets_the_archive(
    tower: Tower, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "peer_of", lambda _socket: peer.Peer(1, 4_000_000, 4_000_000))
    monkeypatch.setattr(callers, "account_name", lambda _uid: "bob")
    assert (await _ctl(tower, "bundle", str(tmp_path / "x.tar.gz"))).exit_code == 77
    assert not (tmp_path / "x.tar.gz").exists()
