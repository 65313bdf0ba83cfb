"""A tower that stands still, and somebody who reads `towerctl why` and does what it says: by function calls, without a loop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from simulator.config import Actors
from tests.matrix.tower import MatrixTower
from tests.property.test_core import Witness, check_truth
from tests.scenario.tower import Tower, small_tower
from tests.support.sync_tower import executed_motions, told_again
from towerd.api import payload
from towerd.fsm.commands import Answer
from towerd.fsm.events import Event
from towerd.fsm.moves_events import MoveRequested
from towerd.fsm.reply import ReplyTo
from towerd.places import Place, parse_place
from towerd.plc.codes import Code
from towerd.plc.snapshot import PackmlState, Unit

BY = "technician"
ORDERED, OTHER = "v_0007", "v_0042"
"""The car that is ordered, in bay 1-1, and the other one, in bay 2-3."""
QUIET = (Code.SIGNAL, Code.NOP, Code.CANCEL)
BOLD = Actors(auto_drive_off=True, customer_delay_s=1.0, boarding_s=0.5, driving_s=0.5)


def _executes(tower: MatrixTower) -> bool:
    machine = tower.state.volatile.snapshot
    return machine is not None and machine.system.packml_state is PackmlState.EXECUTE


class Site:
    """A tower of three floors with four bays each, in Execute, with two cars in it."""

    def __init__(self, *, cabins: int = 1, actors: Actors = BOLD, **changes: Any) -> None:
        plant = Tower(small_tower(cabins=cabins, speed_up=8.0, actors=actors), **changes)
        self.tower = MatrixTower(Witness(), plant)
        self.simulator = self.tower.simulator
        self.until(lambda: _executes(self.tower), "Execute")
        self.tower.import_stock()
        self.until(self.at_rest, "homed")

    @property
    def tables(self) -> Any:
        return self.tower.state.tables

    def at_rest(self) -> bool:
        """No command runs, no job is under way."""
        tables = self.tables
        jobs = any(job.state == "running" for job in tables.jobs.values())
        return not jobs and not any(step.open for step in tables.steps.values()) and "FORK" not in tables.steps

    def until(self, condition: Callable[[], bool], what: str, limit_s: float = 90.0) -> None:
        """Let time pass until it is so."""
        ends_s = self.tower.now_s + limit_s
        while not condition():
            assert self.tower.now_s < ends_s, f"not within {limit_s} s: {what}; {self.shown()}"
            self.tower.tick(0.2)

    def ask(self, make: Callable[[ReplyTo], Event]) -> Answer:
        """An event, and its answer."""
        address = f"asked-{len(self.tower.answers)}"
        self.tower.take(make(ReplyTo("api", address)))
        self.until(lambda: any(one.reply.address == address for one in self.tower.answers), f"{address} is answered")
        return next(one for one in self.tower.answers if one.reply.address == address)

    def done(self, make: Callable[[ReplyTo], Event]) -> None:
        """An event whose answer is yes."""
        answer = self.ask(make)
        assert answer.ok, answer

    def move(self, purpose: Any, what: str, target: str | None = None) -> None:
        """`towerctl fetch`, `bring`, `put-back` and the like."""
        place: Place | None = parse_place(target) if target else None
        self.done(lambda reply: MoveRequested(purpose, what, place, BY, reply))

    def order(self, number: int = 1) -> None:
        """A customer orders a car and types the code."""
        self.tower.order(number, number)
        assert self.state(number) == "accepted", self.tower.answers[-1]
        self.tower.code(f"o_{number}", right=True)

    def state(self, number: int = 1) -> str:
        return str(self.tables.orders[f"o_{number}"].state)

    def completed(self, number: int = 1) -> bool:
        return self.state(number) == "completed" and self.at_rest()

    def where(self, vehicle: str = ORDERED) -> str:
        """Where it stands by the books."""
        return str(self.tables.vehicles[vehicle].place)

    def on_the_way(self) -> bool:
        """The ordered car is on the carriage, which goes to the cabin."""
        step = self.tables.steps.get(Unit.CARRIAGE)
        return bool(step and step.state == "running" and (step.code, step.args[0]) == (Code.LIFT_TO, 0))

    def why(self) -> dict[str, Any]:
        """What `towerctl why --json` prints."""
        return payload.why(self.tower.view())

    def shown(self) -> dict[str, dict[str, Any]]:
        """Every obstacle and everything that waits, by code."""
        body = self.why()
        return {row["code"]: row for row in (*body["obstacles"], *body["waiting"])}

    def still(self, for_s: float) -> bool:
        """Let time pass; whether nothing has moved meanwhile, but for signs."""
        before = len(self.simulator.executed)
        self.tower.tick(for_s)
        return all(one.code in QUIET for one in self.simulator.executed[before:])

    def check(self) -> None:
        """The books are the truth, nothing was done twice or unsafely, and the history says the same."""
        check_truth(self.tower)
        assert max(Counter(executed_motions(self.tower)).values(), default=0) <= 1
        assert not self.tower.watch.seen
        assert told_again(self.tower) == self.tables
