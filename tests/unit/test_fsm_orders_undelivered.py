"""A customer who was there and gets no car is told so in bounded time (orders-if.md 5.1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.support.core_kit import (
    CABIN_1,
    MONO_S,
    machine,
    order_in,
    state_of,
    tables_of,
    told,
    turn_of,
    vehicle,
    with_system,
)
from tests.support.values import AT
from towerd.fsm.orders import every_minute
from towerd.fsm.state import IdentityDecision
from towerd.fsm.turn import Turn
from towerd.places import UNKNOWN, Place
from towerd.plc.snapshot import PackmlState, Snapshot

STOPPED = with_system(machine(), packml_state=PackmlState.STOPPED)
SLOT_S, WAIT_S = 3600.0, 1800.0
HOLDS = {"ord-1": IdentityDecision("ord-1", "code", MONO_S, "not_checked", None)}


def after(
    late_s: float, seen: Snapshot | None = STOPPED, place: Place | None = None, decided: bool = False, **order: Any
) -> Turn:
    """A minute's turn, so long after the slot."""
    row = order_in(**{"state": "delivering", **order})
    tables = tables_of(vehicles=[vehicle(**({"place": place} if place else {}))], orders=[row])
    state = state_of(seen, tables, decisions=HOLDS if decided else {})
    t = turn_of(state, MONO_S, at=AT + timedelta(seconds=SLOT_S + late_s))
    every_minute(t)
    return t


@pytest.mark.parametrize("state", ["identified", "delivering"])
@pytest.mark.parametrize(("seen", "why"), [(STOPPED, "tower_out_of_service"), (machine(), "vehicle_unavailable")])
def test_nobody_waits_for_ever(state: str, seen: Snapshot, why: str) -> None:
    assert after(WAIT_S, seen, state=state).commands == []
    t = after(WAIT_S + 1, seen, state=state)
    assert (t.tables.orders["ord-1"].state, t.tables.orders["ord-1"].reason) == ("failed", why)
    assert told(t) == ["order_failed"]


def test_it_counts_from_the_last_look_where_that_was_later() -> None:
    looked_at = AT + timedelta(seconds=SLOT_S + 600)
    assert after(WAIT_S + 600, identified_at=looked_at).commands == []
    assert told(after(WAIT_S + 601, identified_at=looked_at)) == ["order_failed"]


@pytest.mark.parametrize(
    "values",
    [
        {"decided": True},
        {"seen": None, "place": CABIN_1},
        {"place": UNKNOWN},
        {"state": "ready"},
        {"slot": None},
    ],
    ids=["at the gate", "in the dark", "lost", "door open", "no slot"],
)
def test_who_is_there_or_served_otherwise_is_not_sent_away(values: dict[str, Any]) -> None:
    assert after(9_999.0, **values).commands == []


def test_without_a_cabin_the_dark_keeps_nobody_waiting() -> None:
    assert told(after(9_999.0, None, state="identified", cabin=None)) == ["order_failed"]
