"""What every journal does, in memory and on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.memory_journal import MemoryJournal
from tests.support.values import AT, order, snapshot, tables
from towerd.errors import BugError
from towerd.fsm.commands import (
    AppendAudit,
    AppendOutbox,
    CutHistory,
    DropSealed,
    StoreSealed,
    TrimAudit,
    TrimOutbox,
)
from towerd.fsm.events import PlcObserved, Stamped, Started, TimerExpired
from towerd.fsm.state import Meta, Tables, Volatile
from towerd.journal.diff import diff
from towerd.journal.sqlite import SqliteJournal
from towerd.ports import Changes, Journal

TICK = Stamped(AT, 1.5, TimerExpired("tick"))
NOTHING = Changes((), ())


@pytest.fixture(params=["memory", "sqlite"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Journal]]:
    """Closes the journal, if it is open, and opens the same again."""
    memory = MemoryJournal()
    last: list[Journal] = []

    def reopen() -> Journal:
        if last:
            last.pop().close()
        last.append(memory if request.param == "memory" else SqliteJournal(tmp_path / "journal.db"))
        return last[0]

    yield reopen
    if last:
        last.pop().close()


def _commit(journal: Journal, old: Tables, new: Tables) -> Tables:
    journal.commit(TICK, Volatile(), Changes(diff(old, new), ()), None)
    return new


def test_a_new_journal_is_empty(opened: Callable[[], Journal]) -> None:
    journal = opened()
    assert journal.load() == Tables()
    assert list(journal.outbox(0, 10)) == []
    assert list(journal.audit(0, 10)) == []
    assert journal.face("ord-1") is None


def test_every_table_comes_back_after_closing(opened: Callable[[], Journal]) -> None:
    wanted = tables()
    _commit(opened(), Tables(), wanted)
    assert opened().load() == wanted


def test_rows_are_replaced_and_deleted(opened: Callable[[], Journal]) -> None:
    journal = opened()
    first = _commit(journal, Tables(), tables())
    second = _commit(journal, first, replace(first, meta=Meta(boot=3), orders={"ord-2": order("ord-2")}, jobs={}))
    assert journal.load() == second
    assert opened().load() == second


def test_rows_keep_the_order_in_which_they_came(opened: Callable[[], Journal]) -> None:
    journal = opened()
    names = ["ord-9", "ord-1", "ord-5"]
    first = _commit(journal, Tables(), Tables(orders={name: order(name) for name in names}))
    _commit(
        journal,
        first,
        replace(first, orders={**first.orders, "ord-9": order("ord-9", "1111"), "ord-0": order("ord-0")}),
    )
    assert list(opened().load().orders) == [*names, "ord-0"]


def test_outbox_is_ordered_limited_and_trimmed(opened: Callable[[], Journal]) -> None:
    journal = opened()
    messages = [AppendOutbox(seq, "t/event", AT, {"n": seq, "text": "ä"}) for seq in (1, 2, 3)]
    journal.commit(TICK, Volatile(), Changes((), tuple(messages)), None)
    assert list(journal.outbox(0, 2)) == messages[:2]
    assert list(journal.outbox(1, 9)) == messages[1:]
    journal.commit(TICK, Volatile(), Changes((), (TrimOutbox(2),)), None)
    assert list(opened().outbox(0, 9)) == messages[2:]


def test_audit_is_only_added_to(opened: Callable[[], Journal]) -> None:
    journal = opened()
    rows = tuple(AppendAudit(seq, AT, {"who": "ada"}, f"h{seq - 1}", f"h{seq}") for seq in (1, 2))
    journal.commit(TICK, Volatile(), Changes((), rows), None)
    first, second = opened().audit(0, 9)
    assert first == {"audit_seq": 1, "at": AT.isoformat(), "body": {"who": "ada"}, "previous_hash": "h0", "hash": "h1"}
    assert second["audit_seq"] == 2
    assert [row["audit_seq"] for row in opened().audit(1, 9)] == [2]


def test_of_the_audit_log_the_oldest_rows_may_go(opened: Callable[[], Journal]) -> None:
    journal = opened()
    rows = tuple(AppendAudit(seq, AT, {"who": "ada"}, f"h{seq - 1}", f"h{seq}") for seq in (1, 2, 3))
    journal.commit(TICK, Volatile(), Changes((), rows), None)
    journal.commit(TICK, Volatile(), Changes((), (TrimAudit(2),)), None)
    assert [row["audit_seq"] for row in opened().audit(0, 9)] == [3]


def test_when_the_history_is_cut_all_else_stays(opened: Callable[[], Journal]) -> None:
    journal = opened()
    message = AppendOutbox(1, "event", AT, {"customer": "c_1"})
    journal.commit(TICK, Volatile(), Changes(diff(Tables(), tables()), (message,)), None)
    journal.commit(TICK, Volatile(), Changes((), (CutHistory(),)), None)
    assert ([*opened().outbox(0, 9)], opened().told("TimerExpired")) == ([message], [])
    assert opened().load() == tables()


def test_a_ciphertext_is_kept_until_it_is_dropped(opened: Callable[[], Journal]) -> None:
    journal = opened()
    journal.commit(TICK, Volatile(), Changes((), (StoreSealed("ord-1", "bb"),)), b"\x00sealed")
    assert opened().face("ord-1") == b"\x00sealed"
    opened().commit(TICK, Volatile(), Changes((), (DropSealed("ord-1"),)), None)
    assert opened().face("ord-1") is None


def test_a_face_without_a_ciphertext_is_a_bug_and_changes_nothing(opened: Callable[[], Journal]) -> None:
    journal = opened()
    with pytest.raises(BugError, match="no ciphertext"):
        journal.commit(TICK, Volatile(), Changes(diff(Tables(), tables()), (StoreSealed("ord-1", "bb"),)), None)
    assert opened().load() == Tables()


def test_a_whole_snapshot_can_be_committed(opened: Callable[[], Journal]) -> None:
    stamped = Stamped(AT, 2.0, PlcObserved(snapshot()))
    opened().commit(stamped, Volatile(snapshot=snapshot()), Changes(diff(Tables(), tables()), ()), None)
    assert opened().load() == tables()


def test_events_without_changes_may_be_committed(opened: Callable[[], Journal]) -> None:
    opened().commit(Stamped(AT, 0.0, Started(1, "0.1.0")), Volatile(), NOTHING, None)
    assert opened().load() == Tables()
