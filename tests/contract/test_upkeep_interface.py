"""Upkeep over the real socket: what is shown, who may say that a device was serviced."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.support.api_tower import Tower, served
from tests.support.values import AT
from tests.support.views import view
from towerd.api import callers, http, metrics, peer
from towerd.cli import towerctl
from towerd.fsm.upkeep_events import ServiceDone
from towerd.view import DeviceView

LIFT = DeviceView("lift", "lift", 1200, 900, 1000, AT, "ada", "soon", AT, 40, 1.02, 1.21, 0.19, 0.05)
LOCK = DeviceView("lock 3-4", "lock", 3, 3, None, None, None, "no", None, 0, None, None, None, 0.0)


@pytest.fixture
async def tower(tmp_path: Path) -> AsyncIterator[Tower]:
    async with served(tmp_path / "api.sock") as made:
        made.shown = view(devices=(LIFT, LOCK))
        yield made


async def _ctl(tower: Tower, *arguments: str) -> Result:
    words = ["maintenance", *arguments, "--socket", str(tower.path)]
    return await asyncio.to_thread(CliRunner(env={"COLUMNS": "200"}).invoke, towerctl.app, words)


async def test_the_list_says_how_each_device_wears(tower: Tower) -> None:
    shown = await _ctl(tower, "list")
    assert shown.exit_code == 0
    [lift] = [line for line in shown.stdout.splitlines() if line.startswith("lift ")]
    assert re.split(r"\s{2,}", lift) == [
        "lift",
        "1200",
        "900 of 1000",
        "1.21",
        "+19 %",
        "5%",
        "2026-11-25",
        "soon",
    ]
    as_json = json.loads((await _ctl(tower, "list", "--json")).stdout)
    assert [row["device"] for row in as_json["devices"]] == ["lift", "lock 3-4"]
    tower.shown = view()
    assert "no device has worked yet" in (await _ctl(tower, "list")).stdout


async def test_a_technician_says_what_was_serviced(tower: Tower) -> None:
    told = await _ctl(tower, "done", "lock 3-4", "--note", "new bolt")
    assert told.exit_code == 0
    [event] = tower.events
    assert isinstance(event, ServiceDone)
    assert (event.device, event.note) == ("lock 3-4", "new bolt")


async def test_nobody_else_may(tower: Tower, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "peer_of", lambda _socket: peer.Peer(1, 4_000_000, 4_000_000))
    monkeypatch.setattr(callers, "account_name", lambda _uid: "bob")
    assert (await _ctl(tower, "done", "lift")).exit_code == 77
    assert tower.events == []
    assert (await _ctl(tower, "list")).exit_code == 0


def test_the_metrics_carry_every_device() -> None:
    text = metrics.exposition(view(devices=(LIFT, LOCK))).decode()
    assert 'towerd_device_cycles{device="lift"} 1200.0' in text
    assert 'towerd_device_time_ratio{device="lift"} 1.21' in text
    assert 'towerd_device_time_ratio{device="lock 3-4"}' not in text
