"""Mailbox commands from before they leave until their end is known (plc-if.md 5 and 6). Pure.

A command is a row before it is a write. Whatever breaks in between - a lost answer, another session, a restart - leads
to one way out: doubt it, fence it, look it up. Only a PLC restart needs the sensors.
"""

from __future__ import annotations

from dataclasses import replace

from towerd.cabin.model import DoorState
from towerd.fsm.charts import STEP
from towerd.fsm.commands import WriteMailbox
from towerd.fsm.ending import step_ended
from towerd.fsm.state import Step, StepState
from towerd.fsm.turn import Turn
from towerd.jobs.model import Act
from towerd.plc.codes import Code, cancel, nop
from towerd.plc.snapshot import Mailbox, Snapshot, Unit, cabin_unit
from towerd.units import deciseconds, next_seq, seq_distance

# a fence that shows is at most a few numbers ahead of the one waited for
_FENCE_AHEAD = 1000
_SPARE_S = 20.0
# a door tries three times, down and up again, and people may keep it from closing
_DOOR_S = 60.0
_DOOR_WAYS = 6
_BY_HAND_S = 600.0
_CANCEL_LIMIT_DS = 100
_END_TRIGGER = {3: "finish", 4: "fail", 5: "abort"}


def _in_flight(turn: Turn, machine: Snapshot, unit: Unit) -> int | None:
    """The code of the command that a mailbox works on, or will once it is read there; None where there is none."""
    step, mailbox = turn.tables.steps.get(unit), machine.mailboxes[unit]
    if step is not None and step.open:
        return step.code
    return mailbox.active_code if mailbox.active_seq else None


def _in_shaft(machine: Snapshot, unit: Unit, code: int) -> bool:
    if unit in (Unit.CARRIAGE, Unit.BAYS) or code == Code.INNER_DOOR:
        return True
    # behind an open inner door the outer one is asked about as well
    opened = (cabin_unit(shown.number) for shown in machine.cabins if shown.inner_door is not DoorState.CLOSED)
    return code == Code.OUTER_DOOR and unit in opened


def shaft_free(turn: Turn) -> bool:
    """Whether nothing is in flight to carriage, bay locks and inner doors, whose commands ask how the others stand (plc-if.md 5).

    What is written changes that before any picture shows it, whoever's it was: so it ends first.
    """
    machine = turn.snapshot
    if machine is None:
        return False
    codes = ((unit, _in_flight(turn, machine, unit)) for unit in machine.mailboxes)
    return not any(code is not None and _in_shaft(machine, unit, code) for unit, code in codes)


def free(turn: Turn, act: Act) -> bool:
    """Whether a command may begin: nothing is in flight in its mailbox, nor in another that would contradict it."""
    machine = turn.snapshot
    if machine is None or _in_flight(turn, machine, act.unit) is not None:
        return False
    return not _in_shaft(machine, act.unit, act.command.code) or shaft_free(turn)


def _next_free_seq(mailbox: Mailbox) -> int:
    seq = next_seq(mailbox.taken_seq)
    # a number refused as out of reach was not taken, and one of the last round may still show as ended: such a trace
    # must not be read as the answer to a new command
    while seq in (mailbox.reject_seq, mailbox.last_seq):
        seq = next_seq(seq)
    return seq


def limit_s(act: Act) -> float:
    """The time limit of a command, s: three times the mechanical minimum and some, doors longer for the people in them.

    It ends what hangs, it does not measure: the PLC watches each axis by itself, and a tired motor is no fault.
    """
    if act.command.code == Code.OUTER_DOOR:
        return max(_DOOR_S, _DOOR_WAYS * act.minimum_s + _SPARE_S)
    return 3 * act.minimum_s + _SPARE_S


def _put(turn: Turn, step: Step, trigger: str, **values: object) -> Step:
    state: StepState = STEP.next(step.state, trigger)  # type: ignore[assignment]
    changed = replace(step, state=state, **values)  # type: ignore[arg-type]
    turn.put("steps", step.unit, changed)
    return changed


def _write(turn: Turn, step: Step, seq: int, code: int, args: tuple[int, int, int, int]) -> None:
    machine = turn.snapshot
    session = machine.session if machine else step.session
    turn.set(written_mono_s={**turn.volatile.written_mono_s, step.unit: turn.mono_s})
    turn.ask(WriteMailbox(step.unit, seq, session, code, args, step.job or 0, step.limit_ds))


def send(turn: Turn, act: Act, job: int | None = None, by: str | None = None) -> Step:
    """Record the command as open, then ask for its write. The caller has seen that the mailbox is free.

    `by`: the technician who gives it. By hand the machine is slow and somebody watches: the time limit is the longest.
    """
    machine = turn.snapshot
    if machine is None:
        raise ValueError("no command without a picture of the machine")
    step = Step(
        unit=act.unit,
        seq=_next_free_seq(machine.mailboxes[act.unit]),
        session=machine.session,
        boot_id=machine.system.boot_id,
        code=act.command.code,
        args=act.command.args,
        limit_ds=deciseconds(_BY_HAND_S if by else limit_s(act)),
        job=job,
        state="written",
        written_at=turn.now,
        by=by,
    )
    turn.put("steps", act.unit, step)
    _write(turn, step, step.seq, step.code, step.args)
    return step


