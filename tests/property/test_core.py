"""Whatever people, faults and the network do in any order, some things never happen."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tests.property.hand_acts import HAND_DOING, HANDS, back_to_auto, check_machine
from tests.support.sync_tower import SyncTower, ask_packml, executed_motions, told_again
from towerd.cabin.model import DoorState
from towerd.fsm import commands as cmd
from towerd.fsm.alarm_events import AlarmAcknowledged, AlarmShelved
from towerd.fsm.events import FaceLooked, FaultReset
from towerd.fsm.face_events import FaceChallenged, FacesAlike, NumberEntered
from towerd.fsm.intake_book import intake_in
from towerd.fsm.inventory import FORK
from towerd.fsm.moves_events import MoveCancelled, MoveRequested, StockTakeRequested
from towerd.fsm.obstacles import obstacles
from towerd.fsm.recognising import is_found
from towerd.fsm.reply import ReplyTo
from towerd.fsm.state import State
from towerd.places import OUT, UNKNOWN, Place, bay, cabin
from towerd.plc.codes import Code
from towerd.plc.snapshot import Unit

API = ReplyTo("api", "move")
MECHANICAL = (Code.LIFT_TO, Code.FORK_GET, Code.FORK_PUT, Code.HOME)

TICKS = st.tuples(st.just("tick"), st.sampled_from([0.1, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0]))
PEOPLE = st.one_of(
    st.tuples(st.just("order"), st.integers(1, 3), st.integers(1, 2)),
    st.tuples(st.just("cancel"), st.integers(1, 3), st.integers(1, 2)),
    st.tuples(st.just("look"), st.sampled_from(["o_1", "o_2", None])),
    st.tuples(st.just("code"), st.integers(1, 3), st.booleans()),
    st.tuples(st.just("turns"), st.sampled_from(["o_1", "o_2", None]), st.sampled_from(["asking", "passed", "failed"])),
    st.tuples(st.just("alike"), st.integers(1, 3), st.integers(1, 3)),
    st.tuples(st.just("number"), st.integers(1, 3)),
    st.tuples(st.just("age"), st.just(400.0)),
    st.tuples(st.just("person"), st.booleans()),
    st.tuples(st.just("clear")),
)
TROUBLE = st.one_of(
    st.tuples(st.just("fate"), st.sampled_from(["request lost", "answer lost"])),
    st.tuples(st.just("lose"), st.sampled_from([0.2, 1.5])),
    st.tuples(st.just("restart")),
    st.tuples(st.just("plc_restart")),
    st.tuples(st.just("estop")),
    st.tuples(st.just("packml"), st.sampled_from(["hold", "stop", "abort"])),
)
HELP = st.one_of(
    st.tuples(st.just("help")),
    st.tuples(st.just("acknowledge")),
    st.tuples(st.just("shelve"), st.sampled_from(["PLC-011", "PLC-007", "TWR-2001"])),
)
MOVES = st.one_of(
    st.tuples(
        st.just("move"),
        st.sampled_from(["fetch", "move", "bring", "put_back", "store"]),
        st.sampled_from(["v_0042", "v_0007", "2-3", "1-1", "3-4", "cabin:1", "carriage"]),
        st.sampled_from([None, bay(3, 4), bay(1, 1), cabin(1)]),
    ),
    st.tuples(st.just("take")),
    st.tuples(st.just("cancel_move"), st.integers(1, 8)),
)
ACTS = st.one_of(TICKS, TICKS, TICKS, PEOPLE, TROUBLE, HELP, MOVES)
BY_HAND = st.one_of(TICKS, TICKS, HANDS, HANDS, HANDS, PEOPLE, TROUBLE, HELP, MOVES)


class Witness:
    """Sees every command that leaves, and what the core knew when it gave it."""

    def __init__(self) -> None:
        self.written: Counter[tuple[str, int, int]] = Counter()

    def __call__(self, tower: SyncTower, state: State, command: cmd.Command) -> None:
        if not isinstance(command, cmd.WriteMailbox):
            return
        key = (command.unit.value, command.session, command.seq)
        self.written[key] += 1
        assert self.written[key] == 1, f"{key} written twice"
        machine = state.volatile.snapshot
        assert machine is not None
        if command.code not in (Code.NOP, Code.SIGNAL):
            assert state.volatile.reconciled_session == machine.session, "a command before reconciliation"
        if command.code in MECHANICAL and command.code != Code.HOME:
            assert FORK not in state.tables.steps, "moved before it was known what the fork had done"
        if command.code == Code.OUTER_DOOR and command.args[0] == 1:
            self._gate(tower, state, int(command.unit.value[-1]), command.args[1])

    @staticmethod
    def _gate(tower: SyncTower, state: State, number: int, epoch: int) -> None:
        machine = state.volatile.snapshot
        assert machine is not None
        given = state.tables.steps[f"CABIN{number}"]
        if given.by is not None:
            # a named technician opens it; what stands there stays whose it is
            return
        intake = intake_in(state.tables, number)
        if intake is not None:
            # for a car that is driven in, or out again: none of the tower's stands behind that door
            assert intake.state in ("opening", "positioning", "turned_away")
            inside = [v for v in state.tables.vehicles.values() if v.place != OUT]
            assert not any(v.place == cabin(number) for v in inside)
            # 0: of a car without a record that stood somewhere no tag was ever read
            assert machine.cabin(number).tag not in {v.record.tag for v in inside} - {0}
            assert machine.cabin(number).occupancy_epoch == epoch
            return
        orders = [o for o in state.tables.orders.values() if o.open and o.cabin == number]
        fetched = [m for m in state.tables.moves.values() if m.open and m.purpose == "fetch"]
        if any(state.tables.vehicles[m.vehicle].place == cabin(number) for m in fetched):
            # a named technician's: no order needs the car, or it was given up for a reason
            assert not any(o.vehicle in {m.vehicle for m in fetched} for o in orders)
            return
        assert len(orders) == 1
        order = orders[0]
        decision = state.volatile.decisions[order.id]
        assert tower.now_s - decision.decided_mono_s < 300
        vehicle = state.tables.vehicles[order.vehicle or ""]
        shown = machine.cabin(number)
        assert shown.tag == vehicle.record.tag
        assert shown.occupancy_epoch == epoch
        assert shown.inner_door is DoorState.CLOSED


def _age(tower: SyncTower, seconds: float) -> None:
    tower.now_s += seconds


def _fate(tower: SyncTower, fate: str) -> None:
    tower.fate = fate


def _lose(tower: SyncTower, seconds: float) -> None:
    tower.linked = False
    if seconds > 1.0:
        tower.lose("cable out")
    tower.tick(seconds)
    tower.linked = True


def _estop(tower: SyncTower) -> None:
    tower.simulator.estop(True)
    tower.tick(0.3)
    tower.simulator.estop(False)
    tower.simulator.press_reset()


def _move(tower: SyncTower, purpose: Any, what: str, target: Place | None) -> None:
    tower.take(MoveRequested(purpose, what, target, "lin", API))


def _turns(tower: SyncTower, order: str | None, outcome: Any) -> None:
    """Somebody whose face is like the order's is looked at, and does something with what the screen asks then."""
    tower.look(order)
    tower.take(FaceChallenged(1, outcome, "ahead", 2, ("left", "right"), "" if outcome != "failed" else "too_slow"))
    if outcome == "passed":
        frame = {name: (0.8 if name == order else 0.05) for name in tower.watching}
        tower.take(FaceLooked("opencv", 1, (frame,) * 5, "challenge"))


