"""Alarms are acknowledged at the PLC, and PackML commands are answered when the PLC has answered."""

from __future__ import annotations

from datetime import timedelta

from tests.support.sync_tower import START, SyncTower, ask_packml
from towerd.fsm import events as ev
from towerd.fsm.alarm_events import AlarmAcknowledged
from towerd.fsm.alarms import ALL
from towerd.fsm.reply import ReplyTo
from towerd.fsm.show import build_view
from towerd.fsm.turn import Turn

REPLY = ReplyTo("api", "1")


def made() -> SyncTower:
    tower = SyncTower(lambda *_: None)
    tower.tick(3.0)
    tower.answers.clear()
    return tower


def acknowledge(tower: SyncTower, code: str) -> None:
    tower.take(AlarmAcknowledged(code, "ada", REPLY))
    tower.tick(0.5)


def test_an_acknowledged_alarm_leaves() -> None:
    tower = made()
    assert "PLC-011" in tower.state.tables.alarms  # not homed after the start, and nobody has said so
    acknowledge(tower, "PLC-011")
    assert tower.answers[-1].ok
    assert "PLC-011" not in tower.state.tables.alarms


def test_all_at_once_and_nothing_left() -> None:
    tower = made()
    acknowledge(tower, ALL)
    assert not tower.state.tables.alarms
    acknowledge(tower, "PLC-011")
    assert tower.answers[-1].reasons == ("nothing_to_acknowledge",)


def test_nothing_is_acknowledged_blindly() -> None:
    tower = made()
    tower.linked = False
    tower.lose("cable out")
    acknowledge(tower, ALL)
    assert tower.answers[-1].reasons == ("plc_lost",)


def test_a_packml_command_is_answered_by_the_plc() -> None:
    tower = made()
    ask_packml(tower, "hold")
    assert not tower.answers
    tower.tick(0.5)
    assert tower.answers[-1].ok
    ask_packml(tower, "start")
    tower.tick(0.5)
    assert tower.answers[-1].reasons == ("plc_refused",)
    assert "state" in (tower.answers[-1].result or {})["text"]


def test_a_stop_overtakes_and_a_lost_link_answers() -> None:
    tower = made()
    ask_packml(tower, "hold")
    ask_packml(tower, "stop")
    assert tower.answers[-1].reasons == ("overtaken",)
    tower.lose("cable out")
    tower.tick(0.5)
    assert tower.answers[-1].reasons == ("plc_lost",)


def test_what_is_retained_stays_marked_and_unknown_without_the_plc() -> None:
    tower = made()
    tower.linked = False
    tower.lose("cable out")
    stamped = ev.Stamped(START + timedelta(seconds=tower.now_s), tower.now_s, ev.BusChanged(True))
    view = build_view(tower.state, tower.tower.core, Turn(tower.state, stamped, tower.tower.core))
    assert view.simulated
    assert {bay.quality for bay in view.bays} == {door.quality for door in view.cabins} == {"unknown"}
    assert len(view.bays) == view.floors * view.positions == 12
    assert view.activity.since_at < view.at
