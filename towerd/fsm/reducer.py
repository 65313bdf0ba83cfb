"""`step(state, event) -> (state, commands)`: the whole of what towerd decides. Pure (invariant 1).

An event is first taken in, then the same questions are asked as after every event: what do the open commands show, what
did the fork do, may the machine be started, what comes next for the job, for each cabin, for those who wait.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from towerd.faults import LAYOUT_CHANGED, PLC_NOT_COMPATIBLE, TOWER_DIFFERS
from towerd.fsm import alarm_events as alarm
from towerd.fsm import announcing
from towerd.fsm import events as ev
from towerd.fsm.alarms import alarm_acknowledged, alarm_put_back, alarm_shelved, alarm_taken_out, mirror_alarms
from towerd.fsm.alike import faces_alike
from towerd.fsm.awaiting import bind_now, bind_waiting, watch_waiting_stock
from towerd.fsm.by_hand import MANUAL_HANDLERS
from towerd.fsm.changes import watch_key
from towerd.fsm.commanding import doubt, follow_all, unresolved
from towerd.fsm.commands import Command, EndProcess, StartTimer
from towerd.fsm.conditions import release_by_rule
from towerd.fsm.config import CoreConfig
from towerd.fsm.delivering import open_job, run_cabins, run_job
from towerd.fsm.erasing import customer_recalled, erasure_requested, export_requested
from towerd.fsm.face_events import CustomerVouchedFor, FaceChallenged, FacesAlike, NumberEntered
from towerd.fsm.fetching import run_fetches
from towerd.fsm.fitting import differs
from towerd.fsm.identity import (
    code_entered,
    face_challenged,
    face_health_changed,
    face_looked,
    number_typed,
    watch_waiting,
)
from towerd.fsm.intake_events import CarSecured, DriveInCancelled, DriveInRequested
from towerd.fsm.intake_requests import drive_in_cancelled, drive_in_requested
from towerd.fsm.inventory import FORK, check_places, note_all_orders, settle_fork
from towerd.fsm.jogging import JOG, jog_expired, watch_jog
from towerd.fsm.keeping import broker_has, watch_keeping
from towerd.fsm.latch import clear_fault, raise_fault
from towerd.fsm.loans import follow_cars_back
from towerd.fsm.lost import let_go_of_cabins, settle_lost, settle_promised, settle_unfit
from towerd.fsm.moves import move_cancelled, move_requested, stock_take_cancelled, stock_take_requested
from towerd.fsm.moves_events import MoveCancelled, MoveRequested, StockTakeCancelled, StockTakeRequested
from towerd.fsm.moving import follow_moves
from towerd.fsm.obstacles import watch_obstacles
from towerd.fsm.orders import clock_judged, command_refused, every_minute, order_requested, request_answered
from towerd.fsm.overdue import watch_limits
from towerd.fsm.packml import follow_packml, packml_requested, send_packml, start_machine
from towerd.fsm.paging import page_ended
from towerd.fsm.photo_events import PhotosRequested, PhotosTaken
from towerd.fsm.photos import TIMERS as PHOTO_TIMERS
from towerd.fsm.photos import photos_late, photos_requested, photos_taken
from towerd.fsm.planning import join_customer, plan_decided, redirect, request_plan
from towerd.fsm.privacy_events import CustomerRecalled, ErasureRequested, ExportRequested
from towerd.fsm.recognising import read_tags
from towerd.fsm.securing import car_secured
from towerd.fsm.staging import follow_ahead, make_way
from towerd.fsm.state import Size, State
from towerd.fsm.stepping import watch_step
from towerd.fsm.stocking import run_stock_in
from towerd.fsm.technician import clock_confirmed, fault_reset, layout_confirmed, stock_imported
from towerd.fsm.timing import watch_pause
from towerd.fsm.turn import Turn
from towerd.fsm.uncommanded import mark_own, watch_changes
from towerd.fsm.upkeep import follow_devices, service_done, tell_wear
from towerd.fsm.upkeep_events import ServiceDone
from towerd.fsm.vouching import customer_vouched_for
from towerd.plc.snapshot import Identity, PackmlCommand, PackmlState, Snapshot, Unit

MINUTE: Final = "minute"
GRACE: Final = "stop_grace"
LAST: Final = "stop_last"
NOTHING_TO_DO: Final = "nothing to do"
_LAST_S = 2.0


def _started(turn: Turn, event: ev.Started) -> None:
    turn.set_meta(boot=event.boot)
    turn.set(started_at=turn.now)
    turn.tell("started", {"version": event.version})
    turn.ask(StartTimer(MINUTE, 60.0))
    every_minute(turn)
    watch_waiting_stock(turn)
    # who may come now is told first, however long nothing ran
    settle_promised(turn)
    note_all_orders(turn)


def _layout(turn: Turn, machine: Snapshot) -> None:
    known = turn.tables.meta.layout_crc
    if known is None:
        turn.set_meta(layout_crc=machine.identity.layout_crc)
    elif known != machine.identity.layout_crc and LAYOUT_CHANGED not in turn.tables.faults:
        cause = f"layout_crc {machine.identity.layout_crc:#010x}, {known:#010x} confirmed"
        raise_fault(turn, LAYOUT_CHANGED, cause)


def _fits(turn: Turn, machine: Snapshot) -> bool:
    """Whether this is the tower that is known here. Of another one nothing is believed, and nothing is commanded."""
    cause = differs(machine.identity, turn.config.kinematics, turn.tables)
    if cause is None:
        clear_fault(turn, TOWER_DIFFERS, None)
        return True
    if TOWER_DIFFERS not in turn.tables.faults:
        raise_fault(turn, TOWER_DIFFERS, cause)
    turn.set(snapshot=None, plc_reason=cause, reconciled_session=None)
    return False


def _size(turn: Turn, seen: Identity) -> None:
    size = Size(seen.floors, seen.positions, seen.cabins)
    if turn.tables.meta.size != size:
        turn.set_meta(size=size)


def _plc_observed(turn: Turn, event: ev.PlcObserved) -> None:
    before, machine = turn.snapshot, event.snapshot
    anew = before is None or before.session != machine.session
    if anew:
        clear_fault(turn, PLC_NOT_COMPATIBLE, None)
        if not _fits(turn, machine):
            return
    turn.set(snapshot=machine)
    if anew:
        _layout(turn, machine)
        turn.set(places_checked=False)
        _size(turn, machine.identity)
        if turn.tables.meta.simulated != machine.identity.simulated:
            turn.set_meta(simulated=machine.identity.simulated)
    elif before is not None and (before.bay_words, before.load, before.cabins) != (
        machine.bay_words,
        machine.load,
        machine.cabins,
    ):
        turn.set(places_checked=False)
    if before is None or before.alarms is not machine.alarms:
        mirror_alarms(turn, machine)
    if before is not None and before.system.packml_state is not machine.system.packml_state:
        _mode_changed(turn, machine)
    watch_limits(turn)
    mark_own(turn)


def _mode_changed(turn: Turn, machine: Snapshot) -> None:
    state = machine.system.packml_state
    if state in (PackmlState.EXECUTE, PackmlState.HELD, PackmlState.STOPPED, PackmlState.ABORTED):
        data = {"packml": state.name.lower(), "stop_reason": machine.system.stop_reason}
        turn.tell("mode_changed", data, audit=False)


def _plc_lost(turn: Turn, event: ev.PlcLost) -> None:
    if turn.volatile.packml is not None:
        turn.answer(turn.volatile.packml.reply, False, ("plc_lost",))
    turn.set(snapshot=None, plc_reason=event.reason, reconciled_session=None, packml=None, plan_pending_mono_s=None)


def _plc_refused(turn: Turn, event: ev.PlcRefused) -> None:
    turn.set(snapshot=None, plc_reason=f"{event.field} is {event.seen}, not {event.wanted}", reconciled_session=None)
    if PLC_NOT_COMPATIBLE not in turn.tables.faults:
        raise_fault(turn, PLC_NOT_COMPATIBLE, f"{event.field}: {event.seen} seen, {event.wanted} wanted")


def _minute(turn: Turn) -> None:
    every_minute(turn)
    watch_waiting_stock(turn)
    bind_now(turn)
    tell_wear(turn)
    settle_lost(turn)
    settle_promised(turn)
    note_all_orders(turn)
    watch_keeping(turn)
    turn.ask(StartTimer(MINUTE, 60.0))


def _grace_over(turn: Turn) -> None:
    if turn.volatile.stopping:
        turn.set(stop_holds=True)
        send_packml(turn, PackmlCommand.HOLD)
        turn.ask(StartTimer(LAST, _LAST_S))


def _end_held(turn: Turn) -> None:
    if turn.volatile.stopping:
        turn.ask(EndProcess(0, "stopped with the machine held"))


_TIMERS: Final[dict[str, Callable[[Turn], None]]] = {
    MINUTE: _minute,
    JOG: jog_expired,
    GRACE: _grace_over,
    LAST: _end_held,
    announcing.TIMER: lambda turn: turn.set(alarm_timer_at=None),
    **{name: partial(photos_late, number=number) for number, name in PHOTO_TIMERS.items()},
}


def _timer_expired(turn: Turn, event: ev.TimerExpired) -> None:
    # the time may have run out for something that an older program began
    handler = _TIMERS.get(event.name)
    if handler is not None:
        handler(turn)


def _stop_requested(turn: Turn, event: ev.StopRequested) -> None:
    if not turn.volatile.stopping:
        turn.set(stopping=True)
        turn.tell("stopped", {"why": "asked to stop"})
        # what is held in the end is held, and the process gone, within the grace
        turn.ask(StartTimer(GRACE, max(0.0, event.grace_s - _LAST_S)))


def _settings_reloaded(turn: Turn, event: ev.SettingsReloaded) -> None:
    turn.tell("keys_reloaded", {"keys": list(event.issuers), "tower_key": event.tower_key})
    turn.tell("settings_reloaded", {"need_restart": list(event.need_restart)})


_HANDLERS: Final[dict[type, Callable[[Turn, Any], None]]] = {
    ev.Started: _started,
    ev.PlcObserved: _plc_observed,
    ev.PlcLost: _plc_lost,
    ev.PlcRefused: _plc_refused,
    ev.PlcWriteUnanswered: lambda turn, event: doubt(turn, event.unit, event.seq),
    ev.TimerExpired: _timer_expired,
    ev.OrderRequested: order_requested,
    ev.RequestAnswered: request_answered,
    ev.CommandRefused: command_refused,
    ev.FaceLooked: face_looked,
    FaceChallenged: face_challenged,
    FacesAlike: faces_alike,
    NumberEntered: number_typed,
    CustomerVouchedFor: customer_vouched_for,
    ev.FaceHealthChanged: face_health_changed,
    ev.CodeEntered: code_entered,
    DriveInRequested: drive_in_requested,
    CarSecured: car_secured,
    DriveInCancelled: drive_in_cancelled,
    ev.StockImported: stock_imported,
    ev.FaultReset: fault_reset,
    ServiceDone: service_done,
    ErasureRequested: erasure_requested,
    CustomerRecalled: customer_recalled,
    ExportRequested: export_requested,
    ev.LayoutConfirmed: layout_confirmed,
    ev.PackmlRequested: packml_requested,
    alarm.AlarmAcknowledged: alarm_acknowledged,
    alarm.AlarmShelved: alarm_shelved,
    alarm.AlarmTakenOut: alarm_taken_out,
    alarm.AlarmPutBack: alarm_put_back,
    alarm.PageEnded: page_ended,
    **MANUAL_HANDLERS,
    MoveRequested: move_requested,
    MoveCancelled: move_cancelled,
    StockTakeRequested: stock_take_requested,
    StockTakeCancelled: stock_take_cancelled,
    PhotosTaken: photos_taken,
    PhotosRequested: photos_requested,
    ev.PlanDecided: lambda turn, event: plan_decided(turn, event.decision),
    ev.BusChanged: lambda turn, event: turn.set(bus_connected=event.connected),
    ev.OutboxAcknowledged: broker_has,
    ev.ClockConfirmed: clock_confirmed,
    ev.ClockJudged: clock_judged,
    ev.StopRequested: _stop_requested,
    ev.SettingsReloaded: _settings_reloaded,
}


def _reconcile(turn: Turn) -> None:
    machine = turn.snapshot
    if machine is None or unresolved(turn):
        return
    if turn.volatile.reconciled_session != machine.session:
        turn.set(reconciled_session=machine.session)


def _check_inventory(turn: Turn) -> None:
    machine, volatile = turn.snapshot, turn.volatile
    if volatile.places_checked or machine is None or volatile.reconciled_session != machine.session:
        return
    carriage = turn.tables.steps.get(Unit.CARRIAGE)
    quiet = FORK not in turn.tables.steps and (carriage is None or not carriage.open)
    if quiet:
        check_places(turn)
        read_tags(turn)
        turn.set(places_checked=True)


def _end_if_stopped(turn: Turn) -> None:
    if not turn.volatile.stopping:
        return
    machine = turn.snapshot
    moving = any(step.open for step in turn.tables.steps.values())
    held = turn.volatile.stop_holds and machine is not None and machine.system.packml_state is PackmlState.HELD
    if machine is None or not moving or held:
        turn.ask(EndProcess(0, "stopped"))


def _at_leisure(turn: Turn) -> None:
    busy = open_job(turn) is not None or any(step.open for step in turn.tables.steps.values())
    if not (turn.said or busy or FORK in turn.tables.steps) and turn.volatile.doing != NOTHING_TO_DO:
        turn.set(doing=NOTHING_TO_DO)


def _look(turn: Turn, last: Snapshot | None) -> None:
    """What a picture of the machine tells, beside `last`."""
    machine = turn.snapshot
    if machine is None:
        return
    before = last if last is not None and last.session == machine.session else None
    follow_devices(turn, before, machine)
    follow_all(turn)
    watch_changes(turn, before)
    settle_fork(turn)


def _pump(turn: Turn) -> None:
    _reconcile(turn)
    # a hand-over that went on in the dark is seen as such before the inventory asks where the car is
    run_cabins(turn)
    run_stock_in(turn)
    run_fetches(turn)
    _check_inventory(turn)
    follow_cars_back(turn)
    release_by_rule(turn)
    follow_ahead(turn)
    settle_unfit(turn)
    bind_waiting(turn)
    # before anything is planned: others, and whoever finds the car, may need them
    let_go_of_cabins(turn)
    watch_key(turn, quiet=turn.volatile.places_checked)
    watch_jog(turn)
    watch_step(turn)
    follow_packml(turn)
    start_machine(turn)
    make_way(turn)
    join_customer(turn)
    run_job(turn)
    watch_pause(turn, open_job(turn))
    follow_moves(turn)
    redirect(turn)
    request_plan(turn)
    watch_waiting(turn)
    announcing.watch_alarms(turn)
    watch_obstacles(turn)
    _at_leisure(turn)
    _end_if_stopped(turn)


def ask_all(turn: Turn, last: Snapshot | None, *, looks: bool) -> None:
    """Every question; those about a picture only where the event was one, `last` being the one before."""
    turn.begin_questions(all_of_them=looks)
    if looks:
        _look(turn, last)
    _pump(turn)


def step(state: State, stamped: ev.Stamped, config: CoreConfig) -> tuple[State, Sequence[Command]]:
    """One event in, the new state and the commands out. Raises BugError where the core contradicts itself."""
    turn = Turn(state, stamped, config)
    _HANDLERS[type(stamped.event)](turn, stamped.event)
    if not turn.rests():
        ask_all(turn, state.volatile.snapshot, looks=isinstance(stamped.event, ev.PlcObserved))
    return turn.found(), turn.commands
