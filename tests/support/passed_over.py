"""What turns at rest pass over is asked all the same, of a twin of the first and of every fifth: it must have nothing to do. And
what a turn says that it has touched is held against all rows: nothing else may have changed.

It holds for the whole process from the import on. So a question that reads what `fsm.asking` does not see is found by whatever test
brings it into such a state, and the answer of a core that has forgotten everything is shown to be that of one that has not.
"""

from __future__ import annotations

from typing import Final

from towerd.fsm import reducer
from towerd.fsm.events import BusChanged, Stamped
from towerd.fsm.state import State
from towerd.fsm.turn import Turn
from towerd.journal.diff import Row, diff
from towerd.journal.schema import META

WRONG: Final[list[str]] = []
EVERY: Final = 5
"""Of turns at rest one after the other, how many go by for each that is asked. What was overlooked stays so as long as they rest."""


class _AskedAllTheSame(Turn):
    in_a_row = 0

    def rests(self) -> bool:
        found = super().rests()
        row = _AskedAllTheSame.in_a_row
        if found and row % EVERY == 0:
            self._ask_a_twin()
        _AskedAllTheSame.in_a_row = row + 1 if found else 0
        return found

    def _ask_a_twin(self) -> None:
        stamped = Stamped(self._now, self._mono_s, BusChanged(True))
        twin = Turn(State(self.tables, self.volatile), stamped, self.config)
        reducer.ask_all(twin, self._given.volatile.snapshot, looks=True)
        if twin.news:
            pairs = (twin.tables, self.tables), (twin.volatile, self.volatile)
            changed = [name for new, old in pairs for name, value in vars(new).items() if value is not vars(old)[name]]
            WRONG.append(f"passed over although there was something to do: {twin.commands}, {changed}")

    def found(self) -> State:
        state = super().found()
        if state.tables is not self._given.tables:
            told, all_of_them = (diff(self._given.tables, state.tables, touched) for touched in (state.touched, None))
            if (as_set(told), _new(self._given, told)) != (as_set(all_of_them), _new(self._given, all_of_them)):
                WRONG.append(f"changed {all_of_them}, and said {told}")
        return state


def as_set(rows: tuple[Row, ...]) -> dict[tuple[str, object], object]:
    """Rows by table and key: only among new ones the order tells anything."""
    return {(name, key): row for name, key, row in rows}


def _new(given: State, rows: tuple[Row, ...]) -> list[tuple[str, object]]:
    return [(name, key) for name, key, _ in rows if name != META and key not in getattr(given.tables, name)]


reducer.Turn = _AskedAllTheSame  # type: ignore[misc]
