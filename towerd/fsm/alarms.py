"""The PLC's alarms as rows, and what people do with alarms of both kinds (ISA-18.2, plc-if.md 8). Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from towerd.alarm_catalogue import plc_code
from towerd.fsm.alarm_events import AlarmAcknowledged, AlarmPutBack, AlarmShelved, AlarmTakenOut
from towerd.fsm.alarm_rows import AlarmRow, AlarmState, Silence
from towerd.fsm.annunciator import acknowledge_row, announce, is_own, put_state, row_of
from towerd.fsm.commands import AcknowledgeAlarm
from towerd.fsm.turn import Turn
from towerd.plc.snapshot import Snapshot
from towerd.units import next_seq, rfc3339

ALL: Final = "all"
ALL_NUMBERS: Final = 0xFFFF
_LOST: Final = "plc_lost"
_NOTHING: Final = "nothing_to_acknowledge"
_STATES: Final[dict[tuple[bool, bool], AlarmState]] = {
    (True, True): "unacked_active",
    (True, False): "acked_active",
    (False, True): "unacked_cleared",
    (False, False): "normal",
}
_SHOWN: Final = {state: shown for shown, state in _STATES.items()}


def story(before: AlarmState, after: AlarmState) -> tuple[str, ...]:
    """What happened between two looks at an alarm of the PLC, as far as active and unacknowledged let one know.

    Acknowledged and cleared between two looks is told as both; which came first, the PLC does not say.
    """
    (was_active, was_unacked), (active, unacked) = _SHOWN[before], _SHOWN[after]
    fresh = (unacked and not was_unacked) or (active and not was_active)
    if fresh:
        began: tuple[str, ...] = ("cleared", "raised") if was_active else ("raised",)
        was_active = was_unacked = True
    else:
        began = ()
    acknowledged = ("acknowledged",) if was_unacked and not unacked else ()
    cleared = ("cleared",) if was_active and not active else ()
    return (*began, *acknowledged, *cleared)


def _follow(turn: Turn, code: str, state: AlarmState) -> None:
    known = row_of(turn.tables, code)
    before: AlarmState = known.state if known is not None else "normal"
    if before == state:
        return
    by = known.ack_by if known is not None else None
    for what in story(before, state):
        if what == "raised":
            announce(turn, code, state)
        else:
            turn.tell_alarm(code, what, by=by if what == "acknowledged" else None)
    # the row as it is now: to be raised anew has made it another
    put_state(turn, turn.tables.alarms[code], state)


def mirror_alarms(turn: Turn, machine: Snapshot) -> None:
    """Bring the rows up to what the PLC shows; an alarm leaves when it is neither active nor unacknowledged (8.1)."""
    alarms = machine.alarms
    shown = {plc_code(n): _STATES[n in alarms.active, n in alarms.unacked] for n in alarms.active | alarms.unacked}
    gone = [code for code in turn.tables.alarms if not is_own(code) and code not in shown]
    for code in gone:
        _follow(turn, code, "normal")
    for code, state in sorted(shown.items()):
        _follow(turn, code, state)


def _ask_plc(turn: Turn, machine: Snapshot, number: int, by: str) -> None:
    seq = next_seq(turn.volatile.alarm_ack_seq)
    turn.set(alarm_ack_seq=seq)
    turn.ask(AcknowledgeAlarm(number, seq, machine.session))
    wanted = [row for row in turn.tables.alarms.values() if not is_own(row.code) and row.unacked]
    for row in wanted:
        if number in (ALL_NUMBERS, int(row.code[4:])):
            turn.put("alarms", row.code, replace(row, ack_by=by))


def _acknowledge_plc(turn: Turn, code: str, by: str) -> str | None:
    """Tell the PLC that somebody has seen it; the row changes when the PLC shows it (8.1). None, or why not."""
    machine = turn.snapshot
    wanted = [row for row in turn.tables.alarms.values() if row.unacked and not is_own(row.code)]
    if code != ALL:
        wanted = [row for row in wanted if row.code == code]
    if machine is None:
        return _LOST if wanted or code != ALL else _NOTHING
    if not wanted:
        return _NOTHING
    _ask_plc(turn, machine, ALL_NUMBERS if code == ALL else int(code[4:]), by)
    return None


def _acknowledge_own(turn: Turn, code: str, by: str) -> str | None:
    wanted = [row for row in turn.tables.alarms.values() if row.unacked and is_own(row.code)]
    found = [row for row in wanted if code in (ALL, row.code)]
    for row in found:
        acknowledge_row(turn, row, by)
    return None if found else _NOTHING


_BOTH: Final = (_acknowledge_own, _acknowledge_plc)


def alarm_acknowledged(turn: Turn, event: AlarmAcknowledged) -> None:
    """Somebody has seen it. The daemon's own are acknowledged here, those of the PLC there; neither is a reset."""
    one = _acknowledge_own if is_own(event.code) else _acknowledge_plc
    refusals = [ask(turn, event.code, event.by) for ask in (_BOTH if event.code == ALL else (one,))]
    if not all(refusals):
        turn.tell("manual_intervention", {"acknowledged": event.code, "by": event.by})
    # what the PLC could not be told is refused, even where the daemon's own were acknowledged
    if _LOST in refusals or all(refusals):
        turn.answer(event.reply, False, (_LOST if _LOST in refusals else _NOTHING,))
    else:
        turn.answer(event.reply, True, (), {"alarm": event.code})