def cancel_running(turn: Turn, step: Step) -> None:
    """CANCEL of a running command (5.7): it ends with result 5, which `follow_all` sees.

    CANCEL is no row. Should it be lost, the command runs on and may be cancelled again; should it come late, it finds its
    number taken or its command ended, and does nothing.
    """
    machine = turn.snapshot
    if machine is None or step.state != "running":
        raise ValueError("only what is seen to run can be cancelled")
    seq = _next_free_seq(machine.mailboxes[step.unit])
    stop = cancel(step.seq)
    turn.ask(WriteMailbox(step.unit, seq, machine.session, stop.code, stop.args, step.job or 0, _CANCEL_LIMIT_DS))


def _finish(turn: Turn, step: Step, mailbox: Mailbox) -> None:
    trigger = _END_TRIGGER.get(mailbox.last_result, "fail")
    ended = _put(turn, step, trigger, result=mailbox.last_result, error=mailbox.last_error, ended_at=turn.now)
    step_ended(turn, ended)


def _look_up(turn: Turn, step: Step, mailbox: Mailbox) -> bool:
    """Take what the PLC shows of this very command: active, last, or refused. False: it shows nothing of it (6.1)."""
    if mailbox.active_seq == step.seq:
        if step.state != "running":
            session = turn.snapshot.session if turn.snapshot else step.session
            _put(turn, step, "take", fence_session=session)
    elif mailbox.last_seq == step.seq:
        _finish(turn, step, mailbox)
    elif mailbox.reject_seq == step.seq and step.state != "running":
        ended = _put(turn, step, "reject", reject_code=mailbox.reject_code, ended_at=turn.now)
        step_ended(turn, ended)
    else:
        return False
    return True


def _unseen(turn: Turn, step: Step) -> bool:
    written_mono_s = turn.volatile.written_mono_s.get(step.unit)
    return written_mono_s is not None and turn.reached_mono(written_mono_s + turn.config.unseen_s)


def _fence(turn: Turn, step: Step, machine: Snapshot) -> None:
    mailbox = machine.mailboxes[step.unit]
    seq = next_seq(mailbox.taken_seq)
    last = step.fence_seq if step.fence_session == machine.session and step.fence_seq else None
    if last is None and step.session == machine.session:
        last = step.seq
    # in the same session the number doubted may still arrive: the fence goes one past it. At the end of what the PLC
    # takes it is the same fence again, for no number may mean two things
    if last is not None and seq_distance(last, mailbox.taken_seq) <= _FENCE_AHEAD:
        seq = next_seq(last) if seq_distance(last, mailbox.taken_seq) < _FENCE_AHEAD else last
    fencing = _put(turn, step, "fence", fence_seq=seq, fence_session=machine.session)
    fence = nop()
    _write(turn, fencing, seq, fence.code, fence.args)


def _fence_shows(step: Step, mailbox: Mailbox) -> bool:
    if step.fence_seq is None or mailbox.fence_seq == 0:
        return False
    # one of the last round lies ahead of this one too, and far behind what was taken last
    recent = seq_distance(mailbox.taken_seq, mailbox.fence_seq) < _FENCE_AHEAD
    return recent and seq_distance(mailbox.fence_seq, step.fence_seq) < _FENCE_AHEAD


def _follow_fence(turn: Turn, step: Step, machine: Snapshot) -> None:
    mailbox = machine.mailboxes[step.unit]
    if step.fence_session != machine.session:
        _put(turn, step, "doubt")
    elif _fence_shows(step, mailbox):
        if not _look_up(turn, step, mailbox):
            step_ended(turn, _put(turn, step, "miss", ended_at=turn.now))
    elif _unseen(turn, step):
        _fence(turn, step, machine)


def _follow(turn: Turn, step: Step, machine: Snapshot) -> None:
    if step.boot_id != machine.system.boot_id:
        step_ended(turn, _put(turn, step, "forget", ended_at=turn.now))
    elif step.state == "fencing":
        _follow_fence(turn, step, machine)
    elif step.state == "unsure":
        _fence(turn, step, machine)
    elif machine.session not in (step.session, step.fence_session) or (
        not _look_up(turn, step, machine.mailboxes[step.unit]) and (step.state == "running" or _unseen(turn, step))
    ):
        _fence(turn, _put(turn, step, "doubt"), machine)


def follow_all(turn: Turn) -> None:
    """Bring every open command up to what the newest snapshot shows."""
    machine = turn.snapshot
    if machine is None:
        return
    for step in tuple(turn.tables.steps.values()):
        if step.open:
            _follow(turn, step, machine)


def doubt(turn: Turn, unit: Unit, seq: int) -> None:
    """A write got no good answer: it may have arrived, may still arrive, or never will."""
    step = turn.tables.steps.get(unit)
    if step is None or not step.open:
        return
    if (step.state == "written" and step.seq == seq) or (step.state == "fencing" and step.fence_seq == seq):
        _put(turn, step, "doubt")


def unresolved(turn: Turn) -> bool:
    """Whether the fate of a command is not known yet: neither its end nor that it runs."""
    return any(step.state in ("unsure", "fencing") for step in turn.tables.steps.values())
