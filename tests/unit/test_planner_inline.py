from __future__ import annotations

import asyncio
from collections.abc import Callable

from towerd.fsm.commands import RequestPlan
from towerd.fsm.events import Event, PlanDecided
from towerd.places import bay, cabin
from towerd.planner.inline import InlinePlanner
from towerd.planner.model import PlanSnapshot, Wish


class Box:
    def __init__(self) -> None:
        self.events: list[Event] = []

    def post(self, event: Event, attachment: bytes | None = None, done: Callable[[], None] | None = None) -> None:
        self.events.append(event)


async def test_it_answers_in_a_later_turn_of_the_loop_for_the_snapshot_it_was_asked() -> None:
    box = Box()
    wish = Wish("ord-1", "car-1", bay(1, 1), (cabin(1),), 5.0)
    InlinePlanner(box, max_iterations=3, seed=1).request(RequestPlan(PlanSnapshot(4, (wish,), {})))
    assert box.events == []
    await asyncio.sleep(0)
    (event,) = box.events
    assert isinstance(event, PlanDecided)
    assert (event.decision.version, event.decision.vehicle, event.decision.target) == (4, "car-1", cabin(1))
