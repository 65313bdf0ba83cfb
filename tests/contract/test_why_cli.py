"""`towerctl why`: what it prints, its exit code, and the shape of `--json`, which other programs read."""

from __future__ import annotations

import asyncio
import getpass
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.scenario.standstill import Site
from tests.support.api_tower import Tower, served
from tests.support.values import AT
from tests.support.views import view
from towerd.cli import towerctl
from towerd.view import Obstacle, Waiting

WAITS = Waiting("cabin_not_clear", "job 1: car-1 to cabin:1", "Nobody has looked", "Press the button", "help", AT)
CUSTOMER = Waiting("drive_out", "order 0815: car-1", "The door is open", "Drive it out.", "customer")
MACHINE = Waiting("carriage_awaited", "order 0816: car-2", "It waits", "It passes by itself.", "machine")
IN_THE_WAY = Obstacle("estop", "The chain is open", "Release the button", AT, "A button is pressed")


@pytest.fixture
async def tower(tmp_path: Path) -> AsyncIterator[Tower]:
    async with served(tmp_path / "api.sock") as made:
        made.settings.users[getpass.getuser()] = "viewer"
        made.shown = view(can_deliver=True, why_not=(), obstacles=())
        yield made


async def _why(tower: Tower, *options: str) -> Result:
    words = ["why", *options, "--socket", str(tower.path)]
    return await asyncio.to_thread(CliRunner(env={"COLUMNS": "200"}).invoke, towerctl.app, words)


@pytest.mark.parametrize(
    ("shown", "code"),
    [
        ({}, 0),
        ({"waiting": (CUSTOMER, MACHINE)}, 0),
        ({"waiting": (CUSTOMER, WAITS)}, 1),
        ({"can_deliver": False, "why_not": ("estop",), "obstacles": (IN_THE_WAY,)}, 1),
        ({"can_deliver": False, "why_not": ("no_vehicle",)}, 1),
    ],
)
async def test_exit_1_means_that_somebody_has_to_do_something(
    tower: Tower, shown: dict[str, object], code: int
) -> None:
    tower.shown = view(**{"can_deliver": True, "why_not": (), "obstacles": (), **shown})
    assert (await _why(tower)).exit_code == code
    assert (await _why(tower, "--json")).exit_code == code


async def test_cause_and_cure_are_printed(tower: Tower) -> None:
    tower.shown = view(can_deliver=False, why_not=("estop",), obstacles=(IN_THE_WAY,), waiting=(WAITS,))
    lines = (await _why(tower)).output.splitlines()
    assert [line.split()[0] for line in lines] == [
        *("In", "code", "estop", "A"),
        *("Waiting", "code", "cabin_not_clear", "Nobody"),
    ]
    for row, wanted in ((2, "Release the button"), (6, "Press the button"), (6, "2026-")):
        assert wanted in lines[row]


async def test_the_shape_of_the_json(tower: Tower) -> None:
    tower.shown = view(can_deliver=False, why_not=("estop",), obstacles=(IN_THE_WAY,), waiting=(WAITS, CUSTOMER))
    body = json.loads((await _why(tower, "--json")).output)
    assert list(body) == [
        *("at", "simulated", "can_deliver", "why_not", "obstacles", "needs_help", "waiting", "doing"),
    ]
    assert (body["can_deliver"], body["why_not"], body["needs_help"]) == (False, ["estop"], True)
    assert body["obstacles"] == [
        {
            "code": "estop",
            "text": "The chain is open",
            "cure": "Release the button",
            "since_at": body["obstacles"][0]["since_at"],
            "cause": "A button is pressed",
        }
    ]
    assert body["waiting"] == [
        {
            "code": "cabin_not_clear",
            "what": "job 1: car-1 to cabin:1",
            "text": "Nobody has looked",
            "cure": "Press the button",
            "asks": "help",
            "since_at": body["obstacles"][0]["since_at"],
        },
        {
            "code": "drive_out",
            "what": "order 0815: car-1",
            "text": "The door is open",
            "cure": "Drive it out.",
            "asks": "customer",
            "since_at": None,
        },
    ]


async def test_a_tower_that_stands_tells_it(tower: Tower) -> None:
    site = Site()
    site.order()
    site.until(site.on_the_way, "the car is on the way")
    site.simulator.inject("doorway_blocked", cabin=1)
    site.until(lambda: "doorway_blocked" in site.shown(), "it waits")
    tower.shown = site.tower.view()
    told = await _why(tower)
    assert told.exit_code == 1
    assert "Look into cabin 1; free the doorway." in told.output
    site.simulator.clear("doorway_blocked", cabin=1)
    site.until(site.completed, "the visit is over")
    tower.shown = site.tower.view()
    told = await _why(tower)
    assert (told.exit_code, told.output) == (0, "nothing is in the way\n")
