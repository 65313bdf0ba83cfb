"""The rows of alarms, of PLC and daemon alike, and what the world hears of them (ISA-18.2). Pure.

Every change of an alarm goes through here, so that both kinds have the same states, are counted, announced, silenced and
acknowledged in the same way.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from towerd.alarm_catalogue import kind_of
from towerd.faults import ALARM_FLOOD, FAULTS
from towerd.fsm.alarm_rows import AlarmRow, AlarmState
from towerd.fsm.state import Tables
from towerd.fsm.turn import Turn

FLOOD_CODE = FAULTS[ALARM_FLOOD].code
_ACKED: dict[AlarmState, AlarmState] = {
    "unacked_active": "acked_active",
    "latched_unacked": "latched_acked",
    "unacked_cleared": "normal",
}


def row_of(tables: Tables, code: str) -> AlarmRow | None:
    """The row of an alarm, None where it is normal and not silenced."""
    return tables.alarms.get(code)


def is_own(code: str) -> bool:
    """Whether an alarm is the daemon's own, and not the PLC's."""
    return code.startswith("TWR-")


def put_state(turn: Turn, row: AlarmRow, state: AlarmState, **values: object) -> None:
    """Bring a row into a state. One that is normal leaves, unless its silence has to be remembered."""
    if state == "normal" and row.silence is None:
        turn.drop("alarms", row.code)
    else:
        turn.put("alarms", row.code, replace(row, state=state, **values))  # type: ignore[arg-type]
    if is_own(row.code) and all(not is_own(one.code) or one.state == "normal" for one in turn.tables.alarms.values()):
        turn.set_meta(first_fault=None)


def _count(turn: Turn, code: str) -> None:
    if code == FLOOD_CODE:
        return
    rules = turn.config.alarms
    since_at = turn.now - timedelta(seconds=rules.flood_window_s)
    kept = [at for at in turn.tables.meta.alarm_activations if at > since_at]
    # no more of them than it takes to tell a flood, or a storm would fill the journal
    turn.set_meta(alarm_activations=(*kept, turn.now)[-(rules.flood_count + 1) :])


def announce(turn: Turn, code: str, state: AlarmState, reason: str | None = None) -> None:
    """An alarm is raised, or raised anew: it counts, it is told, and it waits to be acknowledged."""
    known = row_of(turn.tables, code)
    stood = known is not None and known.state != "normal"
    since_at = known.since_at if known is not None and stood else turn.now
    silence = known.silence if known is not None else None
    turn.put("alarms", code, AlarmRow(code, state, since_at, turn.now, turn.now, silence=silence))
    if is_own(code) and turn.tables.meta.first_fault is None:
        turn.set_meta(first_fault=code)
    _count(turn, code)
    turn.tell_alarm(code, "raised", reason=reason)


def acknowledge_row(turn: Turn, row: AlarmRow, by: str | None) -> None:
    """Somebody has seen it; nothing where it waits for nobody."""
    if row.unacked:
        put_state(turn, row, _ACKED[row.state], ack_by=by)
        turn.tell_alarm(row.code, "acknowledged", by=by)


def is_silent(row: AlarmRow) -> bool:
    """Whether it is shelved or out of service."""
    return row.silence is not None


def in_flood(tables: Tables) -> bool:
    """Whether more alarms came than a person can take in."""
    return ALARM_FLOOD in tables.faults


def known_code(text: str) -> str | None:
    """An alarm's code as it is written here, from what a person typed: PLC-022, 22, plc-22, TWR-2001. None: no such."""
    kind, _, digits = text.upper().rpartition("-")
    if kind not in ("", "PLC", "TWR") or not (digits.isascii() and digits.isdigit()) or len(digits) > 4:
        return None
    if kind == "TWR":
        code = f"TWR-{int(digits)}"
        return code if kind_of(code).name != code else None
    return f"PLC-{int(digits):03d}" if int(digits) < 128 else None
