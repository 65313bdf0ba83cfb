"""What turns at rest pass over is asked all the same, of a twin of the first and of every fifth: it must have nothing to do.

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


reducer.Turn = _AskedAllTheSame  # type: ignore[misc]
