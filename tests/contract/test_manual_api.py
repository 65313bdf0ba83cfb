"""Work by hand over a real socket: what becomes which event, and by whom."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.api_tower import Tower, served
from tests.support.values import AT
from tests.support.views import view
from towerd.api import answers, callers, http, peer
from towerd.fsm.manual_events import (
    BayServiceChanged,
    ChangesConfirmed,
    ConditionSet,
    HandAction,
    JobCommanded,
    JobFinished,
    JogRequested,
    LeaseReleased,
    LeaseTaken,
    ManualCancelled,
    ManualRequested,
    PlaceSet,
)
from towerd.places import CARRIAGE, bay, cabin
from towerd.plc.snapshot import Unit
from towerd.view import HandView, JobView, PlaceView

WHY = {"reason": "looked at it"}


@pytest.fixture
async def tower(tmp_path: Path) -> AsyncIterator[Tower]:
    async with served(tmp_path / "api.sock") as made:
        yield made


@pytest.fixture
def speaking_as(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """The kernel says that another account is at the other end."""

    def set_account(account: str) -> None:
        monkeypatch.setattr(http, "peer_of", lambda _socket: peer.Peer(1, 4_000_000, 4_000_000))
        monkeypatch.setattr(callers, "account_name", lambda _uid: account)

    return set_account


async def post(tower: Tower, path: str, body: Any = None, method: str = "POST") -> tuple[int, Any]:
    async with tower.client() as client:
        answer = await client.request(method, path, json=body)
        return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("body", "action", "wait"),
    [
        ({"verb": "home", "value": 9}, HandAction("home", None, 9, 0), True),
        ({"verb": "goto", "place": "2-3", "wait": False}, HandAction("goto", bay(2, 3), 0, 0), False),
        (
            {"verb": "get", "place": "2-3", "leave_out": ["second", "front", "lock"]},
            HandAction("get", bay(2, 3), 0, 0b10110),
            True,
        ),
        ({"verb": "outer_door", "place": "cabin:1", "value": 1}, HandAction("outer_door", cabin(1), 1, 0), True),
    ],
)
async def test_commands_by_hand(
    tower: Tower, speaking_as: Callable[[str], None], body: Any, action: HandAction, wait: bool
) -> None:
    speaking_as("ada")
    assert (await post(tower, "/manual", body))[0] == 200
    [event] = tower.events
    assert event == ManualRequested(action, "ada", event.reply, wait)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("body", "status"),
    [({"verb": "fly"}, 422), ({"verb": "goto", "place": "up there"}, 422), ({"verb": "home", "speed": 3}, 422)],
)
async def test_what_is_no_command_goes_nowhere(tower: Tower, body: Any, status: int) -> None:
    assert (await post(tower, "/manual", body))[0] == status
    assert tower.events == []


async def test_the_lease_the_cancel_and_the_changes(tower: Tower, speaking_as: Callable[[str], None]) -> None:
    speaking_as("ada")
    assert (await post(tower, "/lease", {"force": True}))[0] == 200
    assert (await post(tower, "/lease", method="DELETE"))[0] == 200
    assert (await post(tower, "/manual/cabin1/cancel"))[0] == 200
    assert (await post(tower, "/manual/roof/cancel"))[0] == 404
    assert (await post(tower, "/changes/confirm"))[0] == 200
    kinds = [type(event) for event in tower.events]
    assert kinds == [LeaseTaken, LeaseReleased, ManualCancelled, ChangesConfirmed]
    assert tower.events[2].unit is Unit.CABIN1  # type: ignore[union-attr]


async def test_a_jog_word_says_when_it_came(tower: Tower) -> None:
    assert (await post(tower, "/jog", {"axis": "fork", "direction": -1, "speed_pct": 30}))[0] == 200
    [event] = tower.events
    assert isinstance(event, JogRequested)
    assert (event.axis, event.direction, event.speed_pct, event.step) == (2, -1, 30, 0)
    assert event.received_mono_s > 0
    assert (await post(tower, "/jog", {"axis": "fork", "direction": 1, "step": 201}))[0] == 422


async def test_jobs_and_places(tower: Tower, speaking_as: Callable[[str], None]) -> None:
    speaking_as("ada")
    for verb in ("hold", "resume", "step", "cancel"):
        assert (await post(tower, f"/jobs/7/{verb}"))[0] == 200
    assert (await post(tower, "/jobs/7/lose"))[0] == 404
    assert (await post(tower, "/jobs/7/finish", {"place": "2-3", **WHY}))[0] == 200
    assert (await post(tower, "/jobs/7/finish", {"place": "there", **WHY}))[0] == 422
    assert (await post(tower, "/places/carriage/set", {"vehicle": None, **WHY}))[0] == 200
    assert (await post(tower, "/places/there/set", {"vehicle": None, **WHY}))[0] == 422
    assert (await post(tower, "/places/2-3/set", {"vehicle": None, "reason": ""}))[0] == 422
    assert (await post(tower, "/bays/2-3/disable", WHY))[0] == 200
    assert (await post(tower, "/bays/2-3/enable", WHY))[0] == 200
    assert (await post(tower, "/bays/there/enable", WHY))[0] == 422
    kinds = [type(event) for event in tower.events]
    assert kinds == [*[JobCommanded] * 4, JobFinished, PlaceSet, BayServiceChanged, BayServiceChanged]
    assert tower.events[5].place == CARRIAGE  # type: ignore[union-attr]
    assert [event.disabled for event in tower.events[6:]] == [True, False]  # type: ignore[union-attr]


async def test_what_a_technician_says_of_a_vehicle(tower: Tower, speaking_as: Callable[[str], None]) -> None:
    speaking_as("ada")
    said = {"condition": "out_of_service", "because": ["damage", "cleaning", "damage"], **WHY}
    assert (await post(tower, "/vehicles/v_0042/condition", said))[0] == 200
    assert (await post(tower, "/vehicles/v_0042/condition", {**said, "because": ["rust"]}))[0] == 422
    assert (await post(tower, "/vehicles/v_0042/condition", {**said, "condition": "sold"}))[0] == 422
    [event] = tower.events
    assert isinstance(event, ConditionSet)
    assert (event.vehicle, event.condition, event.reasons) == ("v_0042", "out_of_service", ("damage", "cleaning"))
    assert (event.note, event.by) == (WHY["reason"], "ada")


@pytest.mark.parametrize("account", ["bob", "eve"])
@pytest.mark.parametrize("path", ["/lease", "/manual", "/jog", "/jobs/1/hold", "/changes/confirm", "/bays/1-1/disable"])
async def test_only_technicians_work_by_hand(
    tower: Tower, speaking_as: Callable[[str], None], account: str, path: str
) -> None:
    speaking_as(account)
    assert (await post(tower, path, {}))[0] == 403
    assert tower.events == []


async def test_everybody_may_look(tower: Tower, speaking_as: Callable[[str], None]) -> None:
    speaking_as("eve")
    job = JobView(7, "deliver", "held", "v_1", "bay:2-3", "cabin:1", "o_1", None, AT, None, None, None)
    place = PlaceView("2-3", "v_1", "occupied", False, False, True, False, "repair")
    tower.shown = view(hand=HandView("ada", 100.0, "lift", True, ("a bay",)), jobs=(job,), places=(place,))
    assert (await post(tower, "/hand", method="GET"))[1]["commander"] == "ada"
    assert (await post(tower, "/jobs", method="GET"))[1]["jobs"][0]["state"] == "held"
    assert (await post(tower, "/bays", method="GET"))[1]["bays"][0]["disabled"] is True


async def test_the_end_is_waited_for_longer_than_other_answers(tower: Tower, monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[float | None] = []
    ask = answers.ApiCore.ask

    async def noted(core: Any, make: Any, limit_s: float | None = None) -> Any:
        limits.append(limit_s)
        return await ask(core, make, limit_s)

    monkeypatch.setattr(answers.ApiCore, "ask", noted)
    await post(tower, "/manual", {"verb": "home"})
    await post(tower, "/changes/confirm")
    assert limits == [620.0, None]
