"""What people leave undone at a cabin: counted while it lasts, and paged after a time (the forgotten button). Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from towerd.cabin.intake import Owed
from towerd.cabin.intake_words import plea
from towerd.cabin.model import SOMEBODY, Cabin, DoorState
from towerd.faults import CABIN_UNATTENDED
from towerd.fsm.book import fetch_at, fetched_in, needed_by
from towerd.fsm.commanding import shaft_free
from towerd.fsm.decision import decision_holds
from towerd.fsm.intake_row import Owing
from towerd.fsm.inventory import vehicle_at
from towerd.fsm.latch import clear_fault, raise_fault
from towerd.fsm.state import Tables
from towerd.fsm.turn import Turn
from towerd.fsm.wishes import stays
from towerd.jobs.transfer import may_hold_fork
from towerd.orders.model import DUE
from towerd.places import cabin
from towerd.plc.snapshot import Capability

_LINGERS: Final = timedelta(seconds=30)
"""Whoever drives off or walks out has done so by then."""


def note_owed(turn: Turn, number: int, what: Owed | None) -> float:
    """Remember what is owed at cabin `number` now; how long it stood for want of the button, s, once that is over."""
    known = turn.tables.owing.get(number)
    if known is None and what is None and CABIN_UNATTENDED not in turn.tables.faults:
        return 0.0
    lost_s = 0.0
    if (known.what if known else None) != what:
        if known is not None and known.what == "button":
            lost_s = (turn.now - known.since_at).total_seconds()
            turn.set_meta(button_lost_s=turn.tables.meta.button_lost_s + lost_s)
        if what is None:
            turn.drop("owing", number)
        else:
            turn.put("owing", number, Owing(number, what, turn.now))
    _page(turn, number)
    return lost_s


def _page(turn: Turn, number: int) -> None:
    row = turn.tables.owing.get(number)
    if row is not None and not row.paged and turn.reached(row.since_at + timedelta(seconds=turn.config.intake.page_s)):
        turn.put("owing", number, replace(row, paged=True))
        raise_fault(turn, CABIN_UNATTENDED, plea(number, row.what))
    if CABIN_UNATTENDED in turn.tables.faults and not any(one.paged for one in turn.tables.owing.values()):
        clear_fault(turn, CABIN_UNATTENDED, None)


def _who_lingers(turn: Turn, shown: Cabin) -> datetime | None:
    """Since when a door waits to close for somebody or something: behind a car that has left with its customer or with a
    technician, or on one that is nobody's any more.
    """
    for order in turn.tables.open_orders.values():
        if order.cabin == shown.number and order.state in ("ready", "handed_over"):
            kept = order.state == "ready" and (shown.nobody or decision_holds(turn, order))
            return None if kept else order.since_at
    move = fetched_in(turn.tables, shown.number)
    return move.since_at if move is not None and move.state == "left" else None


def unconfirmed(turn: Turn, shown: Cabin) -> Owed | None:
    """What people owe a cabin that nobody drives into: to look into it and press the button, or to let its door close."""
    since_at = None if shown.deserted else _who_lingers(turn, shown)
    if since_at is not None and turn.reached(since_at + _LINGERS):
        return "doorway"
    if shown.clear or shown.outer_door is not DoorState.CLOSED or shown.sensors & SOMEBODY:
        return None
    if _holds_fork(turn, shown):
        return "button"
    if shown.content == "empty":
        return "button" if _is_awaited(turn, shown.number) else None
    car = vehicle_at(turn.tables, cabin(shown.number))
    # a car whose customer has gone again can go back only once somebody has looked
    awaited = car is not None and stays(turn, car) and needed_by(turn, car.id) is not None
    return None if car is None or awaited or fetch_at(turn.tables, shown.number) else "button"


def _holds_fork(turn: Turn, shown: Cabin) -> bool:
    """Whether the fork stands in the cabin, with no command that goes on by itself."""
    machine = turn.snapshot
    return machine is not None and may_hold_fork(machine, shown) and shaft_free(turn)


def _is_awaited(turn: Turn, number: int) -> bool:
    machine = turn.snapshot
    if machine is None or Capability.RATED_PERSON_DETECTION in machine.identity.capabilities:
        # closed and empty, such a cabin becomes clear by itself (plc-if.md 5.8)
        return False
    orders = any(order.cabin == number and order.state in DUE for order in turn.tables.open_orders.values())
    return orders or any(job.ended_at is None and job.target == cabin(number) for job in turn.tables.jobs.values())


def pleas(tables: Tables) -> list[str]:
    """What whoever comes to the tower is asked to look at, in any cabin."""
    return [plea(row.cabin, row.what) for _number, row in sorted(tables.owing.items())]
