"""How much is kept, and for how long: messages for the broker, and the audit log (orders-if.md 2.2, 7.4). Pure.

Both lose their oldest end only, a little at a time, and what goes is named in what stays. Of the audit log nothing goes before
its time, however large it is; a message that the broker never got is in it, where it is audit-worthy.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from towerd.faults import OUTBOX_FILLS
from towerd.fsm.commands import TrimAudit, TrimOutbox
from towerd.fsm.events import OutboxAcknowledged
from towerd.fsm.kept_rows import AuditMark
from towerd.fsm.latch import clear_fault, raise_fault
from towerd.fsm.turn import Turn

AT_ONCE: Final = 1000
"""Rows dropped in one minute at most: a commit stays short."""
_FILLS_RATIO: Final = 0.8
_HAS_ROOM_RATIO: Final = 0.7
_MARKS: Final = 4


def broker_has(turn: Turn, event: OutboxAcknowledged) -> None:
    """What the broker has need not be kept."""
    if event.up_to_seq > turn.tables.meta.outbox_done_seq:
        turn.set_meta(outbox_done_seq=event.up_to_seq)
    turn.ask(TrimOutbox(event.up_to_seq))


def _drop_messages(turn: Turn) -> None:
    done = turn.tables.meta.outbox_done_seq
    last = done + AT_ONCE
    turn.set_meta(outbox_done_seq=last)
    turn.ask(TrimOutbox(last))
    turn.tell("outbox_dropped", {"from_seq": done + 1, "until_seq": last})


def _watch_outbox(turn: Turn) -> None:
    rules, meta = turn.config.keeping, turn.tables.meta
    waiting = meta.event_seq - meta.outbox_done_seq
    if waiting >= rules.outbox_most:
        _drop_messages(turn)
    if rules.broker and waiting >= rules.outbox_most * _FILLS_RATIO:
        cause = f"more than {_FILLS_RATIO:.0%} of the {rules.outbox_most} messages that are kept wait for it"
        raise_fault(turn, OUTBOX_FILLS, cause)
    elif not rules.broker or waiting < rules.outbox_most * _HAS_ROOM_RATIO:
        clear_fault(turn, OUTBOX_FILLS, None)


def _mark(turn: Turn, kept: timedelta) -> None:
    """Note now and then which row is the newest: once that is long enough ago, all up to it may go."""
    meta = turn.tables.meta
    newest = next(reversed(turn.tables.marks.values()), None)
    last_seq = meta.audit_cut_seq if newest is None else newest.audit_seq
    if meta.audit_seq > last_seq and (newest is None or turn.now - newest.at >= kept / _MARKS):
        turn.put("marks", meta.audit_seq, AuditMark(meta.audit_seq, meta.audit_hash, turn.now))


def _watch_audit(turn: Turn) -> None:
    kept = timedelta(days=turn.config.keeping.audit_kept_days)
    _mark(turn, kept)
    past = [mark for mark in turn.tables.marks.values() if turn.now - mark.at >= kept]
    for mark in past:
        turn.drop("marks", mark.audit_seq)
    if past:
        cut = past[-1]
        turn.tell("audit_trimmed", {"up_to_seq": cut.audit_seq, "hash": cut.hash})
        turn.set_meta(audit_cut_seq=cut.audit_seq)
    meta = turn.tables.meta
    if meta.audit_done_seq < meta.audit_cut_seq:
        last = min(meta.audit_cut_seq, meta.audit_done_seq + AT_ONCE)
        turn.set_meta(audit_done_seq=last)
        turn.ask(TrimAudit(last))


def watch_keeping(turn: Turn) -> None:
    """Every minute: what has been kept for long enough, or is too much, goes."""
    _watch_outbox(turn)
    _watch_audit(turn)
