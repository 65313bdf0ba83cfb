"""PackML commands: those that people ask for, and those that a tower may give itself (plc-if.md 3.3, 4.3). Pure."""

from __future__ import annotations

from towerd.fsm.changes import changes
from towerd.fsm.commanding import free, send, unresolved
from towerd.fsm.commands import WritePackml
from towerd.fsm.events import PackmlRequested
from towerd.fsm.hand import REJECT_CURE, Denied, refuse
from towerd.fsm.lease import lease_denies
from towerd.fsm.obstacles import PACKML_CURE, alarm_obstacles, fault_obstacles, link_obstacles, safety_obstacles
from towerd.fsm.reply import NOWHERE, ReplyTo
from towerd.fsm.state import PackmlRequest
from towerd.fsm.turn import Turn
from towerd.jobs.model import Act
from towerd.jobs.transfer import home_first
from towerd.plc.codes import REJECT_TEXT
from towerd.plc.registers import alarm_types
from towerd.plc.snapshot import KeySwitch, PackmlCommand, PackmlState, Snapshot
from towerd.units import next_seq

_LINK_LOST = 2
_NO_STATE, _INTERLOCK = 5, 6
_RETRY_S = 2.0
_ANSWER_S = 2.0
# Stop and Abort need no answer to be followed; the others wait for the last (4.3)
_URGENT = (PackmlCommand.STOP, PackmlCommand.HOLD, PackmlCommand.ABORT)
_AUTO_RETRY = "packml"


def send_packml(turn: Turn, command: PackmlCommand, reply: ReplyTo = NOWHERE) -> bool:
    """Ask for a PackML command; False where the last is not answered yet, or nothing is known of the machine.

    Who waits at `reply` is answered once the PLC has.
    """
    machine, pending = turn.snapshot, turn.volatile.packml
    if machine is None or (pending is not None and command not in _URGENT):
        return False
    sent = turn.volatile.packml_sent
    # a command acts on a change of its number: one that was given up may have been taken, so its number is never used
    # again. 0 is what the first CTL of a session carries
    last = sent.seq if sent is not None and sent.session == machine.session else machine.system.packml_ack_seq
    if pending is not None:
        turn.answer(pending.reply, False, ("overtaken",))
    request = PackmlRequest(command, next_seq(last), machine.session, turn.mono_s, reply)
    turn.set(packml=request, packml_sent=request, packml_refusal=None)
    turn.ask(WritePackml(command, request.seq, machine.session))
    return True


def follow_packml(turn: Turn) -> None:
    """See whether the PLC has answered the command under way; one of another session is void."""
    machine, pending = turn.snapshot, turn.volatile.packml
    if machine is None or pending is None:
        return
    name = PackmlCommand(pending.command).name.lower()
    if pending.session != machine.session:
        turn.set(packml=None)
        turn.answer(pending.reply, False, ("plc_lost",), {"packml": name})
    elif turn.mono_s - pending.sent_mono_s > _ANSWER_S and machine.system.packml_ack_seq != pending.seq:
        # a later Stop or Hold has overtaken it, or it was never taken: it is as if it had not been asked for
        turn.set(packml=None, packml_refusal=f"{name.capitalize()} was not answered")
        turn.answer(pending.reply, False, ("not_answered",), {"packml": name})
    elif machine.system.packml_ack_seq == pending.seq:
        code = machine.system.packml_reject_code
        why = REJECT_TEXT.get(code, f"refusal {code}")
        refusal = f"{name.capitalize()} was refused: {why}" if code else None
        turn.set(packml=None, packml_refusal=refusal)
        if not code:
            turn.answer(pending.reply, True, (), {"packml": name})
        else:
            text, cure = f"The PLC refuses it: {why}.", packml_cure(machine, code, PackmlCommand(pending.command))
            turn.answer(pending.reply, False, ("plc_refused",), {"packml": name, "text": text, "cure": cure})
            turn.set(retry_after_mono_s={**turn.volatile.retry_after_mono_s, _AUTO_RETRY: turn.mono_s + _RETRY_S})


