"""How long a job moves, and how long it waits for somebody or something, beside the mechanical minimum. Pure.

What lies between a command's end and the next one's start counts as moving: it is towerd's own time.
"""

from __future__ import annotations

from dataclasses import replace

from towerd.fsm.state import Job
from towerd.fsm.turn import Turn
from towerd.plc.snapshot import PackmlState


def _moves(turn: Turn, job: Job) -> bool:
    machine = turn.snapshot
    if machine is None or machine.system.packml_state is not PackmlState.EXECUTE:
        return False
    return any(step.open and step.job == job.id for step in turn.tables.steps.values())


def watch_pause(turn: Turn, job: Job | None) -> None:
    """Note when the job that the carriage belongs to begins to wait (held, in doubt, nothing to do yet) and when it ends to."""
    if job is None:
        return
    since_at = job.waiting_since_at
    if _moves(turn, job):
        if since_at is not None:
            waited_s = job.waited_s + (turn.now - since_at).total_seconds()
            turn.put("jobs", job.id, replace(job, waited_s=round(waited_s, 3), waiting_since_at=None))
    elif since_at is None:
        turn.put("jobs", job.id, replace(job, waiting_since_at=turn.now))


def motion_s(job: Job) -> float | None:
    """How long an ended job has moved, s, without what it waited; None where it has not ended."""
    if job.ended_at is None:
        return None
    waited_s = job.waited_s
    if job.waiting_since_at is not None:
        waited_s += (job.ended_at - job.waiting_since_at).total_seconds()
    return max(0.0, (job.ended_at - job.started_at).total_seconds() - waited_s)


def tell_done(turn: Turn, job: Job) -> None:
    """Tell that a job is done, and how long it moved against the mechanical minimum; `ratio` None where that is 0."""
    moved_s = motion_s(job) or 0.0
    ratio = round(moved_s / job.minimum_s, 3) if job.minimum_s else None
    data = {
        "job": job.id,
        "purpose": job.purpose,
        "vehicle": job.vehicle,
        "from": str(job.source),
        "to": str(job.target),
    }
    times = {"motion_s": round(moved_s, 2), "minimum_s": job.minimum_s, "ratio": ratio}
    order = turn.tables.orders.get(job.order or "")
    turn.tell("job_done", {**data, **times, "by": job.by}, order, audit=False)
