"""Replay goes through the history in order, with the volatile state each event met."""

from __future__ import annotations

from dataclasses import replace

from tests.support.values import AT, tables
from towerd.fsm.events import Stamped, TimerExpired
from towerd.fsm.state import Meta, State, Volatile
from towerd.journal.records import Recorded
from towerd.journal.replay import replay


def _step(state: State, stamped: Stamped) -> tuple[State, list[object]]:
    assert isinstance(stamped.event, TimerExpired)
    told = state.tables.meta.audit_hash + stamped.event.name + state.volatile.doing
    return State(replace(state.tables, meta=Meta(audit_hash=told)), replace(state.volatile, doing="lost")), []


def test_no_history_is_the_base() -> None:
    assert replay(tables(), [], _step) == tables()  # type: ignore[arg-type]


def test_every_event_meets_its_own_volatile_state() -> None:
    history = [Recorded(Stamped(AT, 0.0, TimerExpired(name)), Volatile(doing=name.upper())) for name in "bc"]
    base = replace(tables(), meta=Meta(audit_hash="a"))
    replayed = replay(base, history, _step)  # type: ignore[arg-type]
    assert replayed == replace(base, meta=Meta(audit_hash="abBcC"))
