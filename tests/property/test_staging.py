"""Whoever comes when, expected or not: two cars never share a cabin, no door opens to a stranger, and nobody starves."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from simulator.config import Actors
from tests.property.test_core import Witness, act, check_truth, help_out
from tests.scenario.tower import Tower, small_tower
from tests.support.sync_tower import SyncTower, executed_motions, expect, told_again
from towerd.cabin.model import DoorState
from towerd.fsm.intake_events import DriveInCancelled, DriveInRequested
from towerd.fsm.obstacles import obstacles
from towerd.fsm.reply import ReplyTo
from towerd.places import OUT, bay

STOCK = ((bay(2, 3), 42), (bay(1, 1), 7), (bay(3, 1), 50))
KIOSK = ReplyTo("api", "kiosk")
CUSTOMERS = st.integers(2, 4)
ACTS = st.one_of(
    st.tuples(st.just("tick"), st.sampled_from([0.3, 1.0, 2.5, 6.0])),
    st.tuples(st.just("tick"), st.sampled_from([4.0, 12.0, 12.0])),
    st.tuples(st.just("age"), st.sampled_from([30.0, 60.0, 120.0, 1900.0])),
    st.tuples(st.just("book"), CUSTOMERS, st.sampled_from([0.5, 1.0, 1.2, 3.0])),
    st.tuples(st.just("expect"), CUSTOMERS, st.sampled_from([0.5, 2.0, 8.0])),
    st.tuples(st.just("code"), CUSTOMERS, st.just(True)),
    st.tuples(st.just("cancelled"), CUSTOMERS),
    st.tuples(st.sampled_from(["back", "give_up"])),
    st.tuples(st.sampled_from(["restart", "help"])),
    st.tuples(st.just("packml"), st.just("hold")),
)
SERVED_S = 90.0
"""Longer than it takes to put a car back for each of two cabins, and to fetch two others, with quick mechanics."""


def come_back(tower: SyncTower) -> bool:
    """The first customer is at the kiosk with the car and asks; whether a cabin opens."""
    number = tower.state.tables.loans["o_1"].number
    tower.take(DriveInRequested(number, None, None, False, "kiosk", KIOSK))
    return tower.answers[-1].ok or tower.answers[-1].reasons == ("already_returning",)


def give_up(tower: SyncTower) -> None:
    """Whoever was to drive in does not."""
    for row in tuple(tower.state.tables.intakes.values()):
        if row.open:
            tower.take(DriveInCancelled(row.cabin, "kiosk", KIOSK))


def do(tower: SyncTower, name: str, *args: Any) -> None:
    if name == "book":
        tower.order(args[0], args[0], args[1])
    elif name == "expect":
        expect(tower, *args)
    elif name == "cancelled":
        tower.cancel(args[0], args[0])
    elif name == "back":
        come_back(tower)
    elif name == "give_up":
        give_up(tower)
    else:
        act(tower, name, *args)


def check_cabins(tower: SyncTower) -> None:
    """A car that waits for its customer stands behind a closed door, in a cabin that is nobody else's."""
    tables, machine = tower.state.tables, tower.state.volatile.snapshot
    held = Counter(o.cabin for o in tables.orders.values() if o.open and o.cabin is not None)
    held.update(row.cabin for row in tables.intakes.values() if row.open)
    assert all(count == 1 for count in held.values()), held
    for order in tables.orders.values():
        if order.state == "staged" and machine is not None and order.cabin is not None:
            event("staged")
            assert machine.cabin(order.cabin).outer_door is DoorState.CLOSED


def lent(cabins: int) -> SyncTower:
    """A tower whose first customer has a car out, and whose customers drive off at once."""
    actors = Actors(auto_drive_off=True, customer_delay_s=0.5, boarding_s=0.5, driving_s=0.5)
    tower = SyncTower(Witness(), Tower(small_tower(speed_up=8.0, cabins=cabins, actors=actors), STOCK))
    tower.tick(1.0)
    tower.import_stock()
    tower.order(1, 1)
    tower.code("o_1", right=True)
    within(tower, lambda: tower.state.tables.orders["o_1"].state == "completed")
    return tower


def within(tower: SyncTower, done: Callable[[], bool]) -> None:
    begun_s = tower.now_s
    while not done():
        orders = [(o.id, o.state, o.cabin) for o in tower.state.tables.orders.values()]
        assert tower.now_s - begun_s < SERVED_S, (orders, obstacles(tower.state), tower.tower.truth())
        tower.tick(0.5)


def arrive(tower: SyncTower, number: int) -> None:
    """A customer, or whoever brings a car back (0), is served in bounded time."""
    order = tower.state.tables.orders.get(f"o_{number}")
    if number == 0:
        within(tower, lambda: come_back(tower))
        give_up(tower)
    elif order is not None and order.open:
        tower.code(order.id, right=True)
        within(tower, lambda: not tower.state.tables.orders[f"o_{number}"].open)


@settings(
    max_examples=int(os.environ.get("TOWERD_EXAMPLES", "4")),
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.integers(1, 2), st.lists(ACTS, min_size=6, max_size=24), st.permutations((0, 2, 3, 4)))
def test_nobody_starves(cabins: int, acts: list[tuple[Any, ...]], coming: list[int]) -> None:
    tower = lent(cabins)
    # most examples begin where it matters: a car is brought forward
    tower.order(2, 2, 1.0)
    tower.tick(12.0)
    for one in acts:
        do(tower, *one)
        check_truth(tower)
        check_cabins(tower)
    tower.now_s += 10.0
    help_out(tower)
    give_up(tower)
    # now they come, in an order that nobody has foreseen
    for number in coming:
        arrive(tower, number)
        check_cabins(tower)
    assert all(not order.open for order in tower.state.tables.orders.values())
    assert max(Counter(executed_motions(tower)).values(), default=0) <= 1
    assert told_again(tower) == tower.state.tables
    for order in tower.state.tables.orders.values():
        if order.state == "completed":
            assert tower.state.tables.vehicles[order.vehicle or ""].place == OUT
