"""Jog: an axis moves as long as a technician holds a key down, and not a moment longer (plc-if.md 7). Pure.

Every word from the technician's terminal is one fresh token. Silence of `ALIVE_S` stops, and so does the PLC by itself
after 250 ms without a token, whatever becomes of this process.
"""

from __future__ import annotations

from typing import Final

from towerd.fsm.allowed import Asked, refusal
from towerd.fsm.commanding import shaft_free
from towerd.fsm.commands import CancelTimer, StartTimer, WriteJog
from towerd.fsm.hand import Denied, plc_denies, refuse
from towerd.fsm.hindrances import jog_hindrances
from towerd.fsm.lease import lease_denies, renew
from towerd.fsm.manual import link_denies
from towerd.fsm.manual_events import JogRequested
from towerd.fsm.state import Jog
from towerd.fsm.stepping import AXES, step_begins, step_denies
from towerd.fsm.turn import Turn
from towerd.plc.snapshot import Snapshot

JOG: Final = "jog"
"""The timer that stops an axis of which nothing more is heard."""
ALIVE_S: Final = 0.2
"""How long a continuous jog goes on without a word, s: less than the PLC's 250 ms (7.1)."""
TOO_OLD_S: Final = 0.15
"""A word that waited for longer says nothing about a key that is held now."""
MOST_STEP: Final = 200
_BUSY, _ARGUMENT, _INTERLOCK = 3, 2, 6


def _fits(event: JogRequested) -> bool:
    in_range = 0 <= event.axis < len(AXES) and event.direction in (-1, 0, 1) and 1 <= event.speed_pct <= 100
    return in_range and 0 <= event.step <= MOST_STEP


def _denied(turn: Turn, machine: Snapshot, event: JogRequested) -> Denied | None:
    if not turn.config.jog_served:
        cure = "Set plc.baud to 57600 or more, on both sides."
        return Denied("line_too_slow", "jog needs 57600 baud or more on a serial line (1.8)", cure)
    if not _fits(event):
        return plc_denies(machine, _ARGUMENT)
    code = refusal(machine, Asked.JOG)
    if code:
        return plc_denies(machine, code)
    if not shaft_free(turn):
        return plc_denies(machine, _BUSY)
    if turn.mono_s - event.received_mono_s > TOO_OLD_S:
        return Denied("too_late", "the key press waited too long to be believed", "Let go, and press again.")
    return step_denies(turn) or _hindered(machine, event)


def _hindered(machine: Snapshot, event: JogRequested) -> Denied | None:
    # the PLC moves nothing then, and tells nobody: JOG has no answer
    found = jog_hindrances(machine, event.axis, event.direction)
    return plc_denies(machine, _INTERLOCK, found) if found else None


def _write(turn: Turn, machine: Snapshot, event: JogRequested) -> None:
    turn.ask(WriteJog(event.axis, event.direction, event.speed_pct, event.step, machine.session))


def jog_requested(turn: Turn, event: JogRequested) -> None:
    """A key is held down, let go, or one step is asked for."""
    machine = turn.snapshot
    denied = link_denies(turn) or lease_denies(turn, event.by)
    if denied is None and event.direction == 0:
        _stop(turn)
        turn.answer(event.reply, True, (), {"text": "stopped"})
        return
    if denied is None and machine is not None:
        denied = _denied(turn, machine, event)
    if denied is not None or machine is None:
        _stop_of(turn, event.by)
        refuse(turn, event.reply, denied or plc_denies(machine, _ARGUMENT))
        return
    renew(turn, event.by)
    if turn.volatile.jog is None:
        axis = AXES[event.axis]
        turn.tell(
            "manual_intervention", {"jog": axis, "direction": event.direction, "step": event.step, "by": event.by}
        )
    if event.step == 0:
        turn.set(jog=Jog(event.axis, event.direction, event.by, turn.mono_s + ALIVE_S))
        turn.ask(StartTimer(JOG, ALIVE_S))
    _write(turn, machine, event)
    if event.step:
        step_begins(turn, machine, event)
    else:
        turn.answer(event.reply, True, (), {"text": f"{AXES[event.axis]} jogs"})


def _stop(turn: Turn) -> None:
    """Tell the PLC at once; without a word it would stop by itself, later."""
    jog, machine = turn.volatile.jog, turn.snapshot
    turn.set(jog=None)
    turn.ask(CancelTimer(JOG))
    if machine is not None:
        turn.ask(WriteJog(jog.axis if jog else 0, 0, 1, 0, machine.session))


def _stop_of(turn: Turn, by: str) -> None:
    if turn.volatile.jog is not None and turn.volatile.jog.by == by:
        _stop(turn)


def jog_expired(turn: Turn) -> None:
    """Nothing more was heard: key let go, terminal lost, network gone."""
    if turn.volatile.jog is not None:
        _stop(turn)


def watch_jog(turn: Turn) -> None:
    """A jog ends with its lease, its key position, its switch or its link; the PLC sees the same by itself."""
    jog, machine = turn.volatile.jog, turn.snapshot
    if jog is None:
        return
    if machine is None or refusal(machine, Asked.JOG) or lease_denies(turn, jog.by) is not None:
        _stop(turn)
