"""Driving in over the real socket: who may ask for what, what is posted, and what is shown."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.support.api_tower import Tower, served
from tests.support.values import AT
from tests.support.views import view
from towerd.api import callers, http, metrics, peer
from towerd.cli import towerctl
from towerd.fsm.intake_events import CarSecured, DriveInCancelled, DriveInRequested
from towerd.orders.readings import Reading
from towerd.settings_intake import IntakeSettings
from towerd.view import IntakeView, OwingView

SHOWN = IntakeView(1, "car-1", "loan", "clearing", AT, "Leave the cabin.", (), 0.0)
OWING = OwingView(2, "button", AT, "Please look into cabin 2.", paged=True)


@pytest.fixture
async def tower(tmp_path: Path) -> AsyncIterator[Tower]:
    async with served(tmp_path / "api.sock") as made:
        yield made


async def _ctl(tower: Tower, *arguments: str) -> Result:
    words = [*arguments, "--socket", str(tower.path)]
    return await asyncio.to_thread(CliRunner(env={"COLUMNS": "300"}).invoke, towerctl.app, words)


def _as(account: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "peer_of", lambda _socket: peer.Peer(1, 4_000_000, 4_000_000))
    monkeypatch.setattr(callers, "account_name", lambda _uid: account)


@pytest.mark.parametrize(
    ("words", "number", "vehicle", "cabin"),
    [
        (("drive-in", "4711"), "4711", None, None),
        (("drive-in", "v_0042", "--cabin", "2"), None, "v_0042", 2),
    ],
)
async def test_a_car_is_brought_by_number_or_by_its_qr(
    tower: Tower, words: tuple[str, ...], number: str | None, vehicle: str | None, cabin: int | None
) -> None:
    assert (await _ctl(tower, *words)).exit_code == 0
    [event] = tower.events
    assert isinstance(event, DriveInRequested)
    assert (event.number, event.vehicle, event.cabin, event.staff) == (number, vehicle, cabin, True)


async def test_the_driver_answers_and_gives_up(tower: Tower) -> None:
    assert (await _ctl(tower, "secured", "1")).exit_code == 0
    assert (await _ctl(tower, "drive-in-cancel", "2")).exit_code == 0
    secured, cancelled = tower.events
    assert isinstance(secured, CarSecured)
    assert isinstance(cancelled, DriveInCancelled)
    assert (secured.cabin, cancelled.cabin) == (1, 2)
    tower.refuse = ("too_late",)
    assert (await _ctl(tower, "drive-in-cancel", "2")).exit_code == 1


async def test_what_the_driver_reads_off_the_dashboard(tower: Tower) -> None:
    words = ("--odometer-km", "1204", "--charge-ratio", "0.8", "--no-damage")
    assert (await _ctl(tower, "secured", "1", *words)).exit_code == 0
    [event] = tower.events
    assert isinstance(event, CarSecured)
    assert (event.reading, event.damage) == (Reading(1204, 0.8), False)
    async with tower.client() as client:
        for body in ({"odometer_km": -1}, {"charge_ratio": "full"}, {"x": 1}):
            assert (await client.post("/drive-in/1/secured", json=body)).status_code == 422


async def test_a_viewer_brings_cars_back_but_none_without_a_loan(tower: Tower, monkeypatch: pytest.MonkeyPatch) -> None:
    _as("eve", monkeypatch)
    assert (await _ctl(tower, "drive-in", "4711")).exit_code == 0
    assert (await _ctl(tower, "secured", "1")).exit_code == 0
    event = tower.events[0]
    assert isinstance(event, DriveInRequested)
    assert (event.by, event.staff) == ("eve", False)
    _as("mallory", monkeypatch)
    for words in (("drive-in", "4711"), ("secured", "1"), ("drive-in-cancel", "1"), ("drive-in",)):
        assert (await _ctl(tower, *words)).exit_code == 77
    assert len(tower.events) == 2


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"number": "4711", "vehicle": "v_1"},
        {"number": "471"},
        {"vehicle": "v 1"},
        {"number": "4711", "cabin": 3},
        {"x": 1},
    ],
)
async def test_what_cannot_be_asked(tower: Tower, body: dict[str, Any]) -> None:
    async with tower.client() as client:
        assert (await client.post("/drive-in", json=body)).status_code == 422
        assert (await client.post("/drive-in/3/secured")).status_code == 422
        assert (await client.delete("/drive-in/0")).status_code == 422
    assert tower.events == []


async def test_what_is_to_be_done_next_is_shown(tower: Tower) -> None:
    tower.shown = view(intakes=(SHOWN,), owing=(OWING,), button_lost_s=90.0)
    shown = await _ctl(tower, "drive-in")
    assert shown.exit_code == 0
    assert "Leave the cabin." in shown.stdout
    assert "button owed since 2026-11-25" in shown.stdout
    assert "Please look into cabin 2." in shown.stdout
    assert "1.5 minutes" in shown.stdout
    as_json = json.loads((await _ctl(tower, "drive-in", "--json")).stdout)
    assert [row["what"] for row in as_json["owing"]] == ["button"]
    assert as_json["button_lost_s"] == 90.0
    assert "Please look into cabin 2." in (await _ctl(tower, "status")).stdout
    tower.shown = view()
    assert "nobody has driven in" in (await _ctl(tower, "drive-in")).stdout
    assert b"towerd_button_lost_seconds 90.0" in metrics.exposition(view(button_lost_s=90.0))


def test_the_settings_are_those_of_the_domain() -> None:
    given = IntakeSettings(wait_s=60, page_s=120, read_s=5).value()
    assert (given.wait_s, given.page_s, given.read_s) == (60.0, 120.0, 5.0)
    assert IntakeSettings().value() == type(given)()
