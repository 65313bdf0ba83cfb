"""Single commands by hand (plc-if.md 4, 5, 5.11). Pure.

They go out like every other: a row before a write, fenced and looked up in doubt, and what the fork did is told by the
sensors. The table of `allowed.py` refuses early in the PLC's words; the PLC decides. Nothing here is ever tried again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from towerd.bays.registers import bay_lock, bay_unlock
from towerd.cabin.registers import inner_door, outer_door, signal
from towerd.fsm.allowed import asked_of, refusal
from towerd.fsm.charts import JOB
from towerd.fsm.commanding import cancel_running, free, send
from towerd.fsm.ending import describe
from towerd.fsm.hand import Denied, await_end, plc_denies, refuse
from towerd.fsm.inventory import FORK
from towerd.fsm.lease import lease_denies, renew
from towerd.fsm.manual_events import HandAction, ManualCancelled, ManualRequested
from towerd.fsm.obstacles import link_obstacles
from towerd.fsm.state import Step
from towerd.fsm.turn import Turn
from towerd.jobs.model import Act
from towerd.lift.registers import HomeAxis, fork_get, fork_put, home, lift_to
from towerd.places import Place
from towerd.plc.codes import REJECT_TEXT, Code, MailboxCommand
from towerd.plc.snapshot import KeySwitch, PackmlState, Snapshot, Unit, cabin_unit

_BUSY, _ARGUMENT = 3, 2
_CANCEL_AGAIN_S = 1.0
_PLACE_BITS, _CARRIAGE_BITS, _ALL_BITS = 0b00011, 0b01100, 0b11111
_BAYS_ONLY = ("unlock", "lock")
_CABINS_ONLY = ("inner_door", "outer_door", "signal")
OVERRIDES: Final[dict[str, int]] = {"first": 1, "second": 2, "front": 4, "rear": 8, "lock": 16}
"""The sensors of arg3 by name: the place's first and second, the carriage's front and rear, the bay's lock (5.11)."""


def link_denies(turn: Turn) -> Denied | None:
    """Why nothing can be commanded at all: the machine is not known, or towerd is about to end."""
    found = next(iter(link_obstacles(turn.state)), None)
    if found is not None:
        return Denied(found.code, found.text, found.cure)
    if turn.volatile.stopping:
        return Denied("stopping", "towerd is being stopped", "It starts again with its service.")
    return None


def automatic_denies(machine: Snapshot) -> Denied | None:
    """In Auto and Execute the automatic part commands, and nobody else (4.1)."""
    system = machine.system
    if system.key_switch is KeySwitch.AUTO and system.packml_state is PackmlState.EXECUTE:
        cure = "Hold it first (towerctl packml hold), or turn the key on the cabinet to Manual."
        return Denied("automatic", "the key is at Auto and the machine runs by itself", cure)
    return None


def _exists(machine: Snapshot, place: Place) -> bool:
    if place.kind == "cabin":
        return 1 <= place.position <= len(machine.cabins)
    known = machine.identity
    return place.kind == "bay" and 1 <= place.floor <= known.floors and 1 <= place.position <= known.positions


def _places_of(machine: Snapshot) -> str:
    known = machine.identity
    cabins = " or ".join(f"cabin:{cabin.number}" for cabin in machine.cabins)
    return f"This tower has the bays 1-1 to {known.floors}-{known.positions}, and {cabins}."


def _misplaced(machine: Snapshot, action: HandAction) -> Denied | None:
    place, cure = action.place, _places_of(machine)
    if place is None or place.kind not in ("bay", "cabin"):
        return _out_of_range(f"{place or 'no place'} is no bay and no cabin", cure)
    if not _exists(machine, place):
        return _out_of_range(f"there is no {place}", cure)
    wanted = {**dict.fromkeys(_BAYS_ONLY, "bay"), **dict.fromkeys(_CABINS_ONLY, "cabin")}.get(action.verb)
    return _out_of_range(f"it takes a {wanted}, not {place}", cure) if wanted not in (None, place.kind) else None


def _out_of_range(text: str, cure: str) -> Denied:
    return Denied("plc_refused", f"{REJECT_TEXT[_ARGUMENT]}: {text}", cure, _ARGUMENT)


def _unfit(machine: Snapshot, action: HandAction) -> Denied | None:
    if action.override and machine.system.key_switch is KeySwitch.AUTO:
        return _out_of_range(
            "no sensor is left out in Auto", "Turn the key on the cabinet to Manual, or leave none out."
        )
    pairs = (_PLACE_BITS, _CARRIAGE_BITS)
    if action.override & ~_ALL_BITS or any(action.override & pair == pair for pair in pairs):
        return _out_of_range("both sensors of a pair cannot be left out", "Of each pair leave out one at most.")
    if action.verb == "home":
        ok = action.value in list(HomeAxis)
        return None if ok else _out_of_range(f"there is no axis {action.value}", "lift, turntable, fork or all.")
    denied = _misplaced(machine, action)
    if denied is None and action.verb == "signal" and not 0 <= action.value <= 6:
        return _out_of_range(f"there is no sign {action.value}", "Signs are 0 to 6.")
    return denied


def _epoch(machine: Snapshot, place: Place) -> int:
    return machine.cabin(place.position).occupancy_epoch if place.kind == "cabin" else 0


def _at(action: HandAction) -> Place:
    if action.place is None:
        raise ValueError(f"{action.verb} needs a place")
    return action.place


