"""What is shown of work by hand: who commands, what changed, jobs and places that a technician has touched. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from towerd.fsm.changes import changes
from towerd.fsm.going_on import waits_for
from towerd.fsm.lease import holder
from towerd.fsm.state import Job, State
from towerd.fsm.timing import motion_s
from towerd.view import HandView, JobView, Obstacle

_AXES = ("lift", "turntable", "fork")
_MOST_JOBS = 20


def hand_view(state: State, mono_s: float) -> HandView:
    """Who commands by hand, for how long still, the axis that jogs, and what changed while the key was away."""
    lease = holder(state, mono_s)
    jog = state.volatile.jog
    return HandView(
        commander=lease.holder if lease else None,
        lease_left_s=10.0 * ceil(max(0.0, lease.until_mono_s - mono_s) / 10.0) if lease else None,
        jogging=_AXES[jog.axis] if jog else None,
        key_away=bool(state.tables.before),
        changes=changes(state),
    )


def _job(job: Job, waits_for: tuple[str, ...]) -> JobView:
    return JobView(
        job.id,
        job.purpose,
        job.state,
        job.vehicle,
        str(job.source),
        str(job.target),
        job.order,
        job.by,
        job.started_at,
        job.ended_at,
        job.steps_left,
        job.stopped_by,
        job.minimum_s,
        motion_s(job),
        waits_for,
    )


def job_views(state: State, blocked: Sequence[Obstacle] = ()) -> tuple[JobView, ...]:
    """The newest jobs, the newest first; all that are open or wait for a technician's word. `blocked`: what is in the way."""
    rows = sorted(state.tables.jobs.values(), key=lambda job: -job.id)
    recent = {job.id for job in rows[:_MOST_JOBS]}
    return tuple(
        _job(job, waits_for(state, job, blocked))
        for job in rows
        if job.id in recent or job.state in ("running", "held") or job.stopped_by is not None
    )
