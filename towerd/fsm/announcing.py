"""What time does to alarms: shelves end, what nobody has acknowledged comes back, floods are told (ISA-18.2). Pure.

Asked after every event from the rows alone, so a restart forgets nothing; a timer sees to it that it is asked in time
where no event comes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from towerd.faults import ALARM_FLOOD
from towerd.fsm.alarm_rows import AlarmRow
from towerd.fsm.alarms import end_silence
from towerd.fsm.annunciator import in_flood
from towerd.fsm.commands import StartTimer
from towerd.fsm.latch import clear_fault, raise_fault
from towerd.fsm.paging import page_again, page_dues, watch_pages
from towerd.fsm.turn import Turn

TIMER: Final = "alarms"
_WATCHED: Final = ("alarms", "pages", "faults")


def comes_back_at(turn: Turn, row: AlarmRow) -> datetime | None:
    """When a row is announced anew; None where nobody is waited for, or it is silenced."""
    if not row.unacked or row.silence is not None:
        return None
    return (row.announced_at or row.since_at) + timedelta(seconds=turn.config.alarms.reannounce_s)


def _shelf_ends_at(row: AlarmRow) -> datetime | None:
    return row.silence.until_at if row.silence is not None else None


def _look(turn: Turn, row: AlarmRow) -> None:
    ends_at, back_at = _shelf_ends_at(row), comes_back_at(turn, row)
    if ends_at is not None and turn.reached(ends_at):
        end_silence(turn, row, "unshelved", None, "its time is over")
    elif back_at is not None and turn.reached(back_at):
        again = replace(row, announced_at=turn.now)
        turn.put("alarms", row.code, again)
        turn.tell_alarm(row.code, "reannounced", reason="nobody has acknowledged it")
        page_again(turn, again)


def _recent(turn: Turn) -> list[datetime]:
    window = timedelta(seconds=turn.config.alarms.flood_window_s)
    return [at for at in turn.tables.meta.alarm_activations if not turn.reached(at + window)]


def _watch_flood(turn: Turn) -> None:
    rules, count = turn.config.alarms, len(_recent(turn))
    if count > rules.flood_count:
        minutes = rules.flood_window_s / 60
        raise_fault(turn, ALARM_FLOOD, f"more than {rules.flood_count} alarms in {minutes:g} minutes")
    elif count <= rules.flood_count // 2:
        clear_fault(turn, ALARM_FLOOD, None)


def _dues(turn: Turn) -> Iterator[datetime | None]:
    for row in turn.tables.alarms.values():
        yield _shelf_ends_at(row)
        yield comes_back_at(turn, row)
    if in_flood(turn.tables):
        rules, recent = turn.config.alarms, _recent(turn)
        # over once all but half as many as begin one are out of the window
        yield recent[-(rules.flood_count // 2) - 1] + timedelta(seconds=rules.flood_window_s)


def _set_timer(turn: Turn) -> None:
    dues = (*_dues(turn), *page_dues(turn))
    due_at = min((at for at in dues if at is not None), default=None)
    if due_at is not None and due_at != turn.volatile.alarm_timer_at:
        turn.set(alarm_timer_at=due_at)
        turn.ask(StartTimer(TIMER, (due_at - turn.now).total_seconds()))


def watch_alarms(turn: Turn) -> None:
    """Do what is due, and be asked again when the next is."""
    if not turn.tables.alarms and not turn.tables.pages and not turn.tables.meta.alarm_activations:
        return
    due_at = turn.volatile.alarm_timer_at
    if due_at is not None and not turn.reached(due_at) and not any(map(turn.touched, _WATCHED)):
        # most snapshots find every alarm as the one before left it, and nothing due
        return
    for row in tuple(turn.tables.alarms.values()):
        _look(turn, row)
    _watch_flood(turn)
    watch_pages(turn)
    _set_timer(turn)
