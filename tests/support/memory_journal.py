"""A journal in memory, for tests: the same port, no disk. What was committed outlives `close`, as a file does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from towerd.errors import BugError, JournalError
from towerd.fsm.commands import (
    AppendAudit,
    AppendOutbox,
    CutHistory,
    DropSealed,
    JournalCommand,
    StoreSealed,
    TrimAudit,
    TrimOutbox,
)
from towerd.fsm.events import Stamped
from towerd.fsm.state import Tables, Volatile
from towerd.journal import records
from towerd.journal.schema import META, TABLE_NAMES
from towerd.ports import Changes


class MemoryJournal:
    """Rows pass through the same codec as in the real one, so a row that cannot be written fails here too.

    `fail_next` makes the next commit raise, as a full disk does; `recorded` is the whole history, for replay.
    """

    def __init__(self) -> None:
        self.recorded: list[records.Recorded] = []
        self.fail_next: str | None = None
        self._docs: dict[str, dict[str | int, str]] = {name: {} for name in (META, *TABLE_NAMES)}
        self._outbox: dict[int, AppendOutbox] = {}
        self._audit: list[AppendAudit] = []
        self._faces: dict[str, bytes] = {}

    def load(self) -> Tables:
        rows: dict[str, Any] = {
            name: {key: records.decode_row(name, doc) for key, doc in docs.items()} for name, docs in self._docs.items()
        }
        meta = rows.pop(META)
        return Tables(**({META: meta[META]} if meta else {}), **rows)

    def commit(self, stamped: Stamped, before: Volatile, changes: Changes, attachment: bytes | None) -> None:
        if self.fail_next is not None:
            reason, self.fail_next = self.fail_next, None
            raise JournalError(reason)
        encoded = [
            (name, key, row if row is None else records.encode_row(name, row)) for name, key, row in changes.rows
        ]
        if attachment is None and any(isinstance(append, StoreSealed) for append in changes.appends):
            raise BugError("something is to be kept, and no ciphertext came with the event")
        for name, key, doc in encoded:
            if doc is None:
                self._docs[name].pop(key, None)
            else:
                self._docs[name][key] = doc
        for command in changes.appends:
            self._append(command, attachment or b"")
        if any(isinstance(command, CutHistory) for command in changes.appends):
            self.recorded.clear()
            return
        kind, packed = records.encode_event(stamped.event)
        self.recorded.append(
            records.Recorded(
                Stamped(stamped.at, stamped.mono_s, records.decode_event(kind, packed)),
                records.decode_volatile(records.encode_volatile(before, packed), packed),
            )
        )

    def _append(self, command: JournalCommand, attachment: bytes) -> None:
        match command:
            case AppendOutbox():
                self._outbox[command.event_seq] = command
            case AppendAudit():
                self._audit.append(command)
            case TrimOutbox(up_to_seq):
                self._outbox = {seq: message for seq, message in self._outbox.items() if seq > up_to_seq}
            case TrimAudit(up_to_seq):
                self._audit = [row for row in self._audit if row.audit_seq > up_to_seq]
            case StoreSealed(key, _):
                self._faces[key] = attachment
            case DropSealed(key):
                self._faces.pop(key, None)

    def outbox(self, after_seq: int, limit: int) -> Sequence[AppendOutbox]:
        return [message for seq, message in sorted(self._outbox.items()) if seq > after_seq][:limit]

    def told(self, kind: str) -> Sequence[Stamped]:
        return [one.stamped for one in self.recorded if type(one.stamped.event).__name__ == kind]

    def face(self, order: str) -> bytes | None:
        return self._faces.get(order)

    def audit(self, after_seq: int, limit: int) -> Sequence[dict[str, Any]]:
        return [
            {
                "audit_seq": row.audit_seq,
                "at": row.at.isoformat(),
                "body": row.body,
                "previous_hash": row.previous_hash,
                "hash": row.hash,
            }
            for row in self._audit
            if row.audit_seq > after_seq
        ][:limit]

    def close(self) -> None:
        """Nothing to close."""