def _number(tower: SyncTower, number: int) -> None:
    row = tower.state.tables.orders.get(f"o_{number}")
    tower.take(NumberEntered(row.number if row is not None else "0000", "kiosk", API))


DOING: dict[str, Callable[..., Any]] = {
    "move": _move,
    "take": lambda tower: tower.take(StockTakeRequested((), "lin", API)),
    "cancel_move": lambda tower, number: tower.take(MoveCancelled(number, "lin", API)),
    "tick": SyncTower.tick,
    "order": SyncTower.order,
    "cancel": SyncTower.cancel,
    "look": SyncTower.look,
    "turns": _turns,
    "alike": lambda tower, one, other: tower.take(FacesAlike(f"o_{one}", (f"o_{other}",))),
    "number": _number,
    "code": lambda tower, number, right: tower.code(f"o_{number}", right=right),
    "fate": _fate,
    "packml": ask_packml,
    "help": lambda tower: help_out(tower),
    "acknowledge": lambda tower: tower.take(AlarmAcknowledged("all", "operator", ReplyTo("api", "ack"))),
    "shelve": lambda tower, code: tower.take(AlarmShelved(code, 60.0, "known", "operator", ReplyTo("api", "shelve"))),
    "age": _age,
    "lose": _lose,
    "restart": SyncTower.start,
    "plc_restart": lambda tower: tower.simulator.restart_plc(),
    "estop": _estop,
    "person": lambda tower, present: tower.simulator.person(1, present),
    "clear": lambda tower: tower.simulator.press_clear(1),
    **HAND_DOING,
}