def packml_cure(machine: Snapshot, code: int, command: PackmlCommand) -> str:
    """What to do when the PLC has refused a PackML command: by the state where that is the reason, else by what stands."""
    system = machine.system
    if code == _NO_STATE:
        if command in _URGENT:
            return "The machine did not stop for it: if it moves, press the emergency stop; else ask again."
        if system.packml_state is PackmlState.EXECUTE:
            return "The machine runs already."
        return PACKML_CURE.get(system.packml_state, "The machine is on its way to another state: wait, then ask again.")
    if code == _INTERLOCK:
        cures = dict.fromkeys(one.cure for one in (*safety_obstacles(machine), *alarm_obstacles(machine)))
        return " ".join((*cures, "towerctl why names what stands against it."))
    return REJECT_CURE.get(code, "")


def packml_requested(turn: Turn, event: PackmlRequested) -> None:
    """A person asks. Stop, Hold and Abort always go; the others when the last is answered."""
    command = PackmlCommand[event.command.upper()]
    if command in _URGENT:
        # what a person has stopped, no restart and no setting starts again; even if the link is lost just now
        turn.set_meta(person_holds=True)
    if turn.snapshot is None:
        [lost] = link_obstacles(turn.state)
        refuse(turn, event.reply, Denied(lost.code, lost.text, lost.cure))
        return
    denied = None if command in _URGENT else lease_denies(turn, event.by)
    if denied is not None:
        refuse(turn, event.reply, denied)
        return
    if not send_packml(turn, command, event.reply):
        refuse(turn, event.reply, Denied("busy", "the last PackML command is not answered yet", "Ask again in 2 s."))
        return
    if command in (PackmlCommand.START, PackmlCommand.UNHOLD):
        turn.set_meta(person_holds=False)
    turn.set(started_session=turn.snapshot.session)
    turn.tell("manual_intervention", {"packml": event.command, "by": event.by})


def _cause_open(turn: Turn, machine: Snapshot) -> bool:
    known = alarm_types()
    stops = any(number not in known or known[number].stops != "no" for number in machine.alarms.active)
    # drives may only come on with Reset, so that they do not count as a cause here
    unsafe = [obstacle for obstacle in safety_obstacles(machine) if obstacle.code != "drives_off"]
    held = turn.volatile.stopping or turn.tables.meta.mqtt_hold or turn.tables.meta.person_holds
    return stops or bool(unsafe) or bool(fault_obstacles(turn.state)) or held or bool(changes(turn.state))


def _home(turn: Turn, act: Act) -> None:
    if free(turn, act) and not backing_off(turn, act.unit):
        send(turn, act)


def backing_off(turn: Turn, unit: str) -> bool:
    """Whether the pause after a refusal still runs."""
    return not turn.reached_mono(turn.volatile.retry_after_mono_s.get(unit, 0.0))


def _next_start(turn: Turn, machine: Snapshot) -> PackmlCommand | None:
    state, config = machine.system.packml_state, turn.config
    if state is PackmlState.HELD and machine.system.stop_reason == _LINK_LOST and config.resume_after_link_loss:
        return PackmlCommand.UNHOLD
    if not config.auto_start or turn.volatile.started_session == machine.session:
        return None
    if state is PackmlState.STOPPED:
        return PackmlCommand.RESET
    return PackmlCommand.START if state is PackmlState.IDLE else None


def start_machine(turn: Turn) -> None:
    """Where the settings allow it: Reset, Start and HOME at a new session, and Unhold after a mere loss of the link."""
    machine = turn.snapshot
    if machine is None or link_obstacles(turn.state) or machine.system.key_switch is not KeySwitch.AUTO:
        return
    executes = machine.system.packml_state is PackmlState.EXECUTE
    if executes and turn.config.auto_start and turn.volatile.started_session != machine.session:
        turn.set(started_session=machine.session)
    first = home_first(machine, turn.config.kinematics) if executes and turn.config.auto_start else None
    command = _next_start(turn, machine)
    if first is None and command is None:
        return
    if unresolved(turn) or _cause_open(turn, machine) or backing_off(turn, _AUTO_RETRY):
        return
    if isinstance(first, Act):
        _home(turn, first)
    if command is not None:
        send_packml(turn, command)
