"""Moves over the real socket, by request and by command line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from click.testing import CliRunner, Result

from tests.support.api_tower import Tower, served
from tests.support.values import AT, record
from tests.support.views import view
from towerd.api import callers, http, metrics, peer
from towerd.cli import towerctl, towerctl_moves
from towerd.fsm.face_events import CustomerVouchedFor, Papers
from towerd.fsm.manual_events import ConditionSet
from towerd.fsm.moves_events import MoveCancelled, MoveRequested, StockTakeCancelled, StockTakeRequested
from towerd.orders.conditions import REASONS, SetCondition
from towerd.orders.model import Vehicle
from towerd.places import bay, cabin
from towerd.view import JobView, MoveView, StockRow

MOVE = MoveView(5, "fetch", "moving", "car-1", "bay:2-3", "cabin:1", 7, "lin", None, AT, "LIFT_TO 2-3")
ROWS = (StockRow(8, "bay:1-1", "asked", "car-2", None, None), StockRow(9, "bay:1-2", "done", "car-3", 0, "no tag"))


@pytest.fixture
async def tower(tmp_path: Path) -> AsyncIterator[Tower]:
    async with served(tmp_path / "api.sock") as made:
        made.shown = view(moves=(MOVE,), stock_take=ROWS, vehicles=(Vehicle(record(), bay(3, 4)),))
        yield made


@pytest.fixture
def speaking_as(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def set_account(account: str) -> None:
        monkeypatch.setattr(http, "peer_of", lambda _socket: peer.Peer(1, 4_000_000, 4_000_000))
        monkeypatch.setattr(callers, "account_name", lambda _uid: account)

    return set_account


def _run(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(towerctl.app, list(arguments))


async def ctl(tower: Tower, *arguments: str) -> Result:
    return await asyncio.to_thread(_run, *arguments, "--socket", str(tower.path))


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (("fetch", "2-3"), ("fetch", "2-3", None, None)),
        (("fetch", "v_0042", "2", "--reason", "police"), ("fetch", "v_0042", cabin(2), "police")),
        (("move", "v_0042", "3-4"), ("move", "v_0042", bay(3, 4), None)),
        (("bring", "v_0042", "1"), ("bring", "v_0042", cabin(1), None)),
        (("put-back", "cabin:1"), ("put_back", "cabin:1", None, None)),
        (("store",), ("store", "cabin:1", None, None)),
    ],
)
async def test_what_a_technician_types_is_what_the_core_is_asked(
    tower: Tower, arguments: tuple[str, ...], wanted: tuple[Any, ...]
) -> None:
    result = await ctl(tower, *arguments, "--json")
    assert (result.exit_code, json.loads(result.stdout)["ok"]) == (0, True)
    (event,) = tower.events
    assert isinstance(event, MoveRequested)
    assert (event.purpose, event.what, event.target, event.reason) == wanted
    assert event.by


async def test_a_refusal_says_why(tower: Tower) -> None:
    tower.refuse = ("wanted_by_order",)
    result = await ctl(tower, "fetch", "2-3")
    assert (result.exit_code, result.stderr) == (1, "refused: wanted_by_order\n")


@pytest.mark.parametrize("arguments", [("move", "v_0042", "somewhere"), ("stock", "take", "somewhere")])
async def test_a_place_that_is_none_is_told(tower: Tower, arguments: tuple[str, ...]) -> None:
    result = await ctl(tower, *arguments)
    assert result.exit_code == 65
    assert "no place: 'somewhere'" in result.stderr
    assert not tower.events


async def test_what_is_asked_for_can_be_ended(tower: Tower) -> None:
    assert (await ctl(tower, "cancel-move", "7")).exit_code == 0
    assert (await ctl(tower, "stock", "take", "1-1", "1-2")).exit_code == 0
    assert (await ctl(tower, "stock", "take")).exit_code == 0
    assert (await ctl(tower, "stock", "stop")).exit_code == 0
    cancelled, some, everything, stopped = tower.events
    assert isinstance(cancelled, MoveCancelled)
    assert cancelled.move == 7
    assert isinstance(some, StockTakeRequested)
    assert some.bays == (bay(1, 1), bay(1, 2))
    assert isinstance(everything, StockTakeRequested)
    assert everything.bays == ()
    assert isinstance(stopped, StockTakeCancelled)


def test_the_tool_knows_every_condition_and_reason() -> None:
    assert (set(towerctl_moves.CONDITIONS), towerctl_moves.REASONS) == (set(get_args(SetCondition)), REASONS)


async def test_what_a_vehicle_is_from_now_on(tower: Tower) -> None:
    why = ("--reason", "looked at it")
    assert (await ctl(tower, "stock", "condition", "v_1", "available", *why)).exit_code == 0
    because = ("--because", "damage", "--because", "cleaning")
    assert (await ctl(tower, "stock", "condition", "v_1", "out_of_service", *because, *why)).exit_code == 0
    free, out = tower.events
    assert isinstance(free, ConditionSet)
    assert (free.vehicle, free.condition, free.reasons) == ("v_1", "available", ())
    assert isinstance(out, ConditionSet)
    assert (out.condition, out.reasons, out.note) == ("out_of_service", ("damage", "cleaning"), "looked at it")


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [(("moves",), "LIFT_TO 2-3"), (("stock", "progress"), "no tag"), (("stock", "list"), "bay:3-4")],
)
async def test_what_is_under_way_is_listed(tower: Tower, arguments: tuple[str, ...], shown: str) -> None:
    result = await ctl(tower, *arguments)
    assert result.exit_code == 0
    assert shown in result.stdout
    assert json.loads((await ctl(tower, *arguments, "--json")).stdout)["simulated"] is True
    tower.shown = view()
    empty = await ctl(tower, *arguments)
    assert empty.stdout.startswith("no")


async def test_how_far_taking_stock_is(tower: Tower) -> None:
    async with tower.client() as client:
        body = (await client.get("/stock/take")).json()
    assert (body["open"], body["read"], len(body["bays"])) == (1, 1, 2)


@pytest.mark.parametrize(
    ("method", "path", "content"),
    [
        ("POST", "/moves", {"purpose": "fetch", "what": "2-3"}),
        ("DELETE", "/moves/7", None),
        ("POST", "/stock/take", {}),
        ("DELETE", "/stock/take", None),
    ],
)
async def test_only_technicians_move_cars(
    tower: Tower, speaking_as: Callable[[str], None], method: str, path: str, content: Any
) -> None:
    speaking_as("bob")
    async with tower.client() as client:
        assert (await client.request(method, path, json=content)).status_code == 403
        assert (await client.get("/moves")).status_code == 200
    assert not tower.events


def test_the_metrics_carry_the_last_job_of_each_purpose() -> None:
    ended = JobView(3, "move", "done", "car-1", "bay:2-3", "bay:3-4", None, "lin", AT, AT, None, None, 40.0, 41.5)
    rows = (ended, replace(ended, id=4, motion_s=41.0), replace(ended, id=5, state="cancelled", motion_s=3.0))
    text = metrics.exposition(view(jobs=(*rows, replace(ended, id=6, state="running", motion_s=None)))).decode()
    assert 'towerd_job_motion_seconds{purpose="move"} 41.0' in text
    assert 'towerd_job_minimum_seconds{purpose="move"} 40.0' in text


async def test_named_people_vouch_for_a_customer(tower: Tower, speaking_as: Callable[[str], None]) -> None:
    for account, technician in (("ada", True), ("bob", False)):
        speaking_as(account)
        assert (await ctl(tower, "vouch", "0815", "--saw", "passport")).exit_code == 0
        event = tower.events[-1]
        assert isinstance(event, CustomerVouchedFor)
        assert (event.order, event.by, event.technician, event.saw) == ("0815", account, technician, "passport")
    assert (await ctl(tower, "vouch", "0815", "--saw", "library_card")).exit_code == 2
    assert get_args(Papers) == towerctl.PAPERS


@pytest.mark.parametrize("account", ["eve", "mallory"])
async def test_a_viewer_vouches_for_nobody(tower: Tower, speaking_as: Callable[[str], None], account: str) -> None:
    speaking_as(account)
    assert (await ctl(tower, "vouch", "0815", "--saw", "passport")).exit_code == 77
    assert tower.events == []


async def test_who_has_no_name_vouches_for_nobody(tower: Tower, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "peer_of", lambda _socket: peer.Peer(1, 0, 0))
    result = await ctl(tower, "vouch", "0815", "--saw", "passport")
    assert "only people of [api.users]" in result.output
    assert tower.events == []
