"""What came of a jog step: the PLC answers no jog, so its axis is watched until it stands (plc-if.md 7.2). Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from towerd.fsm.hand import Denied, in_the_way, refuse
from towerd.fsm.hindrances import JOG_TURNTABLE, jog_hindrances
from towerd.fsm.manual_events import JogRequested
from towerd.fsm.reply import JogStep
from towerd.fsm.turn import Turn
from towerd.lift.model import Axis, AxisStatus
from towerd.plc.snapshot import Snapshot

AXES: Final = ("lift", "turntable", "fork")
STILL_S: Final = 2.0
"""How long an axis stands, s, until nothing more is expected of a step: longer than a write, a brake and a look take."""
_NEAR: Final = 2
_ROUND: Final = 36000
_LOOK: Final = "Look at the enabling switch, the end of the way and towerctl why, then ask again."


def _axis(machine: Snapshot, number: int) -> Axis:
    return (machine.lift, machine.turntable, machine.fork)[number]


def _moved(step: JogStep, actual: int) -> int:
    """How far it came; the turntable may have passed 0°."""
    way = actual - step.before
    return (way + _ROUND // 2) % _ROUND - _ROUND // 2 if step.axis == JOG_TURNTABLE else way


def _shown(axis: int, raw: int) -> str:
    return f"{raw / 100:.2f}°" if axis == JOG_TURNTABLE else f"{raw} mm"


def step_begins(turn: Turn, machine: Snapshot, event: JogRequested) -> None:
    """Watch the axis from where it stands now."""
    at = _axis(machine, event.axis).actual
    way = event.direction * event.step
    turn.set(jog_step=JogStep(event.axis, way, at, at, turn.mono_s, machine.session, event.reply))


def step_denies(turn: Turn) -> Denied | None:
    """Why no other word of jog is taken now: the last step has not ended."""
    step = turn.volatile.jog_step
    if step is None:
        return None
    return Denied("busy", f"the last step of the {AXES[step.axis]} has not ended", "Wait a second, then ask again.")


def watch_step(turn: Turn) -> None:
    """Tell who asked what really came, once the axis stands; that takes a look at each picture, and the time (`asking`)."""
    step, machine = turn.volatile.jog_step, turn.snapshot
    if step is None:
        return
    if machine is None or machine.session != step.session:
        turn.set(jog_step=None)
        cure = "Look where it stands: towerctl status, once the link is back."
        refuse(turn, step.reply, Denied("plc_lost", "the link was lost meanwhile: it may have moved", cure))
        return
    axis = _axis(machine, step.axis)
    if AxisStatus.MOVING in axis.status or axis.actual != step.seen:
        turn.set(jog_step=replace(step, seen=axis.actual, since_mono_s=turn.mono_s))
        return
    moved = _moved(step, axis.actual)
    whole = moved * step.way > 0 and abs(moved - step.way) <= _NEAR
    if whole or turn.mono_s - step.since_mono_s >= STILL_S:
        turn.set(jog_step=None)
        _tell(turn, machine, step, whole=whole)


def _tell(turn: Turn, machine: Snapshot, step: JogStep, *, whole: bool) -> None:
    name, moved = AXES[step.axis], _moved(step, step.seen)
    before, after = _shown(step.axis, step.before), _shown(step.axis, step.seen)
    told: dict[str, Any] = {"axis": name, "before": step.before, "after": step.seen}
    if whole:
        turn.answer(
            step.reply, True, (), {**told, "text": f"{name} moved {_shown(step.axis, moved)}: {before} to {after}"}
        )
        return
    way = f"{name} moved {_shown(step.axis, moved)} of {_shown(step.axis, step.way)}: {before} to {after}"
    text = way if moved else f"{name} did not move: it stands at {after}"
    found = jog_hindrances(machine, step.axis, step.way)
    why = "; ".join(one.text for one in found) or in_the_way(machine)
    cure = " ".join(one.cure for one in found) or _LOOK
    turn.answer(step.reply, False, ("not_done",), {**told, "text": ": ".join(filter(None, (text, why))), "cure": cure})
