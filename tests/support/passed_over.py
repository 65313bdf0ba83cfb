"""Every question that a turn passes over is asked all the same, of a twin of that turn: it must have nothing to do.

It holds for the whole process from the import on. So a question that reads what `fsm.asking` does not see is found by whatever test
brings it into such a state, and the answer of a core that has forgotten everything is shown to be that of one that has not.
"""

from __future__ import annotations

from typing import Final

from towerd.fsm import reducer
from towerd.fsm.events import BusChanged, Stamped
from towerd.fsm.state import State
from towerd.fsm.turn import Turn

WRONG: Final[list[str]] = []


class _AskedAllTheSame(Turn):
    def rests(self) -> bool:
        found = super().rests()
        if found:
            self._ask_a_twin()
        return found

    def _ask_a_twin(self) -> None:
        stamped = Stamped(self._now, self._mono_s, BusChanged(True))
        twin = Turn(State(self.tables, self.volatile), stamped, self.config)
        reducer.ask_all(twin, self._given.volatile.snapshot, looks=True)
        if twin.news:
            pairs = (twin.tables, self.tables), (twin.volatile, self.volatile)
            changed = [name for new, old in pairs for name, value in vars(new).items() if value is not vars(old)[name]]
            WRONG.append(f"passed over although there was something to do: {twin.commands}, {changed}")


reducer.Turn = _AskedAllTheSame  # type: ignore[misc]