def _silence(turn: Turn, code: str, silence: Silence) -> None:
    row = row_of(turn.tables, code) or AlarmRow(code, "normal", turn.now)
    turn.put("alarms", code, replace(row, silence=silence))
    turn.tell_alarm(code, silence.kind, by=silence.by, reason=silence.reason)
    until = rfc3339(silence.until_at) if silence.until_at else None
    data = {"alarm": code, "silenced": silence.kind, "until": until, "reason": silence.reason, "by": silence.by}
    turn.tell("manual_intervention", data)


def alarm_shelved(turn: Turn, event: AlarmShelved) -> None:
    """Announce it no more for a while. What stops the machine stops it all the same."""
    known = row_of(turn.tables, event.code)
    if event.for_s > turn.config.alarms.shelve_max_s:
        most_s = turn.config.alarms.shelve_max_s
        text = f"an alarm is shelved for {most_s / 60:g} minutes at most"
        cure = f"--for {most_s / 60:g}m, or for maintenance: towerctl alarms out-of-service {event.code}."
        turn.answer(event.reply, False, ("too_long",), {"shelve_max_s": most_s, "text": text, "cure": cure})
    elif known is not None and known.silence is not None and known.silence.kind == "out_of_service":
        turn.answer(event.reply, False, ("out_of_service",))
    else:
        until_at = turn.now + timedelta(seconds=event.for_s)
        _silence(turn, event.code, Silence("shelved", turn.now, until_at, event.by, event.reason))
        turn.answer(event.reply, True, (), {"alarm": event.code, "shelved_until": rfc3339(until_at)})


def alarm_taken_out(turn: Turn, event: AlarmTakenOut) -> None:
    """Maintenance takes it out of service, without an end."""
    _silence(turn, event.code, Silence("out_of_service", turn.now, None, event.by, event.reason))
    turn.answer(event.reply, True, (), {"alarm": event.code})


def end_silence(turn: Turn, row: AlarmRow, what: str, by: str | None, reason: str | None = None) -> None:
    """Announce an alarm again. One that still waits to be acknowledged begins anew, paging and all."""
    turn.tell_alarm(row.code, what, by=by, reason=reason)
    put_state(turn, replace(row, silence=None), row.state, announced_at=turn.now, raised_at=turn.now, paged=0)


def alarm_put_back(turn: Turn, event: AlarmPutBack) -> None:
    """Somebody ends the silence; each kind by its own word, so that nobody puts back what maintenance took out."""
    row = row_of(turn.tables, event.code)
    kind, what = ("shelved", "unshelved") if event.unshelved else ("out_of_service", "in_service")
    if row is None or row.silence is None or row.silence.kind != kind:
        turn.answer(event.reply, False, (f"not_{kind}",))
        return
    end_silence(turn, row, what, event.by)
    turn.tell("manual_intervention", {"alarm": event.code, "silenced": None, "by": event.by})
    turn.answer(event.reply, True, (), {"alarm": event.code})
