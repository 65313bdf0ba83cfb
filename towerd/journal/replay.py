"""The history told again: events and the volatile state they met make the tables anew (invariant 3). Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from towerd.fsm.commands import Command
from towerd.fsm.events import Stamped
from towerd.fsm.state import State, Tables
from towerd.journal.records import Recorded

Step = Callable[[State, Stamped], tuple[State, Sequence[Command]]]


def replay(base: Tables, history: Iterable[Recorded], step: Step) -> Tables:
    """The tables after `history`, from `base`, the tables before its first event.

    Events that changed no table are not in the history; what they did to the volatile state is in `before` of the next
    that is. Whatever `step` raises passes through.
    """
    tables = base
    for recorded in history:
        state, _commands = step(State(tables, recorded.before), recorded.stamped)
        tables = state.tables
    return tables
