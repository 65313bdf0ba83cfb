"""Alarms as people and other programs see them, of PLC and daemon in one list. Pure."""

from __future__ import annotations

from towerd.alarm_catalogue import kind_of, plc_code
from towerd.faults import FAULTS
from towerd.fsm.alarm_rows import AlarmRow
from towerd.fsm.state import Fault, State
from towerd.view import AlarmView


def _text(text: str, fault: Fault | None) -> str:
    if fault is None:
        return text
    since = f"; since then {fault.last_cause}" if fault.last_cause else ""
    return f"{text}: {fault.cause}{since}"


def _first(state: State) -> tuple[str | None, str | None]:
    """The first-out of the PLC, as it says itself (plc-if.md 8.1), and of the daemon."""
    machine = state.volatile.snapshot
    number = machine.alarms.first_out if machine is not None else None
    return (None if number is None else plc_code(number)), state.tables.meta.first_fault


def _view(row: AlarmRow, fault: Fault | None, first: tuple[str | None, str | None]) -> AlarmView:
    kind, silence = kind_of(row.code), row.silence
    resting = silence is not None and row.state == "normal"
    return AlarmView(
        code=row.code,
        name=kind.name,
        priority=kind.priority,
        state=silence.kind if silence else row.state,
        since_at=silence.since_at if silence and resting else row.since_at,
        text=_text(kind.text, fault),
        cure=kind.cure,
        cause=kind.cause,
        active=row.stands,
        stops=kind.stops,
        first_out=row.code in first,
        acked_by=None if row.unacked else row.ack_by,
        shelved_until_at=silence.until_at if silence else None,
        silenced_by=silence.by if silence else None,
        silenced_because=silence.reason if silence else None,
    )


def show_alarms(state: State) -> tuple[AlarmView, ...]:
    """Every alarm that stands, waits to be acknowledged, or is silenced, in the order in which they came."""
    first = _first(state)
    faults = {FAULTS[number].code: fault for number, fault in state.tables.faults.items()}
    shown = [_view(row, faults.get(row.code), first) for row in state.tables.alarms.values()]
    # a fault without a row is of a journal that an older version wrote: it stands all the same
    for code, fault in faults.items():
        if code not in state.tables.alarms:
            shown.append(_view(AlarmRow(code, "latched_unacked", fault.since_at), fault, first))
    return tuple(sorted(shown, key=lambda alarm: alarm.since_at))
