"""Cycles and times of the tower's devices, from what the machine shows; what is due or wears is told early. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from towerd.faults import DEVICE_SLOWER, DEVICE_TRIES, SERVICE_DUE
from towerd.fsm.latch import clear_fault, raise_fault
from towerd.fsm.state import Step
from towerd.fsm.turn import Turn
from towerd.fsm.upkeep_events import ServiceDone
from towerd.fsm.watched import AxisRun, AxisSample
from towerd.lift.kinematics import Kinematics, Motion
from towerd.lift.model import Axis, PlcOpenState
from towerd.plc.codes import ERROR_DOOR_BLOCKED, ERROR_INTERLOCK_LOST, FORK_CODES, Code
from towerd.plc.snapshot import KeySwitch, PackmlState, Snapshot, Unit
from towerd.upkeep.model import (
    DeviceKind,
    Wear,
    drift,
    due,
    is_slower,
    needs_tries,
    serviced,
    timed,
    tried,
    worked,
)

_AXES: Final[tuple[DeviceKind, ...]] = ("lift", "turntable")
# shorter moves say more of the polling than of the machine
_LEAST_S: Final = 0.5


def device_of(unit: Unit, code: int, args: tuple[int, int, int, int]) -> tuple[DeviceKind, str] | None:
    """The device that a command works, and what it is called; None where none of its own (LIFT_TO: two axes; SIGNAL)."""
    if code in FORK_CODES:
        return "fork", "fork"
    if code in (Code.BAY_LOCK, Code.BAY_UNLOCK):
        return "lock", f"lock {args[0]}-{args[1]}"
    if code in (Code.INNER_DOOR, Code.OUTER_DOOR):
        kind: DeviceKind = "inner_door" if code == Code.INNER_DOOR else "outer_door"
        return kind, f"{kind} {unit[-1]}"
    return None


def _command_minimum_s(kinematics: Kinematics, kind: DeviceKind) -> float:
    if kind == "fork":
        return kinematics.fork_cycle_s
    plain = {
        "lock": kinematics.bay_lock_s,
        "inner_door": kinematics.inner_door_s,
        "outer_door": kinematics.outer_door_s,
    }
    return plain[kind] / kinematics.speed_up


def _axis_minimum_s(kinematics: Kinematics, name: DeviceKind, sample: AxisSample) -> float:
    if name == "lift":
        motion, way = Motion(kinematics.lift_mm_s, kinematics.lift_mm_s2), float(sample.way)
    else:
        motion, way = Motion(kinematics.turntable_deg_s, kinematics.turntable_deg_s2), sample.way / 100.0
        # the turntable may have passed zero on its way
        way = kinematics.turn_deg(0.0, way)
    return motion.time_s(way) / kinematics.speed_up


def _at_work(machine: Snapshot) -> bool:
    """Whether times count: by itself, at full speed, not held."""
    system = machine.system
    return system.key_switch is KeySwitch.AUTO and system.packml_state is PackmlState.EXECUTE


def _follow_axis(turn: Turn, name: DeviceKind, before: Axis, now: Axis) -> None:
    runs = turn.volatile.axis_runs
    if before.standstill and not now.standstill:
        if now.plcopen_state is PlcOpenState.DISCRETE_MOTION:
            turn.set(axis_runs={**runs, name: AxisRun(turn.mono_s, before.actual)})
        return
    run = runs.get(name)
    if run is None or not now.standstill:
        return
    turn.set(axis_runs={key: one for key, one in runs.items() if key != name})
    sample = AxisSample(name, round(turn.mono_s - run.since_mono_s, 3), now.actual - run.actual)
    turn.set(axis_samples=(*turn.volatile.axis_samples, sample))


def follow_devices(turn: Turn, before: Snapshot | None, machine: Snapshot) -> None:
    """See axes start and stop, and commands that were held: their times are those of people. Called with each snapshot."""
    if not _at_work(machine) or before is None:
        open_units = {step.unit for step in turn.tables.steps.values() if step.open}
        if turn.volatile.axis_runs or turn.volatile.axis_samples or not open_units <= turn.volatile.held_units:
            held = turn.volatile.held_units | open_units
            turn.set(axis_runs={}, axis_samples=(), held_units=held)
        return
    if before.lift is not machine.lift or before.turntable is not machine.turntable:
        _follow_axis(turn, "lift", before.lift, machine.lift)
        _follow_axis(turn, "turntable", before.turntable, machine.turntable)


def _wear(turn: Turn, name: str, kind: DeviceKind) -> Wear:
    return turn.tables.wear.get(name) or Wear(name, kind, turn.now)


def _fold_axes(turn: Turn, machine: Snapshot) -> None:
    counts = {"lift": machine.lift.cycles, "turntable": machine.turntable.cycles}
    kinematics = turn.config.kinematics
    for name in _AXES:
        wear = worked(_wear(turn, name, name), counts[name])
        for sample in turn.volatile.axis_samples:
            minimum_s = _axis_minimum_s(kinematics, name, sample)
            if sample.axis == name and minimum_s >= _LEAST_S:
                wear = timed(wear, sample.took_s, minimum_s)
        turn.put("wear", name, wear)
    turn.set(axis_samples=())


def _needs_another(step: Step) -> bool:
    return step.state == "rejected" or (
        step.state == "failed" and step.error in (ERROR_INTERLOCK_LOST, ERROR_DOOR_BLOCKED)
    )


def _took_s(turn: Turn, step: Step) -> float | None:
    """How long a command took by this process's own clock; None where something else than the machine had a part in it."""
    since_mono_s = turn.volatile.written_mono_s.get(step.unit)
    doubted = step.fence_seq is not None or step.unit in turn.volatile.held_units
    closing_to_street = step.code == Code.OUTER_DOOR and not step.args[0]
    if step.state != "done" or since_mono_s is None or doubted or closing_to_street:
        return None
    return turn.mono_s - since_mono_s


