"""Alarms over the real socket and the real command line: who may do what, and what the core is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.support.api_tower import Tower, served
from tests.support.values import AT
from tests.support.views import view
from towerd.api import callers, http, peer
from towerd.cli import towerctl, towerctl_alarms
from towerd.fsm.alarm_events import AlarmAcknowledged, AlarmPutBack, AlarmShelved, AlarmTakenOut


@pytest.fixture
async def tower(tmp_path: Path) -> AsyncIterator[Tower]:
    async with served(tmp_path / "api.sock") as made:
        yield made


@pytest.fixture
def speaking_as(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """The kernel says that another account is at the other end."""

    def speak(account: str) -> None:
        monkeypatch.setattr(http, "peer_of", lambda _socket: peer.Peer(1, 4_000_000, 4_000_000))
        monkeypatch.setattr(callers, "account_name", lambda _uid: account)

    return speak


async def _ctl(tower: Tower, *args: str) -> Result:
    arguments = ["alarms", *args, "--socket", str(tower.path)]
    return await asyncio.to_thread(CliRunner().invoke, towerctl.app, arguments)


SHELVE = {"for_s": 60, "reason": "sensor is on order"}
ACTS = (
    ("bob", "PLC-022/acknowledge", None),
    ("bob", "all/acknowledge", None),
    ("bob", "twr-2001/shelve", SHELVE),
    ("bob", "22/unshelve", None),
    ("ada", "PLC-022/out-of-service", {"reason": "door is rebuilt"}),
    ("ada", "PLC-022/in-service", None),
)


@pytest.mark.parametrize(("account", "path", "content"), ACTS)
async def test_each_act_has_its_least_role(
    tower: Tower, speaking_as: Callable[[str], None], account: str, path: str, content: dict[str, Any] | None
) -> None:
    below = {"bob": "eve", "ada": "bob"}[account]
    async with tower.client() as client:
        speaking_as(below)
        assert (await client.post(f"/alarms/{path}", json=content)).status_code == 403
        assert tower.events == []
        speaking_as(account)
        assert (await client.post(f"/alarms/{path}", json=content)).status_code == 200
    assert tower.events[0].by == account  # type: ignore[union-attr]


async def test_the_core_is_told_what_was_asked(tower: Tower) -> None:
    async with tower.client() as client:
        for _account, path, content in ACTS:
            assert (await client.post(f"/alarms/{path}", json=content)).status_code == 200
    told = [replace(event, by="", reply=None) for event in tower.events]  # type: ignore[type-var, call-arg]
    assert told == [
        AlarmAcknowledged("PLC-022", "", None),  # type: ignore[arg-type]
        AlarmAcknowledged("all", "", None),  # type: ignore[arg-type]
        AlarmShelved("TWR-2001", 60.0, "sensor is on order", "", None),  # type: ignore[arg-type]
        AlarmPutBack("PLC-022", True, "", None),  # type: ignore[arg-type]
        AlarmTakenOut("PLC-022", "door is rebuilt", "", None),  # type: ignore[arg-type]
        AlarmPutBack("PLC-022", False, "", None),  # type: ignore[arg-type]
    ]


@pytest.mark.parametrize(
    ("path", "content", "status"),
    [
        ("PLC-128/acknowledge", None, 404),
        ("all/shelve", SHELVE, 404),
        ("22/shelve", {"for_s": 60}, 422),
        ("22/shelve", {"for_s": 0, "reason": "because"}, 422),
        ("22/shelve", {"for_s": 60, "reason": "x"}, 422),
        ("22/out-of-service", {"reason": "because", "for_s": 1}, 422),
    ],
)
async def test_what_makes_no_sense_never_reaches_the_core(
    tower: Tower, path: str, content: dict[str, Any] | None, status: int
) -> None:
    async with tower.client() as client:
        assert (await client.post(f"/alarms/{path}", json=content)).status_code == status
    assert tower.events == []


class Log:
    """An audit log of `count` rows in which every tenth is about an alarm."""

    def __init__(self, count: int) -> None:
        self.count, self.asked = count, 0

    def __call__(self, after_seq: int, limit: int) -> list[dict[str, Any]]:
        self.asked += 1
        numbers = range(after_seq + 1, min(self.count, after_seq + limit) + 1)
        return [self.row(seq) for seq in numbers]

    @staticmethod
    def row(seq: int) -> dict[str, Any]:
        data = {"code": "PLC-022", "what": "raised", "by": None, "reason": None}
        body = {"type": "alarm", "data": data} if seq % 10 == 0 else {"type": "started", "data": {}}
        return {"audit_seq": seq, "at": AT.isoformat(), "body": body}


@pytest.mark.parametrize("count", [0, 9, 10, 995, 2500])
async def test_the_journal_gives_every_alarm_event_once_the_newest_first(tower: Tower, count: int) -> None:
    tower.server._core.audit_of = Log(count)
    tower.shown = view(audit_seq=count)
    found: list[int] = []
    before = ""
    async with tower.client() as client:
        while True:
            body = (await client.get(f"/alarms/journal?limit=7{before}")).json()
            found += [row["audit_seq"] for row in body["rows"]]
            if body["before_seq"] is None:
                break
            before = f"&before_seq={body['before_seq']}"
    assert found == list(range(count - count % 10, 0, -10))


async def test_one_question_does_not_read_the_whole_log(tower: Tower) -> None:
    log = Log(1_000_000)
    log.row = lambda seq: {"audit_seq": seq, "at": "", "body": {"type": "started"}}  # type: ignore[method-assign]
    tower.server._core.audit_of = log
    tower.shown = view(audit_seq=log.count)
    async with tower.client() as client:
        body = (await client.get("/alarms/journal")).json()
    assert (log.asked, body["rows"], body["before_seq"]) == (20, [], 980_001)


async def test_the_list_for_people(tower: Tower) -> None:
    row = replace(view().alarms[0], cause="a car in the way", cure="look", first_out=True)
    shelved = replace(
        row, code="PLC-026", shelved_until_at=AT, silenced_by="bo", silenced_because="on order", first_out=False
    )
    tower.shown = view(alarms=(row, shelved), alarm_flood=True)
    for args in ((), ("list",)):
        output = (await _ctl(tower, *args)).output
        assert "PLC-024" in output
        assert "(first)" in output
        assert "shelved until 2026" in output
        assert "silenced by bo: on order" in output
        assert output.startswith("flood:")
        assert "cause:" not in output
    assert "cause: a car in the way" in (await _ctl(tower, "list", "--cure")).output
    assert json.loads((await _ctl(tower, "list", "--json")).output)["flood"] is True


async def test_every_act_has_its_command(tower: Tower) -> None:
    for args in (
        ("ack", "all"),
        ("shelve", "22", "--for", "8h", "--reason", "on order"),
        ("unshelve", "22"),
        ("out-of-service", "22", "--reason", "rebuilt"),
        ("in-service", "22"),
    ):
        assert (await _ctl(tower, *args)).exit_code == 0, args
    kinds = [type(event) for event in tower.events]
    assert kinds == [AlarmAcknowledged, AlarmShelved, AlarmPutBack, AlarmTakenOut, AlarmPutBack]
    assert tower.events[1].for_s == 28800.0  # type: ignore[union-attr]
    assert (await _ctl(tower, "shelve", "22", "--for", "soon", "--reason", "on order")).exit_code == 2
    assert (await _ctl(tower, "shelve", "22")).exit_code == 2, "no silence without a reason"
    assert "give at least 3 characters" in (await _ctl(tower, "shelve", "22", "--reason", "x")).output


async def test_the_journal_for_people(tower: Tower) -> None:
    tower.server._core.audit_of = Log(30)
    tower.shown = view(audit_seq=30)
    lines = (await _ctl(tower, "journal", "-n", "2")).output.splitlines()
    assert [line.split()[1] for line in lines[:2]] == ["PLC-022", "PLC-022"]
    assert lines[2] == "more: --before 20"
    assert len((await _ctl(tower, "journal", "--before", "20")).output.splitlines()) == 1
    assert len(json.loads((await _ctl(tower, "journal", "--json")).output)["rows"]) == 3


@pytest.mark.parametrize(("text", "wanted_s"), [("90s", 90.0), ("30m", 1800.0), ("8h", 28800.0), ("1d", 86400.0)])
def test_durations(text: str, wanted_s: float) -> None:
    assert towerctl_alarms.seconds(text) == wanted_s


@pytest.mark.parametrize("text", ["0s", "30", "m", "-1m", "1.5h", "9999999s"])
def test_no_durations(text: str) -> None:
    with pytest.raises(ValueError, match="no duration"):
        towerctl_alarms.seconds(text)
