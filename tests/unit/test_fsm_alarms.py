"""The PLC's alarms as rows, and their changes as messages (ISA-18.2, plc-if.md 8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.core_kit import answers, asked, machine, state_of, tables_of, told, turn_of
from tests.support.values import AT
from towerd.fsm.alarms import ALL_ALARMS, alarm_acknowledged, mirror_alarms, plc_code
from towerd.fsm.commands import AcknowledgeAlarm
from towerd.fsm.events import AlarmAcknowledged
from towerd.fsm.reply import ReplyTo
from towerd.fsm.state import AlarmRow, AlarmState
from towerd.plc.snapshot import Alarms, Snapshot

CODE = "PLC-022"
API = ReplyTo("api", "request 1")


def showing(active: bool, unacked: bool) -> Snapshot:
    def numbers(on: bool) -> frozenset[int]:
        return frozenset({22}) if on else frozenset()

    return replace(machine(), alarms=Alarms(numbers(active), numbers(unacked), None, 0))


def test_a_number_is_shown_with_three_digits() -> None:
    assert plc_code(22) == CODE


@pytest.mark.parametrize(
    ("before", "active", "unacked", "after", "message"),
    [
        (None, True, True, "unacked_active", ["PLC-022 raised"]),
        ("unacked_active", True, True, "unacked_active", []),
        ("unacked_active", True, False, "acked_active", ["PLC-022 acknowledged"]),
        ("unacked_active", False, True, "unacked_cleared", ["PLC-022 cleared"]),
        ("unacked_cleared", True, True, "unacked_active", ["PLC-022 raised"]),
        ("acked_active", False, False, None, ["PLC-022 cleared"]),
        ("unacked_cleared", False, False, None, ["PLC-022 acknowledged"]),
    ],
)
def test_every_change_is_told_once(
    before: AlarmState | None, active: bool, unacked: bool, after: AlarmState | None, message: list[str]
) -> None:
    since_at = AT - timedelta(hours=1)
    rows = {CODE: AlarmRow(CODE, before, since_at)} if before else {}
    t = turn_of(state_of(None, tables_of(alarms=rows)))
    mirror_alarms(t, showing(active, unacked))
    row = t.tables.alarms.get(CODE)
    assert (row.state if row else None) == after
    assert told(t) == message
    if row:
        assert row.since_at == (since_at if before else t.now), "since it was first raised"


def test_what_comes_and_goes_between_two_looks_leaves_no_row() -> None:
    t = turn_of(state_of(None, tables_of(alarms={CODE: AlarmRow(CODE, "unacked_active", AT)})))
    mirror_alarms(t, showing(False, False))
    assert not t.tables.alarms
    assert told(t) == ["PLC-022 acknowledged"]


@pytest.mark.parametrize(("alarm", "what"), [(22, CODE), (ALL_ALARMS, "all")])
def test_an_acknowledgement_goes_to_the_plc_and_the_row_waits_for_it(alarm: int, what: str) -> None:
    rows = {CODE: AlarmRow(CODE, "unacked_active", AT)}
    t = turn_of(state_of(showing(True, True), tables_of(alarms=rows), alarm_ack_seq=7))
    alarm_acknowledged(t, AlarmAcknowledged(alarm, "jo", API))
    assert asked(t, AcknowledgeAlarm) == [AcknowledgeAlarm(alarm, 8, 3)]
    assert t.volatile.alarm_ack_seq == 8
    assert t.tables.alarms == rows
    assert told(t) == ["manual_intervention"]
    assert answers(t)[0].result == {"alarm": what}


@pytest.mark.parametrize(
    ("seen", "alarm", "reason"),
    [
        (None, 22, "plc_lost"),
        (showing(True, False), 22, "nothing_to_acknowledge"),
        (showing(True, True), 23, "nothing_to_acknowledge"),
    ],
)
def test_what_cannot_be_acknowledged_is_refused(seen: Snapshot | None, alarm: int, reason: str) -> None:
    t = turn_of(state_of(seen))
    alarm_acknowledged(t, AlarmAcknowledged(alarm, "jo", API))
    assert answers(t)[0].reasons == (reason,)
    assert not asked(t, AcknowledgeAlarm)
