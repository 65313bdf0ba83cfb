"""Whether the work that is open goes on now, or stands behind what is in the way: asked wherever work is shown. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from towerd.fsm.state import Job, State, Step
from towerd.plc.codes import Code
from towerd.plc.snapshot import PackmlState
from towerd.view import Obstacle


def open_step(state: State) -> Step | None:
    """The newest command that is open, but for signs."""
    steps = [step for step in state.tables.steps.values() if step.open and step.code != Code.SIGNAL]
    return max(steps, key=lambda step: step.written_at) if steps else None


def stands(state: State, blocked: Sequence[Obstacle]) -> bool:
    """Whether nothing goes on: no command may leave, and none that has left is executed."""
    machine = state.volatile.snapshot
    executes = machine is not None and machine.system.packml_state is PackmlState.EXECUTE
    return bool(blocked) and not (executes and open_step(state) is not None)


def waits_for(state: State, job: Job, blocked: Sequence[Obstacle]) -> tuple[str, ...]:
    """The codes of what a running job stands behind; nothing where it goes on."""
    return tuple(one.code for one in blocked) if job.state == "running" and stands(state, blocked) else ()
