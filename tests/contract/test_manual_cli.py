"""The commands for work by hand, against a real daemon's socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.support.api_tower import Tower, served
from tests.support.values import AT
from tests.support.views import view
from towerd.cli import client, towerctl
from towerd.fsm.commands import Answer
from towerd.fsm.manual_events import (
    BayServiceChanged,
    HandAction,
    JobCommanded,
    JobFinished,
    JogRequested,
    LeaseTaken,
    ManualRequested,
    PlaceSet,
)
from towerd.places import bay, cabin
from towerd.view import HandView, JobView, PlaceView

JOB = JobView(7, "deliver", "held", "v_1", "bay:2-3", "cabin:1", "o_1", None, AT, None, None, None)


@pytest.fixture
async def tower(tmp_path: Path) -> AsyncIterator[Tower]:
    async with served(tmp_path / "api.sock") as made:
        yield made


def _run(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(towerctl.app, list(arguments))


async def ctl(tower: Tower, *arguments: str) -> Result:
    return await asyncio.to_thread(_run, *arguments, "--socket", str(tower.path))


@pytest.mark.parametrize(
    ("arguments", "action"),
    [
        (("home",), HandAction("home", None, 9)),
        (("home", "fork"), HandAction("home", None, 2)),
        (("goto", "2-3"), HandAction("goto", bay(2, 3))),
        (("fork", "get", "2-3", "--leave-out", "second"), HandAction("get", bay(2, 3), 0, 2)),
        (("fork", "put", "cabin:1"), HandAction("put", cabin(1))),
        (("lock", "open", "2-3"), HandAction("unlock", bay(2, 3))),
        (("lock", "close", "2-3"), HandAction("lock", bay(2, 3))),
        (("door", "inner", "open", "1"), HandAction("inner_door", cabin(1), 1)),
        (("door", "outer", "close", "2"), HandAction("outer_door", cabin(2), 0)),
        (("signal", "1", "leave"), HandAction("signal", cabin(1), 6)),
    ],
)
async def test_commands_become_events(tower: Tower, arguments: tuple[str, ...], action: HandAction) -> None:
    result = await ctl(tower, *arguments)
    assert result.exit_code == 0, result.output
    [event] = tower.events
    assert isinstance(event, ManualRequested)
    assert event.action == action
    assert event.wait


async def test_not_waiting_and_taking_over(tower: Tower) -> None:
    assert (await ctl(tower, "goto", "2-3", "--no-wait", "--take")).exit_code == 0
    lease, command = tower.events
    assert isinstance(lease, LeaseTaken)
    assert lease.force
    assert isinstance(command, ManualRequested)
    assert not command.wait
    tower.refuse = ("lease_held",)
    assert (await ctl(tower, "goto", "2-3", "--take")).exit_code == 1
    assert len(tower.events) == 3, "what was not taken commands nothing"


async def test_a_refusal_says_what_to_do(tower: Tower) -> None:
    tower.silent = True

    def refuse(event: Any, attachment: bytes | None = None, done: Any = None) -> None:
        told = {"text": "interlock: fork not centred", "cure": "towerctl home fork.", "reject_code": 6}
        tower.server.answer(Answer(event.reply, False, ("plc_refused",), told))

    tower.server._core.inbox = type("Inbox", (), {"post": staticmethod(refuse)})()
    result = await ctl(tower, "goto", "2-3")
    assert result.exit_code == 1
    assert "refused: plc_refused: interlock: fork not centred" in result.output
    assert "what to do: towerctl home fork." in result.output
    shown = json.loads((await ctl(tower, "goto", "2-3", "--json")).output)
    assert shown["result"]["reject_code"] == 6


async def test_ctrl_c_says_that_it_goes_on(tower: Tower, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_arguments: Any, **_content: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(client, "call", interrupted)
    for arguments in (("goto", "2-3"), ("job", "step", "7")):
        result = await ctl(tower, *arguments)
        assert result.exit_code == 75
        assert "It goes on" in result.output


async def test_the_lease_is_shown_taken_and_released(tower: Tower) -> None:
    assert "nobody commands" in (await ctl(tower, "lease", "show")).output
    tower.shown = view(hand=HandView("ada", 100.0, None, True, ("bay:2-3 was v_1, is empty",)))
    result = await ctl(tower, "lease", "show")
    assert "ada commands, for 100 s" in result.output
    assert "ada commands" in (await ctl(tower, "status")).output
    assert "changed: bay:2-3 was v_1, is empty" in result.output
    assert json.loads((await ctl(tower, "lease", "show", "--json")).output)["commander"] == "ada"
    for arguments in (("lease", "take"), ("lease", "release"), ("cancel",), ("confirm-changes",)):
        assert (await ctl(tower, *arguments)).exit_code == 0
    assert len(tower.events) == 4


async def test_jobs(tower: Tower) -> None:
    assert "no jobs" in (await ctl(tower, "job", "list")).output
    tower.shown = view(jobs=(JOB,))
    assert "held" in (await ctl(tower, "job", "list")).output
    assert json.loads((await ctl(tower, "job", "list", "--json")).output)["jobs"][0]["id"] == 7
    assert "bay:2-3" in (await ctl(tower, "job", "show", "7")).output
    assert json.loads((await ctl(tower, "job", "show", "7", "--json")).output)["order"] == "o_1"
    assert (await ctl(tower, "job", "show", "8")).exit_code == 2
    for verb in ("hold", "resume", "step", "cancel"):
        assert (await ctl(tower, "job", verb, "7")).exit_code == 0
    assert (await ctl(tower, "job", "finish", "7", "2-3", "--reason", "moved by hand")).exit_code == 0
    assert (await ctl(tower, "job", "finish", "7", "2-3")).exit_code == 2, "a reason is asked for"
    assert [type(event) for event in tower.events] == [*[JobCommanded] * 4, JobFinished]
    tower.shown = view(jobs=(replace(JOB, state="running", waits_for=("packml_held", "TWR-3002")),))
    assert "waits: packml_held, TWR-3002" in (await ctl(tower, "job", "list")).output


async def test_bays(tower: Tower) -> None:
    assert (await ctl(tower, "bay", "show")).exit_code == 2
    rows = (
        PlaceView("2-3", "v_1", "occupied", False, True, True, True, "repair"),
        PlaceView("2-4", None, "disagree", True, False, False, False, "one sensor"),
    )
    tower.shown = view(places=rows)
    result = await ctl(tower, "bay", "show")
    assert "disabled, disabled at the PLC (repair)" in result.output
    assert "UNKNOWN (one sensor)" in result.output
    assert len(json.loads((await ctl(tower, "bay", "show", "2-3", "--json")).output)["bays"]) == 1
    why = ("--reason", "looked at it")
    assert (await ctl(tower, "bay", "set", "2-3", "empty", *why)).exit_code == 0
    assert (await ctl(tower, "bay", "set", "2-3", "v_1", "--override", *why)).exit_code == 0
    assert (await ctl(tower, "bay", "disable", "2-3", *why)).exit_code == 0
    assert (await ctl(tower, "bay", "enable", "2-3", *why)).exit_code == 0
    first, second, third, fourth = tower.events
    assert isinstance(first, PlaceSet)
    assert (first.vehicle, first.override) == (None, False)
    assert isinstance(second, PlaceSet)
    assert (second.vehicle, second.override) == ("v_1", True)
    assert isinstance(third, BayServiceChanged)
    assert isinstance(fourth, BayServiceChanged)
    assert (third.disabled, fourth.disabled) == (True, False)


async def test_jog_steps_and_asks_for_a_terminal(tower: Tower) -> None:
    assert (await ctl(tower, "jog", "lift", "--step", "-50")).exit_code == 0
    [event] = tower.events
    assert isinstance(event, JogRequested)
    assert (event.axis, event.direction, event.step) == (0, -1, 50)
    result = await ctl(tower, "jog", "lift")
    assert result.exit_code == 2
    assert "terminal" in result.output
