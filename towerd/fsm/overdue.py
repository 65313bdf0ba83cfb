"""Commands that the PLC does not end although their time limit has passed (plc-if.md 5.5). Pure.

The PLC ends them by itself, with error 4. One that does not is told, and the command is cancelled once: nothing waits without
bound for a motion that nobody ends.
"""

from __future__ import annotations

from typing import Final

from towerd.faults import COMMAND_FAILED
from towerd.fsm.commanding import cancel_running
from towerd.fsm.ending import describe
from towerd.fsm.latch import raise_fault
from towerd.fsm.state import Step
from towerd.fsm.turn import Turn
from towerd.fsm.watched import Run
from towerd.plc.snapshot import MailboxState, PackmlState, Snapshot

_GRACE_S: Final = 5.0
_TOLD: Final = float("-inf")
# what lies between two looks counts as this at most: nobody saw the command run meanwhile
_SEEN_S: Final = 1.0
_HELD: Final = (PackmlState.HOLDING, PackmlState.HELD, PackmlState.UNHOLDING)


def _runs(machine: Snapshot, step: Step) -> bool:
    """Whether it was running before, and this picture does not show its end."""
    return step.state == "running" and machine.mailboxes[step.unit].active_seq == step.seq


def _is_held(machine: Snapshot, step: Step) -> bool:
    """Whether its time does not count now (4.5, 5.5)."""
    return machine.mailboxes[step.unit].state is MailboxState.HOLDING or machine.system.packml_state in _HELD


def _overrun(turn: Turn, step: Step) -> None:
    limit_s = step.limit_ds / 10
    cause = f"{describe(step)}: the PLC has not ended it {_GRACE_S:.0f} s after its limit of {limit_s:g} s"
    raise_fault(turn, COMMAND_FAILED, cause)
    cancel_running(turn, step)


def watch_limits(turn: Turn) -> None:
    """Add up how long each running command is seen to run; held time does not count, and each is told of once. With each picture."""
    machine, known, mono_s = turn.snapshot, turn.volatile.runs, turn.mono_s
    if machine is None:
        return
    runs: dict[str, Run] = {}
    for step in turn.tables.steps.values():
        if not _runs(machine, step):
            continue
        name = f"{step.unit} {step.seq}"
        before = known.get(name)
        if before is None:
            runs[name] = Run(0.0, mono_s)
            continue
        counts_s = 0.0 if _is_held(machine, step) else min(mono_s - before.seen_mono_s, _SEEN_S)
        ran_s = before.ran_s + counts_s
        if ran_s > step.limit_ds / 10 + _GRACE_S:
            ran_s = _TOLD
            _overrun(turn, step)
        runs[name] = Run(ran_s, mono_s)
    if runs or known:
        turn.set(runs=runs)
