"""The PLC's alarms as rows, and their changes as messages (ISA-18.2, plc-if.md 8). Pure."""

from __future__ import annotations

from towerd.fsm.state import AlarmRow, AlarmState
from towerd.fsm.turn import Turn
from towerd.plc.snapshot import Snapshot


def plc_code(number: int) -> str:
    """An alarm number as shown and published: PLC-022."""
    return f"PLC-{number:03d}"


def _state(active: bool, unacked: bool) -> AlarmState:
    if active:
        return "unacked_active" if unacked else "acked_active"
    return "unacked_cleared"


_WHAT = {"unacked_active": "raised", "acked_active": "acknowledged", "unacked_cleared": "cleared"}


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
