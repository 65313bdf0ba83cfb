"""A journal of an older version, which called customers and owners as the platform does, calls them by aliases (orders-if.md 7.4). Pure.

All of it is part of the transaction that brings the file up to date: after a power cut it is done from the beginning, or not again.
Keys are files beside the journal, and are brought over as often as it takes. Of the audit log nothing is changed, as each row
carries the hash of the one before: rows of then name dealers and operators as they signed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

from towerd.journal.forgetting import Execute, cut_history
from towerd.journal.schema import OUTBOX, upgrade

_AT_ONCE: Final = 1000
_ANSWER_LASTS_S: Final = 90
"""How long an answer is kept past the end of its token (3.3, 4.3), as the settings are unless somebody changes them."""


class OldNames(Protocol):
    """Aliases for what a journal of an older version called customers by. Every method raises OSError."""

    def bring_over(self, customer: str) -> str:
        """The alias of a customer whom the platform calls so; the key is made where there is none."""

    def adopt(self, handle: str) -> str | None:
        """The alias of whom nothing but the handle is known; None where there is no key."""

    def digest(self, payload_sha256: str, exp_s: int) -> str:
        """What is kept of a token from now on."""


@dataclass
class _Renamer:
    execute: Execute
    names: OldNames
    aliases: dict[str, str] = field(default_factory=dict)

    def alias(self, customer: str) -> str:
        """An empty name stays empty."""
        if customer and customer not in self.aliases:
            self.aliases[customer] = self.names.bring_over(customer)
        return self.aliases.get(customer, customer)

    def rows(self, table: str, change: Callable[[dict[str, Any]], Mapping[str, Any]]) -> None:
        """Change every row of a table."""
        rows = self.execute(f"SELECT id, doc FROM {table}")  # noqa: S608 - own names
        for number, doc in rows:
            row = json.loads(doc)
            text = json.dumps(row | change(row), ensure_ascii=False, separators=(",", ":"))
            self.execute(f"UPDATE {table} SET doc = ? WHERE id = ?", text, number)  # noqa: S608

    def keyed(self, table: str, rows: Mapping[str, Mapping[str, Any]]) -> None:
        """Put other rows in a table."""
        self.execute(f"DELETE FROM {table}")  # noqa: S608
        for key, row in rows.items():
            text = json.dumps(row, separators=(",", ":"))
            self.execute(f"INSERT INTO {table} (key, doc) VALUES (?, ?)", key, text)  # noqa: S608


def _docs(execute: Execute, table: str) -> list[dict[str, Any]]:
    return [json.loads(doc) for (doc,) in execute(f"SELECT doc FROM {table} ORDER BY id")]  # noqa: S608


def _answer(names: OldNames, row: Mapping[str, Any]) -> dict[str, Any]:
    if not row["payload_sha256"]:
        return {}
    exp_s = int(datetime.fromisoformat(row["until_at"]).timestamp()) - _ANSWER_LASTS_S
    return {"payload_sha256": names.digest(row["payload_sha256"], exp_s)}


def _owned(renamer: _Renamer, row: Mapping[str, Any]) -> dict[str, Any]:
    return {"record": {**row["record"], "owner": renamer.alias(row["record"]["owner"])}}


def _driven_in(renamer: _Renamer, row: Mapping[str, Any]) -> dict[str, Any]:
    # a car that is announced is driven in by its dealer; any other by an account
    return {"by": renamer.alias(row["by"])} if row["kind"] == "stock" else {}


def _messages(renamer: _Renamer) -> None:
    """Messages that wait, a thousand at a time; then all are written anew, so that no old page of them is left."""
    after_seq = -1
    sql = "SELECT event_seq, body FROM outbox WHERE event_seq > ? ORDER BY event_seq LIMIT ?"
    while rows := renamer.execute(sql, after_seq, _AT_ONCE):
        for seq, text in rows:
            body = json.loads(text)
            if body.get("customer"):
                changed = json.dumps(
                    {**body, "customer": renamer.alias(body["customer"])}, ensure_ascii=False, separators=(",", ":")
                )
                renamer.execute("UPDATE outbox SET body = ? WHERE event_seq = ?", changed, seq)
        after_seq = rows[-1][0]
    for statement in (
        "ALTER TABLE outbox RENAME TO outbox_before",
        OUTBOX,
        "INSERT INTO outbox SELECT * FROM outbox_before",
        "DROP TABLE outbox_before",
    ):
        renamer.execute(statement)


def _customers(renamer: _Renamer, at: str) -> None:
    """Whose key there is: those known by a handle alone, and everybody who is named now. Who has no key is not found by one."""
    seen_at = {renamer.names.adopt(row["handle"]): row["seen_at"] for row in _docs(renamer.execute, "customers")}
    known = dict.fromkeys(renamer.aliases.values(), at) | {
        one: when for one, when in seen_at.items() if one is not None
    }
    renamer.keyed("customers", {one: {"customer": one, "seen_at": when} for one, when in known.items()})


def bring_up_to_date(execute: Execute, names: OldNames) -> None:
    """Make a file of an older version one of this version, within one transaction. The history ends: the caller makes the base
    that the next event stands on. Raises OSError where a key cannot be made.
    """
    for statement in upgrade({name for (name,) in execute("SELECT name FROM sqlite_master WHERE type = 'table'")}):
        execute(statement)
    _rename(execute, names)
    cut_history(execute)


def _rename(execute: Execute, names: OldNames) -> None:
    renamer = _Renamer(execute, names)
    for table in ("orders", "loans"):
        renamer.rows(table, lambda row: {"customer": renamer.alias(row["customer"])})
    renamer.rows("vehicles", lambda row: _owned(renamer, row))
    renamer.rows("intakes", lambda row: _driven_in(renamer, row))
    renamer.rows("answers", lambda row: _answer(names, row))
    wishes = [{**row, "customer": renamer.alias(row["customer"])} for row in _docs(execute, "erasures")]
    for wish in wishes:
        wish.pop("handle", None)
    renamer.keyed("erasures", {wish["customer"]: wish for wish in wishes})
    _messages(renamer)
    newest = execute("SELECT at FROM events ORDER BY id DESC LIMIT 1")
    _customers(renamer, newest[0][0] if newest else "1970-01-01T00:00:00+00:00")
