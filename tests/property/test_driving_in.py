"""Whatever drivers, buttons, faults and the network do while a car is driven in, some things never happen."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, Phase, event, example, given, settings
from hypothesis import strategies as st

from simulator.driver import Driver
from tests.property.test_core import ACTS, TICKS, Witness, act, check_truth, help_out
from tests.scenario.tower import Tower, car, small_tower
from tests.support.sync_tower import SyncTower, executed_motions, told_again
from towerd.fsm.intake_events import CarSecured, DriveInCancelled, DriveInRequested
from towerd.fsm.manual_events import PlaceSet
from towerd.fsm.moves_events import MoveRequested
from towerd.fsm.reply import ReplyTo
from towerd.places import OUT, cabin
from towerd.plc.snapshot import PackmlState

KIOSK = ReplyTo("api", "kiosk")
STRANGER = car(98)


def driver(tower: SyncTower) -> Driver:
    return Driver(tower.simulator.plant, 1)


def ask(tower: SyncTower) -> None:
    """Somebody asks for whatever is out."""
    for one in tuple(tower.state.tables.vehicles.values()):
        if one.place == OUT:
            tower.take(DriveInRequested(None, one.id, None, True, "technician", KIOSK))


def come(tower: SyncTower, misplaced: int = 0) -> None:
    """The car that is out comes, if it can."""
    out = [one for one in tower.state.tables.vehicles.values() if one.place == OUT]
    with suppress(ValueError, IndexError):
        driver(tower).drive_in(car(int(out[0].id[2:])), misplaced)


def stranger_comes(tower: SyncTower) -> None:
    with suppress(ValueError):
        driver(tower).drive_in(STRANGER)


def go(tower: SyncTower) -> None:
    with suppress(ValueError):
        driver(tower).drive_out()


DOING: dict[str, Callable[..., Any]] = {
    "ask": ask,
    "come": come,
    "stranger": stranger_comes,
    "answer": lambda tower: tower.take(CarSecured(1, "kiosk", KIOSK)),
    "leave": lambda tower: driver(tower).get_out(),
    "correct": lambda tower: driver(tower).correct(),
    "go": go,
    "give_up": lambda tower: tower.take(DriveInCancelled(1, "kiosk", KIOSK)),
    "exit": lambda tower: tower.simulator.press_exit(1),
}
DRIVING = st.one_of(
    st.tuples(st.sampled_from(sorted(DOING))),
    st.tuples(st.just("come"), st.sampled_from([0, 0, 1, 8])),
    st.tuples(st.sampled_from(["answer", "leave"])),
    st.tuples(st.just("clear")),
)


def do(tower: SyncTower, name: str, *args: Any) -> None:
    if name in DOING:
        DOING[name](tower, *args)
    else:
        act(tower, name, *args)


def car_out() -> SyncTower:
    """A tower whose only customer has driven off."""
    tower = SyncTower(Witness(), Tower(small_tower(speed_up=8.0)))
    tower.tick(3.0)
    tower.import_stock()
    tower.tick(12.0)
    tower.order(1, 1)
    tower.code("o_1", right=True)
    tower.tick(30.0)
    assert tower.state.tables.loans["o_1"].state == "out"
    return tower


def clear_the_cabin(tower: SyncTower) -> None:
    """A car that somebody had brought to the cabin and left there goes back: nobody can drive in beside it."""
    for vehicle in tuple(tower.state.tables.vehicles.values()):
        if vehicle.place.kind == "cabin":
            tower.take(MoveRequested("put_back", vehicle.id, None, "lin", KIOSK))


def look_into_the_cabin(tower: SyncTower) -> None:
    """A car without a record that somebody had wanted put away has driven out again: a technician sees that nothing is there."""
    known = tower.state.tables.bays.get(str(cabin(1)))
    if known is not None and known.unknown and str(cabin(1)) not in tower.tower.truth().values():
        tower.take(PlaceSet(cabin(1), None, "it is empty", "technician", KIOSK))


def bring_back(tower: SyncTower) -> None:
    """Quiet times: whatever stands in the way is helped, and the car that is out comes back."""
    go(tower)
    driver(tower).get_out()
    tower.now_s += 1000.0
    for _ in range(60):
        tables, machine = tower.state.tables, tower.state.volatile.snapshot
        row = tables.intakes.get(1)
        if all(one.place != OUT for one in tables.vehicles.values()) and (row is None or not row.open):
            return
        if machine is None or machine.system.packml_state is not PackmlState.EXECUTE or tables.faults:
            help_out(tower)
        if row is None or not row.open:
            clear_the_cabin(tower)
            look_into_the_cabin(tower)
            ask(tower)
        elif row.state == "waiting":
            come(tower)
        elif row.state == "securing":
            tower.take(CarSecured(1, "kiosk", KIOSK))
        elif row.state in ("turned_away", "positioning"):
            go(tower)
        tower.tick(1.0)
        driver(tower).get_out()
        tower.simulator.curtain(1, False)
        tower.simulator.press_clear(1)
        tower.tick(1.0)
    raise AssertionError(f"it never came back: {row} {tower.state.volatile.doing} {tower.tower.truth()}")


@settings(
    max_examples=int(os.environ.get("TOWERD_EXAMPLES", "12")),
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.lists(st.one_of(DRIVING, DRIVING, TICKS, ACTS), min_size=5, max_size=60))
@example(
    [("take",), ("move", "bring", "v_0042", cabin(1)), ("exit",), ("leave",), ("come", 1), ("leave",), ("plc_restart",)]
)
@example([("age", 400.0), ("stranger",), ("help",), ("move", "store", "cabin:1", None)])
def test_whatever_happens_while_a_car_is_driven_in(acts: list[tuple[Any, ...]]) -> None:
    tower = car_out()
    ask(tower)
    tower.tick(2.0)
    for one in acts:
        do(tower, *one)
        check_truth(tower)
    loan = tower.state.tables.loans["o_1"]
    event(f"loan {loan.state}")
    event(f"driving in {[row.state for row in tower.state.tables.intakes.values()]}")
    event(f"faults {sorted(tower.state.tables.faults)}")
    unknown = any(one.place.kind == "unknown" for one in tower.state.tables.vehicles.values())
    if not unknown and not any(order.open for order in tower.state.tables.orders.values()):
        bring_back(tower)
        check_truth(tower)
        assert tower.state.tables.loans["o_1"].state == "returned"
    assert max(Counter(executed_motions(tower)).values(), default=0) <= 1
    assert told_again(tower) == tower.state.tables
    # what was taken in was the car that was expected, and it was never let out again
    for vehicle in tower.state.tables.vehicles.values():
        if vehicle.condition == "inspection" and vehicle.place.kind != "unknown":
            assert tower.tower.truth()[vehicle.id] == str(vehicle.place)
