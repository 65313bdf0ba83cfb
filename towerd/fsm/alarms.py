"""The PLC's alarms as rows, and their changes as messages (ISA-18.2, plc-if.md 8). Pure."""

from __future__ import annotations

from typing import Final

from towerd.fsm.commands import AcknowledgeAlarm
from towerd.fsm.events import AlarmAcknowledged
from towerd.fsm.state import AlarmRow, AlarmState
from towerd.fsm.turn import Turn
from towerd.plc.snapshot import Snapshot
from towerd.units import next_seq

ALL_ALARMS: Final = 0xFFFF


def plc_code(number: int) -> str:
    """An alarm number as shown and published: PLC-022."""
    return f"PLC-{number:03d}"


def _state(active: bool, unacked: bool) -> AlarmState:
    if active:
        return "unacked_active" if unacked else "acked_active"
    return "unacked_cleared"


_WHAT = {"unacked_active": "raised", "acked_active": "acknowledged", "unacked_cleared": "cleared"}


def alarm_acknowledged(turn: Turn, event: AlarmAcknowledged) -> None:
    """Tell the PLC that somebody has seen it; the row changes when the PLC shows it (8.1)."""
    machine = turn.snapshot
    if machine is None:
        turn.answer(event.reply, False, ("plc_lost",))
        return
    if event.alarm != ALL_ALARMS and event.alarm not in machine.alarms.unacked:
        turn.answer(event.reply, False, ("nothing_to_acknowledge",))
        return
    seq = next_seq(turn.volatile.alarm_ack_seq)
    turn.set(alarm_ack_seq=seq)
    turn.ask(AcknowledgeAlarm(event.alarm, seq, machine.session))
    what = "all" if event.alarm == ALL_ALARMS else plc_code(event.alarm)
    turn.tell("manual_intervention", {"acknowledged": what, "by": event.by})
    turn.answer(event.reply, True, (), {"alarm": what})


def mirror_alarms(turn: Turn, machine: Snapshot) -> None:
    """Bring the rows up to what the PLC shows; an alarm leaves when it is neither active nor unacknowledged (8.1)."""
    alarms = machine.alarms
    shown = {plc_code(n): _state(n in alarms.active, n in alarms.unacked) for n in alarms.active | alarms.unacked}
    for code, row in tuple(turn.tables.alarms.items()):
        if code not in shown:
            turn.drop("alarms", code)
            turn.tell_alarm(code, "cleared" if row.state == "acked_active" else "acknowledged")
    for code, state in sorted(shown.items()):
        known = turn.tables.alarms.get(code)
        if known is None or known.state != state:
            turn.put("alarms", code, AlarmRow(code, state, known.since_at if known else turn.now))
            turn.tell_alarm(code, _WHAT[state])
