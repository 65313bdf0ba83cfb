"""What is kept, what goes, and what says so."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.core_kit import asked, config, state_of, told, turn_of
from tests.support.values import AT
from towerd.audit import ChainState, ended, verify
from towerd.faults import OUTBOX_FILLS
from towerd.fsm.commands import AppendAudit, AppendOutbox, TrimAudit, TrimOutbox
from towerd.fsm.config import KeepingRules
from towerd.fsm.events import OutboxAcknowledged
from towerd.fsm.keeping import AT_ONCE, broker_has, watch_keeping
from towerd.fsm.kept_rows import AuditMark
from towerd.fsm.state import Fault, Meta, State, Tables
from towerd.fsm.turn import Turn

YEAR = timedelta(days=366)


def turn(state: State | None = None, at: datetime = AT, **keeping: Any) -> Turn:
    rules = KeepingRules(**{"outbox_most": 10_000, "audit_kept_days": 400.0, **keeping})
    return turn_of(state or state_of(), settings=config(keeping=rules), at=at)


def waiting(count: int, *, fault: bool = False, **keeping: Any) -> Turn:
    """A turn in which so many messages wait for the broker; the first 500 it has."""
    faults = {OUTBOX_FILLS: Fault(OUTBOX_FILLS, AT, "x")} if fault else {}
    tables = Tables(meta=Meta(event_seq=500 + count, outbox_done_seq=500), faults=faults)
    made = turn(state_of(None, tables), **keeping)
    watch_keeping(made)
    return made


def test_what_the_broker_has_is_counted_once_and_never_backwards() -> None:
    t = turn()
    broker_has(t, OutboxAcknowledged(9))
    broker_has(t, OutboxAcknowledged(7))
    assert t.tables.meta.outbox_done_seq == 9
    assert asked(t, TrimOutbox) == [TrimOutbox(9), TrimOutbox(7)]


@pytest.mark.parametrize(
    ("count", "before", "after"),
    [
        (7_999, False, False),
        (8_000, False, True),
        (7_999, True, True),
        (7_000, True, True),
        (6_999, True, False),
    ],
)
def test_that_there_is_soon_no_room_is_an_alarm_with_a_margin(count: int, before: bool, after: bool) -> None:
    t = waiting(count, fault=before)
    assert (OUTBOX_FILLS in t.tables.faults) is after
    assert asked(t, TrimOutbox) == []
    if after and not before:
        assert "80%" in t.tables.faults[OUTBOX_FILLS].cause
        assert told(t) == ["TWR-5004 raised"]


def test_a_tower_without_a_broker_drops_quietly_and_pages_nobody() -> None:
    assert not waiting(9_999, broker=False).tables.faults
    assert not waiting(9_999, broker=False, fault=True).tables.faults
    assert asked(waiting(10_000, broker=False), TrimOutbox) == [TrimOutbox(500 + AT_ONCE)]


def test_from_the_limit_on_the_oldest_go_and_what_stays_names_them() -> None:
    assert asked(waiting(9_999), TrimOutbox) == []
    t = waiting(10_000)
    assert asked(t, TrimOutbox) == [TrimOutbox(500 + AT_ONCE)]
    (message,) = [one for one in asked(t, AppendOutbox) if one.body.get("type") == "outbox_dropped"]
    assert message.body["data"] == {"from_seq": 501, "until_seq": 500 + AT_ONCE}
    assert message.event_seq > 500 + AT_ONCE
    assert message.body["audit_seq"] is not None
    later = turn(t.state)
    watch_keeping(later)
    assert asked(later, TrimOutbox) == [], "there is room again"


# the audit log


class Chain:
    """An audit log that grows by a row a day, and what the journal keeps of it."""

    def __init__(self) -> None:
        self.state, self.rows, self.at = state_of(), [], AT
        self.trimmed: list[int] = []

    def run(self, days: int, rows_a_day: int = 1) -> None:
        for _ in range(days):
            self.at += timedelta(days=1)
            t = turn(self.state, self.at)
            for number in range(rows_a_day):
                t.tell("started", {"n": number})
            watch_keeping(t)
            self.keep(t)

    def keep(self, t: Turn) -> None:
        self.state = t.state
        for row in asked(t, AppendAudit):
            plain = {"audit_seq": row.audit_seq, "at": row.at.isoformat(), "body": row.body}
            self.rows.append({**plain, "previous_hash": row.previous_hash, "hash": row.hash})
        for command in asked(t, TrimAudit):
            self.trimmed.append(command.up_to_seq)
            self.rows = [row for row in self.rows if row["audit_seq"] > command.up_to_seq]

    def oldest_at(self) -> datetime:
        return datetime.fromisoformat(self.rows[0]["at"])


def test_no_row_goes_before_its_time_and_none_stays_much_longer() -> None:
    chain = Chain()
    for _ in range(40):
        chain.run(50)
        assert chain.at - chain.oldest_at() <= timedelta(days=400 * 1.25 + 1)
        if chain.trimmed:
            assert chain.at - chain.oldest_at() >= timedelta(days=399)
    assert len(chain.trimmed) > 5
    assert len(chain.state.tables.marks) <= 5


def test_what_stays_says_that_the_rest_need_not_be_kept() -> None:
    chain = Chain()
    chain.run(450)
    assert chain.rows[0]["audit_seq"] > 1
    whole = ended(verify(chain.rows))
    assert (whole.break_text, whole.gone_seq) == (None, chain.rows[0]["audit_seq"] - 1)
    # somebody takes more away
    cut = ended(verify(chain.rows[1:]))
    assert cut.break_text is not None
    assert "missing" in cut.break_text
    silent = [row for row in chain.rows if row["body"]["type"] != "audit_trimmed"]
    assert ended(verify(silent[: len(silent) // 2])).break_text is not None


def test_many_rows_go_a_part_at_a_time_and_the_chain_holds_meanwhile() -> None:
    mark = AuditMark(2_500, "ab", AT - 2 * YEAR)
    state = state_of(None, Tables(meta=Meta(audit_seq=9_000, audit_hash="cd"), marks={2_500: mark}))
    parts = []
    for _ in range(4):
        t = turn(state)
        watch_keeping(t)
        parts += [command.up_to_seq for command in asked(t, TrimAudit)]
        state = t.state
    assert parts == [1_000, 2_000, 2_500]
    assert (state.tables.meta.audit_done_seq, list(state.tables.marks)) == (2_500, [9_000])


def test_an_idle_tower_marks_no_row_twice() -> None:
    mark = AuditMark(9, "ab", AT - timedelta(days=399))
    state = state_of(None, Tables(meta=Meta(audit_seq=9, audit_hash="ab"), marks={9: mark}))
    t = turn(state)
    watch_keeping(t)
    assert t.tables.marks == {9: mark}
    assert not t.commands
    empty = turn()
    watch_keeping(empty)
    assert not empty.tables.marks
    assert ended(ChainState()) == ChainState()
