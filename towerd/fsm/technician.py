"""What a technician tells the tower: stock, faults looked at, a layout or the clock confirmed. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from towerd.faults import LAYOUT_CHANGED, WRONG_VEHICLE
from towerd.fsm.delivering import open_job
from towerd.fsm.events import ClockConfirmed, ClockJudged, FaultReset, LayoutConfirmed, StockEntry, StockImported
from towerd.fsm.forgetting import forget_vehicle
from towerd.fsm.inventory import forget_unknown, fork_steps, rest_condition
from towerd.fsm.latch import clear_fault
from towerd.fsm.lost import settle_lost
from towerd.fsm.obstacles import may_command
from towerd.fsm.orders import clock_judged
from towerd.fsm.outside_by_hand import back_denies
from towerd.fsm.recognising import believe_tags, is_found
from towerd.fsm.turn import Turn
from towerd.fsm.whom import are_gone, keep, let_go
from towerd.jobs.transfer import content_of
from towerd.orders.model import Vehicle
from towerd.places import CARRIAGE, Place
from towerd.units import rfc3339


def _seen(turn: Turn, place: Place) -> str | None:
    machine = turn.snapshot
    if machine is None or place.kind not in ("bay", "cabin"):
        return None
    try:
        return content_of(machine, place)
    except IndexError:
        return "no_such_place"


def _problems(turn: Turn, entries: tuple[StockEntry, ...]) -> list[str]:
    named = {entry.record.id for entry in entries}
    others = [vehicle for key, vehicle in turn.tables.vehicles.items() if key not in named]
    others = [vehicle for vehicle in others if not is_found(vehicle)]
    tags = {vehicle.record.tag: vehicle.id for vehicle in others}
    places = {vehicle.place: vehicle.id for vehicle in others}
    job = open_job(turn)
    runs = job if job is not None and job.state == "running" and may_command(turn.state) else None
    found = []
    for entry in entries:
        if runs is not None and (entry.record.id == runs.vehicle or entry.place in (runs.source, runs.target)):
            found.append(f"{entry.record.id}: job {runs.id} is at it; wait, or towerctl job hold {runs.id} first")
        if entry.record.tag in tags:
            found.append(f"{entry.record.id}: tag {entry.record.tag} is that of {tags[entry.record.tag]}")
        if entry.place in places:
            found.append(f"{entry.record.id}: {entry.place} holds {places[entry.place]}")
        back = back_denies(turn, entry.record.id, entry.place)
        if back is not None:
            found.append(f"{back.text}. {back.cure}")
        seen = _seen(turn, entry.place)
        if seen not in (None, "occupied"):
            found.append(f"{entry.record.id}: the sensors of {entry.place} say {seen}")
    return found


def _place(turn: Turn, entry: StockEntry) -> None:
    known = turn.tables.vehicles.get(entry.record.id)
    base = known or Vehicle(entry.record)
    condition = rest_condition(turn, entry.record.id)
    turn.put_vehicle(base, record=entry.record, place=entry.place, condition=condition)
    forget_unknown(turn, entry.place)
    for found in [row for row in turn.tables.vehicles.values() if is_found(row)]:
        if found.place == entry.place or found.record.tag == entry.record.tag:
            forget_vehicle(turn, found.id, now=entry.record.id)


def stock_imported(turn: Turn, event: StockImported) -> None:
    """Take over a stock file whole, or refuse it whole with every reason."""
    problems = ["a vehicle is being moved"] if fork_steps(turn.tables) else _problems(turn, event.entries)
    if are_gone(turn, event.keys):
        problems.append("an owner is being forgotten: try again")
    if problems:
        let_go(turn, event.keys)
        turn.answer(event.reply, False, ("stock_refused",), {"problems": problems})
        return
    keep(turn, event.keys)
    for entry in event.entries:
        _place(turn, entry)
    # what stands nowhere any more, and places that are empty now, are looked at again
    for record in tuple(turn.tables.bays.values()):
        if record.place == CARRIAGE or _seen(turn, record.place) == "empty":
            forget_unknown(turn, record.place)
    turn.set(places_checked=False)
    turn.tell("vehicle_stocked_in", {"vehicles": [entry.record.id for entry in event.entries], "by": event.by})
    turn.answer(event.reply, True, (), {"vehicles": len(event.entries)})


def fault_reset(turn: Turn, event: FaultReset) -> None:
    """Let go of one latched fault."""
    if event.fault not in turn.tables.faults:
        turn.answer(event.reply, False, ("no_such_fault",))
        return
    clear_fault(turn, event.fault, event.by)
    if event.fault == WRONG_VEHICLE:
        believe_tags(turn, event.by)
    turn.set(refusals={}, retry_after_mono_s={})
    turn.tell("manual_intervention", {"reset": event.fault, "by": event.by})
    settle_lost(turn)
    turn.answer(event.reply, True, (), {"fault": event.fault})


def layout_confirmed(turn: Turn, event: LayoutConfirmed) -> None:
    """The taught stations are right: from now on this layout is the known one (plc-if.md 2.1)."""
    machine = turn.snapshot
    if machine is None:
        turn.answer(event.reply, False, ("plc_lost",))
        return
    result: dict[str, Any] = {"layout_crc": machine.identity.layout_crc}
    turn.tables = replace(turn.tables, meta=replace(turn.tables.meta, layout_crc=machine.identity.layout_crc))
    clear_fault(turn, LAYOUT_CHANGED, event.by)
    turn.tell("manual_intervention", {"layout_confirmed": machine.identity.layout_crc, "by": event.by})
    turn.answer(event.reply, True, (), result)


def clock_confirmed(turn: Turn, event: ClockConfirmed) -> None:
    """The tower's clock was compared with another: it is believed until it jumps, or the process starts anew (4.4)."""
    turn.set(clock_confirmed_mono_s=turn.mono_s)
    turn.tell("manual_intervention", {"clock_confirmed": rfc3339(turn.now), "by": event.by})
    clock_judged(turn, ClockJudged(True))
    turn.answer(event.reply, True, (), {"clock": rfc3339(turn.now)})
