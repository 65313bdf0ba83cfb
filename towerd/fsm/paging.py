"""Paging people, in steps, while nobody acknowledges an alarm. Pure.

A page that is owed is a row until it has reached somebody or nobody needs it any more. So a restart forgets none: what was
under way when the process died is asked for again, rather twice than never.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from towerd.alarm_catalogue import kind_of
from towerd.faults import FAULTS, PAGING_FAILED
from towerd.fsm.alarm_events import PageEnded
from towerd.fsm.alarm_rows import AlarmRow, PageRow
from towerd.fsm.annunciator import FLOOD_CODE, in_flood
from towerd.fsm.commands import Page
from towerd.fsm.latch import clear_fault, raise_fault
from towerd.fsm.turn import Turn
from towerd.units import rfc3339


def _steps_for(turn: Turn, row: AlarmRow) -> list[int]:
    """The steps that concern an alarm, by their place in the list; none where nobody is to be paged for it now."""
    rules, kind = turn.config.alarms, kind_of(row.code)
    if not row.unacked or row.silence is not None:
        return []
    # in a flood the flood itself is paged, and what is grave; the rest is paged once it is over, if it still stands
    if in_flood(turn.tables) and row.code != FLOOD_CODE and not kind.at_least(rules.flood_pages_from):
        return []
    return [index for index, step in enumerate(rules.steps) if kind.at_least(step.priority_at_least)]


def _next_at(turn: Turn, row: AlarmRow, steps: list[int]) -> datetime | None:
    if row.paged >= len(steps):
        return None
    return (row.raised_at or row.since_at) + timedelta(seconds=turn.config.alarms.steps[steps[row.paged]].after_s)


def _begin(turn: Turn, row: AlarmRow, step: int, what: str) -> None:
    number = turn.set_meta(page_seq=turn.tables.meta.page_seq + 1).page_seq
    turn.put("alarms", row.code, replace(row, paged=row.paged + 1))
    turn.put("pages", str(number), PageRow(str(number), row.code, step, what, turn.now))


def page_again(turn: Turn, row: AlarmRow) -> None:
    """The alarm was announced anew: the next step is reached now, and the last one again and again."""
    steps = _steps_for(turn, row)
    if steps:
        last = len(steps) - 1
        _begin(turn, replace(row, paged=min(row.paged, last)), steps[min(row.paged, last)], "reannounced")


def _begin_due(turn: Turn) -> None:
    for row in tuple(turn.tables.alarms.values()):
        steps = _steps_for(turn, row)
        next_at = _next_at(turn, row, steps)
        if next_at is not None and turn.reached(next_at):
            _begin(turn, row, steps[row.paged], "raised")


def _message(turn: Turn, row: AlarmRow, page: PageRow) -> dict[str, Any]:
    """What a person has to know; nothing of customers, nor of colleagues."""
    kind = kind_of(row.code)
    fault = next((one for one in turn.tables.faults.values() if FAULTS[one.number].code == row.code), None)
    return {
        "tower": turn.config.tower,
        "simulated": turn.tables.meta.simulated,
        "code": row.code,
        "name": kind.name,
        "priority": kind.priority,
        "state": row.state,
        "since": rfc3339(row.since_at),
        "what": page.what,
        "text": kind.text,
        "reason": fault.last_cause or fault.cause if fault is not None else None,
        "stops": kind.stops,
        "cure": kind.cure,
        "step": page.step + 1,
        "alarms_unacknowledged": sum(one.unacked for one in turn.tables.alarms.values()),
    }


def _needed(turn: Turn, page: PageRow) -> AlarmRow | None:
    row = turn.tables.alarms.get(page.code)
    wanted = row is not None and row.unacked and row.silence is None and page.step < len(turn.config.alarms.steps)
    return row if wanted else None


def _ask_due(turn: Turn) -> None:
    for page in tuple(turn.tables.pages.values()):
        row = _needed(turn, page)
        if row is None:
            turn.drop("pages", page.key)
        elif page.key not in turn.volatile.paging and turn.reached(page.due_at):
            turn.set(paging=(*turn.volatile.paging, page.key))
            turn.ask(Page(page.key, page.step, _message(turn, row, page)))


def _failing(turn: Turn) -> bool:
    return any(page.attempts >= turn.config.alarms.page_attempts for page in turn.tables.pages.values())


def watch_pages(turn: Turn) -> None:
    """Begin the steps that are due, and send what is owed."""
    _begin_due(turn)
    _ask_due(turn)
    if not _failing(turn):
        clear_fault(turn, PAGING_FAILED, None)


def page_ended(turn: Turn, event: PageEnded) -> None:
    """An attempt has reached somebody, or will be made again after a pause."""
    turn.set(paging=tuple(key for key in turn.volatile.paging if key != event.key))
    page, rules = turn.tables.pages.get(event.key), turn.config.alarms
    if page is None:
        return
    if event.ok:
        turn.drop("pages", page.key)
        turn.tell_alarm(page.code, "paged", reason=f"step {page.step + 1}")
        return
    attempts = page.attempts + 1
    pause_s = min(rules.page_retry_s * 2 ** min(attempts - 1, 16), rules.page_retry_max_s)
    turn.put("pages", page.key, replace(page, attempts=attempts, due_at=turn.now + timedelta(seconds=pause_s)))
    if attempts >= rules.page_attempts:
        raise_fault(turn, PAGING_FAILED, f"step {page.step + 1}: {event.detail}")


def page_dues(turn: Turn) -> Iterator[datetime | None]:
    """When the next step or the next attempt is due."""
    for row in turn.tables.alarms.values():
        yield _next_at(turn, row, _steps_for(turn, row))
    for page in turn.tables.pages.values():
        yield None if page.key in turn.volatile.paging else page.due_at
