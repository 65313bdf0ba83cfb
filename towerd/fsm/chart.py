"""The one façade over `transitions`: a chart is a table, and a state is a string that the caller keeps.

The library's models hold their state; here rows of the journal do. So a chart lends its one model for the length of a
call: set the state, trigger, read the state. Synchronous, without automatic transitions, without callbacks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from transitions import Machine, MachineError
from transitions.extensions import GraphMachine

from towerd.errors import BugError


@dataclass(frozen=True, slots=True)
class Arc:
    """From one of `sources` by `trigger` to `target`."""

    trigger: str
    sources: tuple[str, ...]
    target: str


class _Model:
    """What the library moves; `state` is set before and read after each call."""

    state: str


class Chart:
    """A table of transitions. The same state and trigger always give the same answer."""

    def __init__(self, name: str, states: Iterable[str], initial: str, arcs: Iterable[Arc]) -> None:
        self.name = name
        self.states = tuple(states)
        self.initial = initial
        self.arcs = tuple(arcs)
        self._model = _Model()
        self._machine = Machine(
            model=self._model, states=list(self.states), initial=initial, auto_transitions=False, send_event=False
        )
        for arc in self.arcs:
            self._machine.add_transition(arc.trigger, list(arc.sources), arc.target)
        self._allowed = frozenset((source, arc.trigger) for arc in self.arcs for source in arc.sources)
        self._known: dict[tuple[str, str], str] = {}

    def allows(self, state: str, trigger: str) -> bool:
        """Whether `trigger` leads anywhere from `state`."""
        return (state, trigger) in self._allowed

    def next(self, state: str, trigger: str) -> str:
        """The state after `trigger`; the library is asked once for each. Raises BugError where the table has no such arc."""
        known = self._known.get((state, trigger))
        if known is None:
            known = self._known[state, trigger] = self._moved(state, trigger)
        return known

    def _moved(self, state: str, trigger: str) -> str:
        try:
            self._machine.set_state(state, self._model)
            self._model.trigger(trigger)  # type: ignore[attr-defined]
        except (MachineError, AttributeError, ValueError) as error:
            raise BugError(f"{self.name}: no {trigger} from {state}") from error
        return self._model.state

    def mermaid(self) -> str:
        """The chart as a Mermaid state diagram, for the reference."""
        machine = GraphMachine(
            model=_Model(),
            states=list(self.states),
            initial=self.initial,
            auto_transitions=False,
            graph_engine="mermaid",
        )
        for arc in self.arcs:
            machine.add_transition(arc.trigger, list(arc.sources), arc.target)
        return str(machine.get_combined_graph().source)  # type: ignore[attr-defined]
