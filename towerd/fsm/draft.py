"""The state as it becomes in one turn. Mutable inside `step`, invisible outside it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields, replace
from typing import Any, Final, TypeVar

from towerd.fsm.commands import Command
from towerd.fsm.state import Meta, State, Tables, Volatile
from towerd.orders.model import Order
from towerd.plc.snapshot import Snapshot

_VOLATILE: Final = frozenset(field.name for field in fields(Volatile))
UNASKED: Final = frozenset({"snapshot", "runs", "touched_mono_s"})
"""Volatile fields that go on with each picture, and are no news: `plc.news` tells of the picture, and to the others no question asks
for more than what has changed already."""
_Frozen = TypeVar("_Frozen", Tables, Volatile)


def _twin(given: _Frozen) -> _Frozen:
    """A copy that this turn may still write to, nobody outside having seen it. Field by field it would cost twenty times as much."""
    twin = object.__new__(type(given))
    twin.__dict__.update(given.__dict__)
    return twin


class Draft:
    """Tables and volatile state, copied once, at their first change in this turn, and the commands; what was given stays as it
    was. `news`: something was changed or asked for that a question may read.
    """

    def __init__(self, given: State) -> None:
        self.tables: Tables = given.tables
        self.volatile: Volatile = given.volatile
        self.snapshot: Snapshot | None = given.volatile.snapshot
        """The last good picture of the machine; None: everything is unknown. Read hundreds of times a turn, so kept at hand."""
        self.commands: list[Command] = []
        self.news = False
        self._given = given
        self.touched_rows: dict[str, dict[str | int, None]] = {}

    @property
    def state(self) -> State:
        """The state as it stands in this turn."""
        return State(self.tables, self.volatile)

    def _write(self, name: str, value: object) -> None:
        if self.tables is self._given.tables:
            self.tables = _twin(self.tables)
        self.tables.__dict__[name] = value
        self.news = True

    def _own(self, table: str, key: str | int) -> dict[Any, Any]:
        rows: dict[Any, Any] = getattr(self.tables, table)
        keys = self.touched_rows.get(table)
        if keys is None:
            rows, keys = dict(rows), self.touched_rows.setdefault(table, {})
        if key not in rows:
            # a new row comes after all others, also where one of that key went before
            keys.pop(key, None)
        keys[key] = None
        self._write(table, rows)
        return rows

    def touched(self, table: str) -> Collection[Any]:
        """The keys of the rows of a table that were put or dropped in this turn."""
        return self.touched_rows.get(table, ())

    def before(self, table: str, key: str | int) -> Any:
        """A row as it was before this turn; None where there was none."""
        return getattr(self._given.tables, table).get(key)

    def put(self, table: str, key: str | int, row: object) -> None:
        """Insert or replace a row."""
        rows = self._own(table, key)
        if isinstance(row, Order):
            self._follow_open(rows.get(key), row)
        rows[key] = row

    def drop(self, table: str, key: str | int) -> None:
        """Delete a row; nothing where there is none."""
        if key in getattr(self.tables, table):
            row = self._own(table, key).pop(key)
            if isinstance(row, Order):
                self._follow_open(row, None)

    def _follow_open(self, before: Order | None, after: Order | None) -> None:
        """Bring `open_orders` along with one that changes, where somebody has asked for them."""
        known: dict[str, Order] | None = self.tables.__dict__.get("open_orders")
        if known is None:
            return
        if before is not None and after is not None and after.open and not before.open:
            # where it stands among the others only a look through all of them tells
            del self.tables.__dict__["open_orders"]
            return
        others_see_it = known is self._given.tables.__dict__.get("open_orders")
        known = dict(known) if others_see_it else known
        if after is not None and after.open:
            known[after.id] = after
        elif before is not None:
            known.pop(before.id, None)
        self.tables.__dict__["open_orders"] = known

    def set(self, **values: object) -> None:
        """Replace fields of the volatile state. Raises AttributeError for one that there is not."""
        if not values.keys() <= UNASKED:
            self.news = True
            if not values.keys() <= _VOLATILE:
                raise AttributeError(f"no such fields: {values.keys() - _VOLATILE}")
        if self.volatile is self._given.volatile:
            self.volatile = _twin(self.volatile)
        self.volatile.__dict__.update(values)
        self.snapshot = self.volatile.snapshot

    def set_meta(self, **values: object) -> Meta:
        """Replace fields of the single row of metadata."""
        meta = replace(self.tables.meta, **values)  # type: ignore[arg-type]
        self._write("meta", meta)
        return meta

    def ask(self, command: Command) -> None:
        """Add a command."""
        self.commands.append(command)
        self.news = True
