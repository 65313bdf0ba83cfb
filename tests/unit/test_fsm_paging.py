"""Who is paged when, what becomes of an attempt, and that nothing is forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.core_kit import MONO_S, asked, config, state_of, tables_of, told, turn_of
from tests.support.values import AT
from towerd.faults import ALARM_FLOOD, COMMAND_FAILED, PAGING_FAILED
from towerd.fsm.alarm_events import PageEnded
from towerd.fsm.alarm_rows import AlarmRow, Silence
from towerd.fsm.alarm_rules import AlarmRules, PageStep
from towerd.fsm.announcing import TIMER, watch_alarms
from towerd.fsm.annunciator import acknowledge_row, announce
from towerd.fsm.commands import Page, StartTimer
from towerd.fsm.latch import raise_fault
from towerd.fsm.paging import page_ended, watch_pages
from towerd.fsm.state import Fault, State
from towerd.fsm.turn import Turn

STEPS = (PageStep(0.0, "high"), PageStep(300.0, "low"), PageStep(900.0, "critical"))
RULES = AlarmRules(reannounce_s=600.0, steps=STEPS, page_retry_s=10.0, page_retry_max_s=60.0, page_attempts=3)
SETTINGS = config(alarms=RULES)


def at(state: State, after_s: float, rules: AlarmRules = RULES) -> Turn:
    return turn_of(state, MONO_S + after_s, config(alarms=rules))


def raised(code: str = "PLC-005") -> State:
    turn = at(state_of(), 0)
    announce(turn, code, "unacked_active")
    return turn.state


def pages(turn: Turn) -> list[tuple[str, int]]:
    return [(command.message["code"], command.step) for command in asked(turn, Page)]


def test_the_first_step_goes_at_once_the_next_after_its_time() -> None:
    turn = at(raised(), 0)
    watch_alarms(turn)
    assert pages(turn) == [("PLC-005", 0)]
    page_ended(turn, PageEnded("1", True, ""))
    assert told(turn)[-1] == "PLC-005 paged"
    watch_alarms(turn)
    assert asked(turn, StartTimer)[-1] == StartTimer(TIMER, 300.0)
    quiet = at(turn.state, 299)
    watch_alarms(quiet)
    assert pages(quiet) == []
    turn = at(quiet.state, 300)
    watch_alarms(turn)
    assert pages(turn) == [("PLC-005", 1)], "nobody has acknowledged: the next step"


@pytest.mark.parametrize(
    ("code", "steps"), [("PLC-011", [1]), ("PLC-005", [0, 1]), ("PLC-000", [0, 1, 2])], ids=["low", "high", "critical"]
)
def test_each_step_is_for_a_priority_and_graver(code: str, steps: list[int]) -> None:
    state, found = raised(code), []
    for after_s in (0, 300, 599):
        turn = at(state, after_s, replace(RULES, reannounce_s=1e6))
        watch_alarms(turn)
        found += [step for _code, step in pages(turn)]
        for key in turn.volatile.paging:
            page_ended(turn, PageEnded(key, True, ""))
        state = turn.state
    turn = at(state, 900, replace(RULES, reannounce_s=1e6))
    watch_alarms(turn)
    assert [*found, *(step for _code, step in pages(turn))] == steps


def test_acknowledged_nobody_is_paged_any_more() -> None:
    turn = at(raised("PLC-005"), 0)
    watch_pages(turn)
    acknowledge_row(turn, turn.tables.alarms["PLC-005"], "jo")
    watch_pages(turn)
    assert turn.tables.pages == {}
    later = at(turn.state, 3000)
    watch_pages(later)
    assert pages(later) == []


def test_announced_anew_it_reaches_the_next_step_and_the_last_again_and_again() -> None:
    rules = replace(RULES, steps=(PageStep(0.0), PageStep(1e6)))
    state, found = raised(), []
    for after_s in (0, 600, 1200, 1800):
        turn = at(state, after_s, rules)
        watch_alarms(turn)
        found += pages(turn)
        state = turn.state
    assert found == [("PLC-005", 0), ("PLC-005", 1), ("PLC-005", 1), ("PLC-005", 1)]


def test_without_steps_for_it_nobody_is_paged_when_it_comes_back() -> None:
    turn = at(raised("PLC-011"), 600, replace(RULES, steps=STEPS[:1]))
    watch_alarms(turn)
    assert told(turn) == ["PLC-011 reannounced"]
    assert turn.tables.pages == {}


def test_what_is_silenced_pages_nobody_and_what_was_owed_is_dropped() -> None:
    turn = at(raised(), 0)
    watch_pages(turn)
    row = turn.tables.alarms["PLC-005"]
    turn.put("alarms", row.code, replace(row, silence=Silence("shelved", AT, AT + timedelta(days=1), "bo", "known")))
    watch_pages(turn)
    assert turn.tables.pages == {}
    later = at(turn.state, 400)
    watch_pages(later)
    assert pages(later) == []


def test_a_failed_attempt_is_made_again_after_a_growing_pause_and_shown() -> None:
    turn = at(raised(), 0)
    watch_pages(turn)
    pauses, now_s = [], 0.0
    for attempt in range(1, 6):
        page_ended(turn, PageEnded("1", False, "exit code 3"))
        page = turn.tables.pages["1"]
        assert page.attempts == attempt
        assert (PAGING_FAILED in turn.tables.faults) is (attempt >= 3)
        pauses.append((page.due_at - turn.now).total_seconds())
        early = at(turn.state, now_s + pauses[-1] - 1)
        watch_pages(early)
        assert ("PLC-005", 0) not in pages(early)
        now_s += pauses[-1]
        turn = at(turn.state, now_s)
        watch_pages(turn)
        assert ("PLC-005", 0) in pages(turn)
    assert pauses == [10.0, 20.0, 40.0, 60.0, 60.0]
    assert turn.tables.faults[PAGING_FAILED].cause == "step 1: exit code 3"
    page_ended(turn, PageEnded("1", True, ""))
    for key, page in tuple(turn.tables.pages.items()):
        if page.code == "TWR-5003":
            page_ended(turn, PageEnded(key, True, ""))
    watch_pages(turn)
    assert PAGING_FAILED not in turn.tables.faults, "it reaches people again"


def test_what_was_under_way_when_the_process_died_is_asked_for_again() -> None:
    turn = at(raised(), 0)
    watch_pages(turn)
    watch_pages(turn)
    assert pages(turn) == [("PLC-005", 0)], "not twice in one life"
    reborn = at(State(turn.tables), 5)
    watch_pages(reborn)
    assert pages(reborn) == [("PLC-005", 0)]


def test_an_end_that_nobody_waits_for_changes_nothing() -> None:
    turn = at(raised(), 0)
    page_ended(turn, PageEnded("77", True, ""))
    assert told(turn) == []


def test_a_step_that_the_settings_no_longer_have_is_dropped() -> None:
    turn = at(raised(), 0)
    watch_pages(turn)
    fewer = at(State(turn.tables), 1, replace(RULES, steps=()))
    watch_pages(fewer)
    assert fewer.tables.pages == {}


def test_in_a_flood_only_what_is_grave_and_the_flood_itself_page() -> None:
    rules = replace(RULES, steps=(PageStep(0.0, "low"),), flood_pages_from="critical")
    rows = {code: AlarmRow(code, "unacked_active", AT, AT, AT) for code in ("PLC-011", "PLC-005", "PLC-000")}
    turn = at(state_of(None, tables_of(alarms=rows)), 0, rules)
    raise_fault(turn, ALARM_FLOOD, "more than 10 alarms in 10 minutes")
    watch_pages(turn)
    assert pages(turn) == [("PLC-000", 0), ("TWR-5002", 0)]
    turn.drop("faults", ALARM_FLOOD)
    watch_pages(turn)
    assert pages(turn)[2:] == [("PLC-011", 0), ("PLC-005", 0)], "over, and they still wait"


def test_a_page_says_what_a_person_needs_and_names_nobody() -> None:
    turn = at(state_of(None, tables_of(alarms={})), 0)
    raise_fault(turn, COMMAND_FAILED, "LIFT_TO 3-4: drive fault")
    watch_pages(turn)
    message = asked(turn, Page)[0].message
    assert message == {
        "tower": "tower-1",
        "simulated": False,
        "code": "TWR-2001",
        "name": "COMMAND_FAILED",
        "priority": "high",
        "state": "latched_unacked",
        "since": message["since"],
        "what": "raised",
        "text": "A command to the machine ended with an error",
        "reason": "LIFT_TO 3-4: drive fault",
        "stops": "hold",
        "cure": message["cure"],
        "step": 1,
        "alarms_unacknowledged": 1,
    }


def test_the_newest_cause_is_told() -> None:
    faults = {COMMAND_FAILED: Fault(COMMAND_FAILED, AT, "drive", last_cause="time limit")}
    rows = {"TWR-2001": AlarmRow("TWR-2001", "latched_unacked", AT)}
    turn = at(state_of(None, tables_of(alarms=rows, faults=faults)), 0)
    watch_pages(turn)
    assert asked(turn, Page)[0].message["reason"] == "time limit"


def test_the_timer_waits_for_the_next_attempt_and_not_for_one_under_way() -> None:
    turn = at(raised(), 0, replace(RULES, steps=STEPS[:1]))
    watch_alarms(turn)
    assert asked(turn, StartTimer) == [StartTimer(TIMER, 600.0)]
    page_ended(turn, PageEnded("1", False, "exit code 1"))
    watch_alarms(turn)
    assert asked(turn, StartTimer)[-1] == StartTimer(TIMER, 10.0)


def test_pages_of_alarms_that_are_gone_are_dropped_whatever_else_there_is() -> None:
    turn = at(raised(), 0)
    watch_pages(turn)
    turn.drop("alarms", "PLC-005")
    turn.set_meta(alarm_activations=())
    watch_alarms(turn)
    assert turn.tables.pages == {}
