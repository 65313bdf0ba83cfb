"""The PLC's alarms as rows, their changes as messages, and what people do with alarms (ISA-18.2, plc-if.md 8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.core_kit import MONO_S, answers, asked, config, machine, state_of, tables_of, told, turn_of
from tests.support.values import AT
from towerd.faults import COMMAND_FAILED
from towerd.fsm.alarm_events import AlarmAcknowledged, AlarmPutBack, AlarmShelved, AlarmTakenOut
from towerd.fsm.alarm_rows import AlarmRow, AlarmState, Silence
from towerd.fsm.alarm_rules import AlarmRules
from towerd.fsm.alarms import (
    alarm_acknowledged,
    alarm_put_back,
    alarm_shelved,
    alarm_taken_out,
    end_silence,
    mirror_alarms,
    story,
)
from towerd.fsm.commands import AcknowledgeAlarm, AppendAudit, AppendOutbox
from towerd.fsm.latch import raise_fault
from towerd.fsm.reply import ReplyTo
from towerd.fsm.turn import Turn
from towerd.plc.snapshot import Alarms, Snapshot

CODE = "PLC-022"
OWN = "TWR-2001"
API = ReplyTo("api", "request 1")
SHELF = Silence("shelved", AT, AT + timedelta(hours=1), "bo", "the sensor is on order")
OUT = Silence("out_of_service", AT, None, "jo", "the door is being rebuilt")


def showing(active: bool, unacked: bool) -> Snapshot:
    def numbers(on: bool) -> frozenset[int]:
        return frozenset({22}) if on else frozenset()

    return replace(machine(), alarms=Alarms(numbers(active), numbers(unacked), None, 0))


def standing(state: AlarmState = "unacked_active", silence: Silence | None = None) -> dict[str, AlarmRow]:
    return {CODE: AlarmRow(CODE, state, AT, AT, silence=silence)}


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ("normal", "unacked_active", ("raised",)),
        ("normal", "acked_active", ("raised", "acknowledged")),
        ("normal", "unacked_cleared", ("raised", "cleared")),
        ("unacked_active", "acked_active", ("acknowledged",)),
        ("unacked_active", "unacked_cleared", ("cleared",)),
        ("unacked_active", "normal", ("acknowledged", "cleared")),
        ("acked_active", "unacked_active", ("cleared", "raised")),
        ("acked_active", "unacked_cleared", ("cleared", "raised", "cleared")),
        ("acked_active", "normal", ("cleared",)),
        ("unacked_cleared", "unacked_active", ("raised",)),
        ("unacked_cleared", "acked_active", ("raised", "acknowledged")),
        ("unacked_cleared", "normal", ("acknowledged",)),
    ],
)
def test_what_happened_between_two_looks_is_told_as_exactly_as_can_be_known(
    before: AlarmState, after: AlarmState, what: tuple[str, ...]
) -> None:
    assert story(before, after) == what
    rows = {} if before == "normal" else standing(before)
    t = turn_of(state_of(None, tables_of(alarms=rows)), MONO_S + 60)
    mirror_alarms(
        t, showing(after in ("unacked_active", "acked_active"), after in ("unacked_active", "unacked_cleared"))
    )
    assert told(t) == [f"{CODE} {one}" for one in what]
    row = t.tables.alarms.get(CODE)
    assert (row.state if row else "normal") == after
    if row:
        assert row.since_at == (AT if rows else t.now), "since it left normal"
        assert row.announced_at == (t.now if "raised" in what else AT)


def test_no_change_is_no_news() -> None:
    t = turn_of(state_of(None, tables_of(alarms=standing())))
    mirror_alarms(t, showing(True, True))
    assert t.commands == []


def test_the_daemons_own_are_none_of_the_plcs() -> None:
    t = turn_of(state_of())
    raise_fault(t, COMMAND_FAILED, "drive")
    mirror_alarms(t, showing(False, False))
    assert set(t.tables.alarms) == {OWN}


def test_who_asked_for_an_acknowledgement_is_told_when_the_plc_shows_it() -> None:
    t = turn_of(state_of(showing(True, True), tables_of(alarms=standing()), alarm_ack_seq=7))
    alarm_acknowledged(t, AlarmAcknowledged(CODE, "jo", API))
    assert asked(t, AcknowledgeAlarm) == [AcknowledgeAlarm(22, 8, 3)]
    assert t.volatile.alarm_ack_seq == 8
    assert t.tables.alarms[CODE].state == "unacked_active", "the row waits for the PLC"
    assert answers(t)[0].result == {"alarm": CODE}
    mirror_alarms(t, showing(True, False))
    assert told(t) == ["manual_intervention", f"{CODE} acknowledged"]
    assert asked(t, AppendOutbox)[-1].body["by"] == "jo"
    later = turn_of(t.state, MONO_S + 5)
    mirror_alarms(later, showing(False, False))
    assert asked(later, AppendOutbox)[-1].body["by"] is None, "nobody has cleared it"


def test_each_alarm_event_is_in_the_audit_log_too() -> None:
    t = turn_of(state_of())
    mirror_alarms(t, showing(True, True))
    (row,) = asked(t, AppendAudit)
    assert row.body == {
        "type": "alarm",
        "order": None,
        "data": {"code": CODE, "what": "raised", "by": None, "reason": None},
    }


def test_the_daemons_own_are_acknowledged_here_and_stay() -> None:
    t = turn_of(state_of())
    raise_fault(t, COMMAND_FAILED, "drive")
    alarm_acknowledged(t, AlarmAcknowledged(OWN, "jo", API))
    row = t.tables.alarms[OWN]
    assert (row.state, row.ack_by, answers(t)[0].ok) == ("latched_acked", "jo", True)
    assert t.tables.faults, "to acknowledge is not to reset"
    alarm_acknowledged(t, AlarmAcknowledged(OWN, "jo", API))
    assert answers(t)[1].reasons == ("nothing_to_acknowledge",)


def test_all_are_those_of_both() -> None:
    t = turn_of(state_of(showing(True, True), tables_of(alarms=standing())))
    raise_fault(t, COMMAND_FAILED, "drive")
    alarm_acknowledged(t, AlarmAcknowledged("all", "jo", API))
    assert [one.code for one in asked(t, AcknowledgeAlarm)] == [0xFFFF]
    assert t.tables.alarms[CODE].ack_by == "jo"
    assert t.tables.alarms[OWN].state == "latched_acked"
    assert answers(t)[0].ok


def test_all_with_the_plc_gone_is_refused_and_the_own_are_acknowledged_all_the_same() -> None:
    t = turn_of(state_of(None, tables_of(alarms=standing())))
    raise_fault(t, COMMAND_FAILED, "drive")
    alarm_acknowledged(t, AlarmAcknowledged("all", "jo", API))
    assert answers(t)[0].reasons == ("plc_lost",)
    assert t.tables.alarms[OWN].state == "latched_acked"
    assert "manual_intervention" in told(t)


def test_all_where_only_own_ones_wait_needs_no_plc() -> None:
    t = turn_of(state_of())
    raise_fault(t, COMMAND_FAILED, "drive")
    alarm_acknowledged(t, AlarmAcknowledged("all", "jo", API))
    assert answers(t)[0].ok
    assert not asked(t, AcknowledgeAlarm)


def test_one_of_several_is_asked_for_alone() -> None:
    rows = {**standing(), "PLC-023": AlarmRow("PLC-023", "unacked_active", AT)}
    t = turn_of(state_of(machine(), tables_of(alarms=rows)))
    alarm_acknowledged(t, AlarmAcknowledged("PLC-023", "jo", API))
    assert [t.tables.alarms[code].ack_by for code in (CODE, "PLC-023")] == [None, "jo"]


@pytest.mark.parametrize(
    ("seen", "code", "reason"),
    [
        (None, CODE, "plc_lost"),
        (showing(True, False), CODE, "nothing_to_acknowledge"),
        (showing(True, True), "PLC-023", "nothing_to_acknowledge"),
        (None, "all", "nothing_to_acknowledge"),
    ],
)
def test_what_cannot_be_acknowledged_is_refused(seen: Snapshot | None, code: str, reason: str) -> None:
    t = turn_of(state_of(seen))
    alarm_acknowledged(t, AlarmAcknowledged(code, "jo", API))
    assert answers(t)[0].reasons == (reason,)
    assert not asked(t, AcknowledgeAlarm)


def shelve(t: Turn, code: str = CODE, for_s: float = 1800.0) -> None:
    alarm_shelved(t, AlarmShelved(code, for_s, "the sensor is on order", "bo", API))


@pytest.mark.parametrize("rows", [standing(), {}], ids=["an alarm that stands", "one that may come"])
def test_shelving_has_an_end_a_reason_and_a_name(rows: dict[str, AlarmRow]) -> None:
    t = turn_of(state_of(machine(), tables_of(alarms=rows)))
    shelve(t)
    row = t.tables.alarms[CODE]
    assert row.state == ("unacked_active" if rows else "normal"), "only silenced"
    until_at = t.now + timedelta(minutes=30)
    assert row.silence == Silence("shelved", t.now, until_at, "bo", "the sensor is on order")
    assert told(t) == [f"{CODE} shelved", "manual_intervention"]
    assert answers(t)[0].ok


def test_nobody_shelves_for_ever() -> None:
    t = turn_of(state_of(), settings=config(alarms=AlarmRules(shelve_max_s=3600.0)))
    shelve(t, for_s=3601.0)
    [answer] = answers(t)
    assert answer.reasons == ("too_long",)
    assert answer.result == {
        "shelve_max_s": 3600.0,
        "text": "an alarm is shelved for 60 minutes at most",
        "cure": f"--for 60m, or for maintenance: towerctl alarms out-of-service {CODE}.",
    }
    assert not t.tables.alarms


def test_what_maintenance_took_out_is_not_shelved_back_in() -> None:
    t = turn_of(state_of())
    alarm_taken_out(t, AlarmTakenOut(CODE, "the door is being rebuilt", "jo", API))
    assert t.tables.alarms[CODE].silence == replace(OUT, since_at=t.now)
    shelve(t)
    assert answers(t)[1].reasons == ("out_of_service",)
    assert told(t)[:2] == [f"{CODE} out_of_service", "manual_intervention"]


@pytest.mark.parametrize(("silence", "unshelved", "what"), [(SHELF, True, "unshelved"), (OUT, False, "in_service")])
def test_each_silence_is_ended_by_its_own_word(silence: Silence, unshelved: bool, what: str) -> None:
    t = turn_of(state_of(None, tables_of(alarms=standing(silence=silence))), MONO_S + 60)
    alarm_put_back(t, AlarmPutBack(CODE, not unshelved, "jo", API))
    assert answers(t)[0].reasons == ("not_out_of_service" if unshelved else "not_shelved",)
    alarm_put_back(t, AlarmPutBack(CODE, unshelved, "jo", API))
    row = t.tables.alarms[CODE]
    assert (row.silence, row.announced_at) == (None, t.now), "announced anew from here"
    assert told(t) == [f"{CODE} {what}", "manual_intervention"]


@pytest.mark.parametrize("code", [CODE, "PLC-001"])
def test_what_is_not_silenced_cannot_be_put_back(code: str) -> None:
    t = turn_of(state_of(None, tables_of(alarms=standing())))
    alarm_put_back(t, AlarmPutBack(code, True, "jo", API))
    assert answers(t)[0].reasons == ("not_shelved",)


def test_a_silenced_alarm_that_goes_is_remembered_as_silenced_and_comes_back_silenced() -> None:
    t = turn_of(state_of(None, tables_of(alarms=standing("acked_active", SHELF))))
    mirror_alarms(t, showing(False, False))
    assert t.tables.alarms[CODE].state == "normal"
    mirror_alarms(t, showing(True, True))
    assert t.tables.alarms[CODE].silence == SHELF
    end_silence(t, replace(t.tables.alarms[CODE], state="normal"), "unshelved", None)
    assert CODE not in t.tables.alarms