def note_command(turn: Turn, step: Step) -> None:
    """A command has ended: count it for its device, with its time where that tells something of the machine.

    That one given by hand or held up by people needs another try says nothing of the device: they ask what it may not do.
    """
    machine = turn.snapshot
    if machine is not None and step.code == Code.LIFT_TO and step.state != "rejected":
        _fold_axes(turn, machine)
    found = device_of(step.unit, step.code, step.args)
    if found is not None:
        kind, name = found
        wear = known = _wear(turn, name, kind)
        if step.by is None and step.unit not in turn.volatile.held_units:
            wear = tried(wear, again=_needs_another(step))
        if step.state != "rejected":
            wear = worked(wear, machine.fork.cycles if machine is not None and kind == "fork" else None)
        took_s = _took_s(turn, step)
        if took_s is not None:
            wear = timed(wear, took_s, _command_minimum_s(turn.config.kinematics, kind))
        if wear != known:
            turn.put("wear", name, wear)
    if step.unit in turn.volatile.held_units:
        turn.set(held_units=turn.volatile.held_units - {step.unit})
    tell_wear(turn)


def _keep_told(turn: Turn, fault: int, devices: list[Wear], text: Callable[[Wear], str]) -> None:
    if devices:
        if fault not in turn.tables.faults:
            raise_fault(turn, fault, "; ".join(text(wear) for wear in devices))
    else:
        clear_fault(turn, fault, None)


def _slower(wear: Wear) -> str:
    return f"{wear.device} takes {(drift(wear) or 0.0) * 100:.0f} % longer than after its service"


def tell_wear(turn: Turn) -> None:
    """Raise what is due or wears, and let go of what is neither any more."""
    rules, rows = turn.config.upkeep, list(turn.tables.wear.values())
    _keep_told(turn, DEVICE_SLOWER, [wear for wear in rows if is_slower(wear, rules)], _slower)
    trying = [wear for wear in rows if needs_tries(wear, rules)]
    _keep_told(turn, DEVICE_TRIES, trying, lambda wear: f"{wear.device} needs another try for {wear.tries_ratio:.0%}")
    late = [wear for wear in rows if due(wear, rules.rule_of(wear.kind), turn.now) != "no"]
    _keep_told(turn, SERVICE_DUE, late, lambda wear: f"{wear.device} after {wear.cycles_since_service} cycles")


def service_done(turn: Turn, event: ServiceDone) -> None:
    """A technician has serviced a device."""
    wear = turn.tables.wear.get(event.device)
    if wear is None:
        known = ", ".join(turn.tables.wear) or "none has worked yet"
        turn.answer(event.reply, False, ("no_such_device",), {"text": f"There are: {known}."})
        return
    turn.put("wear", event.device, serviced(wear, turn.now, event.by))
    turn.tell("serviced", {"device": event.device, "cycles": wear.cycles, "by": event.by, "note": event.note})
    tell_wear(turn)
    turn.answer(event.reply, True, (), {"device": event.device, "cycles": wear.cycles})