_COMMANDS: Final[dict[str, Callable[[Snapshot, HandAction], MailboxCommand]]] = {
    "home": lambda machine, action: home(action.value),
    "goto": lambda machine, action: lift_to(*_at(action).station, action.override),
    "get": lambda machine, action: fork_get(*_at(action).station, _epoch(machine, _at(action)), action.override),
    "put": lambda machine, action: fork_put(*_at(action).station, _epoch(machine, _at(action)), action.override),
    "unlock": lambda machine, action: bay_unlock(*_at(action).station),
    "lock": lambda machine, action: bay_lock(*_at(action).station),
    "inner_door": lambda machine, action: inner_door(bool(action.value), _epoch(machine, _at(action))),
    "outer_door": lambda machine, action: outer_door(bool(action.value), _epoch(machine, _at(action))),
    "signal": lambda machine, action: signal(action.value),
}


def command_of(machine: Snapshot, action: HandAction) -> Act:
    """The action as a command to the mailbox it belongs to. The caller has seen that it fits this tower."""
    if action.verb in _BAYS_ONLY:
        unit = Unit.BAYS
    elif action.verb in _CABINS_ONLY:
        unit = cabin_unit(_at(action).position)
    else:
        unit = Unit.CARRIAGE
    return Act(unit, _COMMANDS[action.verb](machine, action), 0.0)


def _act_denies(turn: Turn, machine: Snapshot, act: Act) -> Denied | None:
    code = refusal(machine, asked_of(act.command.code, act.command.args))
    if code:
        return plc_denies(machine, code)
    if not free(turn, act):
        return plc_denies(machine, _BUSY)
    if act.unit is Unit.CARRIAGE and act.command.code != Code.HOME and FORK in turn.tables.steps:
        cure = "Bring the fork in: towerctl home fork. Then the sensors say where the vehicle is."
        return Denied("fork_unsettled", "it is not known yet what the last fork command did", cure)
    return None


def send_by_hand(turn: Turn, act: Act, by: str, job: int | None = None) -> Denied | None:
    """Send one command for a technician who holds the lease, or say why not."""
    machine = turn.snapshot
    if machine is None:
        return link_denies(turn)
    denied = _act_denies(turn, machine, act)
    if denied is not None:
        return denied
    send(turn, act, job, by)
    told = {"command": describe(act), "unit": act.unit, "by": by}
    overridden = [
        name for name, bit in OVERRIDES.items() if act.command.code != Code.HOME and act.command.args[3] & bit
    ]
    turn.tell("manual_intervention", {**told, "override": overridden} if overridden else told)
    return None


def answer_sent(turn: Turn, act: Act, reply: ManualRequested) -> None:
    """Let who asked wait for the end, or tell at once that it is under way."""
    if reply.wait:
        await_end(turn, act.unit, reply.reply)
    else:
        turn.answer(reply.reply, True, (), {"command": describe(act), "unit": act.unit, "text": "under way"})


def manual_requested(turn: Turn, event: ManualRequested) -> None:
    """Carry out one command by hand, or refuse it with what to do."""
    machine = turn.snapshot
    denied = link_denies(turn) or lease_denies(turn, event.by)
    if denied is None and machine is not None:
        denied = automatic_denies(machine) or _unfit(machine, event.action)
    if denied is not None or machine is None:
        refuse(turn, event.reply, denied or plc_denies(machine, _ARGUMENT))
        return
    act = command_of(machine, event.action)
    denied = send_by_hand(turn, act, event.by)
    if denied is not None:
        refuse(turn, event.reply, denied)
        return
    renew(turn, event.by)
    answer_sent(turn, act, event)


def _nothing_runs(unit: Unit) -> Denied:
    return Denied("nothing_runs", f"nothing runs in {unit}", "towerctl status shows what the tower does.")


def _cancelled(step: Step) -> str:
    return f"cancel {step.unit}"


def _hold_its_job(turn: Turn, step: Step) -> None:
    job = turn.tables.jobs.get(step.job) if step.job is not None else None
    if job is not None and job.state == "running":
        turn.put("jobs", job.id, replace(job, state=JOB.next(job.state, "hold"), steps_left=None))  # type: ignore[arg-type]


def manual_cancelled(turn: Turn, event: ManualCancelled) -> None:
    """Stop what runs in a mailbox, on its ramp (5.7). A job whose command it was is held: it would go on by itself."""
    denied = link_denies(turn) or lease_denies(turn, event.by)
    step = turn.tables.steps.get(event.unit)
    if denied is not None or step is None or step.state != "running":
        refuse(turn, event.reply, denied or _nothing_runs(event.unit))
        return
    if turn.mono_s - turn.volatile.written_mono_s.get(_cancelled(step), float("-inf")) < _CANCEL_AGAIN_S:
        # 5.3: the last write to the mailbox may not have been seen yet
        refuse(turn, event.reply, Denied("busy", "it is being stopped already", "Wait a second, then ask again."))
        return
    renew(turn, event.by)
    _hold_its_job(turn, step)
    turn.set(written_mono_s={**turn.volatile.written_mono_s, _cancelled(step): turn.mono_s})
    cancel_running(turn, step)
    what = describe(step)
    turn.tell("manual_intervention", {"cancel": what, "unit": event.unit, "by": event.by})
    turn.answer(event.reply, True, (), {"command": what, "text": "it is being stopped"})