def act(tower: SyncTower, name: str, *args: Any) -> None:
    """One thing that somebody does, or that happens."""
    DOING[name](tower, *args)


def help_out(tower: SyncTower) -> None:
    """A technician comes: nobody in the cabin, reset, and on."""
    back_to_auto(tower)
    tower.simulator.person(1, False)
    tower.simulator.press_reset()
    for command in ("clear", "reset", "start", "unhold"):
        tower.tick(0.5)
        ask_packml(tower, command)
    for fault in tuple(tower.state.tables.faults):
        tower.take(FaultReset(fault, "technician", ReplyTo("api", "reset")))
    tower.simulator.press_clear(1)
    tower.tick(1.0)


def bring_to_an_end(tower: SyncTower) -> None:
    """Quiet times: who is waited for comes, and a technician helps where the machine stands. Every order ends."""
    tower.now_s += 60
    back_to_auto(tower)
    for _ in range(40):
        tables, machine = tower.state.tables, tower.state.volatile.snapshot
        waiting = [o for o in tables.orders.values() if o.open]
        if not waiting or any(v.place == UNKNOWN for v in tables.vehicles.values()):
            return
        if machine is None or tables.faults or obstacles(tower.state):
            help_out(tower)
        tower.simulator.person(1, False)
        tower.simulator.press_clear(1)
        for move in [one for one in tables.moves.values() if one.open and one.purpose != "identify"]:
            # who wants a car for nobody gives way
            tower.take(MoveRequested("put_back", move.vehicle, None, "lin", API))
            tower.take(MoveCancelled(move.id, "lin", API))
        for order in waiting:
            tower.code(order.id, right=True)
            tower.tick(2.0)
    shown = [(o.id, o.state, o.cabin) for o in waiting]
    steps = [(s.unit, Code(s.code).name, s.args, s.state, s.error, s.reject_code) for s in tables.steps.values()]
    raise AssertionError(
        f"{shown} never ended: {obstacles(tower.state)} {tower.state.volatile.doing} {steps} {tower.tower.truth()}"
    )


def check_truth(tower: SyncTower) -> None:
    """Where the tower is sure of a vehicle, it is right; and no place holds two."""
    tables = tower.state.tables
    places = Counter(v.place for v in tables.vehicles.values() if v.place not in (OUT, UNKNOWN))
    assert all(count == 1 for count in places.values()), places
    carriage = tables.steps.get(Unit.CARRIAGE)
    if FORK in tables.steps or (carriage is not None and carriage.open):
        return
    truth = tower.tower.truth()
    for vehicle in tables.vehicles.values():
        # what has no record is known by nothing but its place
        if vehicle.place.kind in ("bay", "carriage") and not is_found(vehicle):
            assert str(vehicle.place) == truth[vehicle.id], (vehicle.id, str(vehicle.place), truth)


def walk(acts: list[tuple[Any, ...]]) -> None:
    """A tower with a customer, then these acts, then quiet times to the end of every order."""
    tower = SyncTower(Witness())
    tower.tick(3.0)
    tower.import_stock()
    assert {str(v.place) for v in tower.state.tables.vehicles.values()} == {str(p) for p, _n in tower.tower.stock}
    # most examples begin where it matters: a customer is known, and the car is on its way
    tower.order(1, 1)
    tower.code("o_1", right=True)
    for one in acts:
        act(tower, *one)
        check_truth(tower)
        check_machine(tower)
    tower.tick(2.0)
    check_truth(tower)
    bring_to_an_end(tower)
    check_truth(tower)
    assert max(Counter(executed_motions(tower)).values(), default=0) <= 1
    assert told_again(tower) == tower.state.tables
    event(f"orders completed: {sum(o.state == 'completed' for o in tower.state.tables.orders.values())}")
    event(f"fork moves: {min(4, sum(e.code in (Code.FORK_GET, Code.FORK_PUT) for e in tower.simulator.executed))}")
    event(f"faults: {sorted(tower.state.tables.faults)}")
    ended = [o for o in tower.state.tables.orders.values() if o.state == "completed"]
    for order in ended:
        place: Place = tower.state.tables.vehicles[order.vehicle or ""].place
        assert place == OUT


@settings(
    max_examples=int(os.environ.get("TOWERD_EXAMPLES", "15")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.lists(ACTS, min_size=5, max_size=60))
def test_whatever_happens(acts: list[tuple[Any, ...]]) -> None:
    walk(acts)
