"""Alarms as people see them: one list, each with its ISA-18.2 state."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.support.core_kit import machine, state_of, tables_of
from tests.support.values import AT
from towerd.fsm.alarm_rows import AlarmRow, Silence
from towerd.fsm.show_alarms import show_alarms
from towerd.fsm.state import Fault, Meta
from towerd.plc.snapshot import Alarms

SHELF = Silence("shelved", AT + timedelta(minutes=5), AT + timedelta(hours=1), "bo", "on order")


def test_a_shelved_alarm_shows_its_end_its_reason_and_that_it_stands() -> None:
    rows = {"PLC-022": AlarmRow("PLC-022", "unacked_active", AT, silence=SHELF)}
    (shown,) = show_alarms(state_of(None, tables_of(alarms=rows)))
    assert (shown.state, shown.active, shown.since_at) == ("shelved", True, AT)
    assert (shown.shelved_until_at, shown.silenced_by, shown.silenced_because) == (SHELF.until_at, "bo", "on order")


def test_one_that_is_silenced_while_nothing_is_wrong_counts_from_then() -> None:
    out = Silence("out_of_service", AT + timedelta(minutes=5), None, "jo", "rebuilt")
    rows = {"PLC-022": AlarmRow("PLC-022", "normal", AT, silence=out)}
    (shown,) = show_alarms(state_of(None, tables_of(alarms=rows)))
    assert (shown.state, shown.active, shown.since_at) == ("out_of_service", False, out.since_at)


def test_the_first_of_each_kind_is_marked() -> None:
    rows = {code: AlarmRow(code, "unacked_active", AT) for code in ("PLC-022", "PLC-026", "TWR-4001", "TWR-2001")}
    tables = tables_of(alarms=rows, meta=Meta(first_fault="TWR-2001"))
    picture = replace(machine(), alarms=Alarms(frozenset({22, 26}), frozenset({22, 26}), 26, 1))
    assert {row.code for row in show_alarms(state_of(picture, tables)) if row.first_out} == {"PLC-026", "TWR-2001"}
    assert {row.code for row in show_alarms(state_of(None, tables)) if row.first_out} == {"TWR-2001"}


def test_who_has_acknowledged_is_shown_once_it_counts() -> None:
    rows = {
        "PLC-022": AlarmRow("PLC-022", "unacked_active", AT, ack_by="jo"),
        "PLC-023": AlarmRow("PLC-023", "acked_active", AT, ack_by="jo"),
    }
    assert [row.acked_by for row in show_alarms(state_of(None, tables_of(alarms=rows)))] == [None, "jo"]


def test_a_fault_shows_its_first_and_its_newest_cause() -> None:
    rows = {"TWR-2001": AlarmRow("TWR-2001", "latched_unacked", AT)}
    fault = Fault(2001, AT, "drive fault", last_cause="time limit")
    (shown,) = show_alarms(state_of(None, tables_of(alarms=rows, faults={2001: fault})))
    assert shown.text.endswith("drive fault; since then time limit")
    assert (shown.stops, shown.active) == ("hold", True)


def test_a_fault_of_an_older_journal_is_shown_too() -> None:
    faults = {2001: Fault(2001, AT, "drive fault")}
    (shown,) = show_alarms(state_of(None, tables_of(faults=faults)))
    assert (shown.code, shown.state) == ("TWR-2001", "latched_unacked")
