"""The planner's port for planners that need no process of their own: decided in the next turn of the loop."""

from __future__ import annotations

import asyncio

from towerd.fsm.commands import RequestPlan
from towerd.fsm.events import PlanDecided
from towerd.planner.decide import decide
from towerd.ports import Inbox


class InlinePlanner:
    """`ports.Planner` over the pure `decide`."""

    def __init__(self, inbox: Inbox, max_iterations: int = 1, seed: int = 0) -> None:
        self._inbox = inbox
        self._max_iterations = max_iterations
        self._seed = seed

    def request(self, command: RequestPlan) -> None:
        """See `ports.Planner`."""
        asyncio.get_running_loop().call_soon(self._decide, command)

    def _decide(self, command: RequestPlan) -> None:
        self._inbox.post(PlanDecided(decide(command.snapshot, self._max_iterations, self._seed)))
