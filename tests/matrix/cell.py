"""One cell of the matrix: a visit to a moment, a fault, and what becomes of it when whoever comes mends the cause."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from tests.matrix.phases import ORDER, PHASES, STAGED, Phase
from tests.matrix.technician import Technician, customer
from tests.matrix.tower import MatrixTower
from tests.matrix.variants import ORDERED, Variant
from tests.property.test_core import Witness, check_truth
from tests.scenario.tower import Tower, small_tower
from tests.support.sync_tower import executed_motions, told_again
from towerd.plc.snapshot import PackmlState

ALONE_S = 60.0
"""How long a visit may take by itself with the fault in it."""
SLOT_MIN, AHEAD_S = 5.0, 70.0
LATER_S = 8.0
"""How long after the fault the customer comes whose car was brought forward."""
ROUNDS = 12
CAR = "v_0007"
STUCK_S = 8.0
"""How long the same things are in the way before a technician is called."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What became of a visit. `outcome`: how the car came out (`acts` says with what help), or stuck with what was shown."""

    fault: str
    phase: str
    outcome: str
    acts: tuple[str, ...]
    seconds: float
    shown: tuple[str, ...] = ()
    unsafe: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


def _begin(cabins: int, in_min: float | None = None) -> MatrixTower:
    tower = MatrixTower(Witness(), Tower(small_tower(speed_up=8.0, cabins=cabins)))
    for _ in range(200):
        tower.tick(0.5)
        machine = tower.state.volatile.snapshot
        if machine is not None and machine.system.packml_state is PackmlState.EXECUTE:
            break
    tower.tick(10.0)
    tower.import_stock()
    tower.order(1, 1, in_min)
    return tower


def _begin_ahead(phase: Phase) -> MatrixTower:
    """The car is brought forward for a slot that begins soon; at the last of these moments somebody else is there before."""
    tower = _begin(1, in_min=SLOT_MIN)
    tower.comes_s = float("inf")
    tower.now_s += 60 * SLOT_MIN - AHEAD_S
    if phase is STAGED[-1]:
        for _ in range(600):
            if tower.state.tables.orders[ORDER].state == "staged":
                break
            tower.tick()
        tower.order(2, 2)
    return tower


def moment(name: str, cabins: int = 1) -> MatrixTower:
    """A tower of one's own at that moment of a visit without a fault."""
    made = _kept(name, cabins)
    # people who are on their way hold on to the tower they are in, and are no copies
    return _reach(name, cabins) if made.simulator.world.people_under_way else copy.deepcopy(made)


@cache
def _kept(name: str, cabins: int) -> MatrixTower:
    return _reach(name, cabins)


def _reach(name: str, cabins: int) -> MatrixTower:
    phase = next(one for one in (*PHASES, *STAGED) if one.name == name)
    tower = _begin_ahead(phase) if phase in STAGED else _begin(cabins)
    if phase.reached(tower):
        tower.comes_s = 0.0
        return tower
    for order in tower.state.tables.orders:
        if phase not in STAGED or order != ORDER:
            tower.code(order, right=True)
    for _ in range(600):
        if phase.reached(tower):
            tower.comes_s = tower.now_s + LATER_S if phase in STAGED else 0.0
            return tower
        tower.tick()
    raise AssertionError(f"{name} never came")


def _over(tower: MatrixTower) -> bool:
    """Every order has ended, and its car is out."""
    truth = tower.tower.truth()
    return all(
        order.state == "completed" or (order.state == "failed" and truth[order.vehicle or ""] == "gone")
        for order in tower.state.tables.orders.values()
    )


def go_on(tower: MatrixTower, seconds: float) -> bool:
    """Whether the visit ends within `seconds`; no longer waited for once the same things have been in the way for a while."""
    until_s = tower.now_s + seconds
    shown, since_s = (), tower.now_s
    while tower.now_s < until_s:
        customer(tower)
        tower.tick(0.5)
        if _over(tower):
            return True
        now = tower.view().why_not
        if now != shown:
            shown, since_s = now, tower.now_s
        if shown and tower.now_s - since_s >= STUCK_S:
            return False
    return False


def _lost(tower: MatrixTower) -> tuple[str, ...]:
    found = []
    try:
        check_truth(tower)
    except AssertionError as error:
        found.append(f"inventory and truth differ: {error}")
    if max(Counter(executed_motions(tower)).values(), default=0) > 1:
        found.append("a command was executed twice")
    if told_again(tower) != tower.state.tables:
        found.append("the replay differs")
    return tuple(found)


def _inject(tower: MatrixTower, variant: Variant) -> None:
    place = tower.tower.truth()[CAR]
    if ORDERED in variant.params.values() and (
        place == "gone" or tower.simulator.plant.booths[0].outer.position_ratio > 0
    ):
        # in the customer's hands, or out of the tower, it is out of this fault's reach
        return
    tower.simulator.inject(
        variant.fault, **{name: place if one == ORDERED else one for name, one in variant.params.items()}
    )


def befall(variant: Variant, phase: Phase, cabins: int = 1) -> MatrixTower:
    """A tower to which the fault has happened at that moment."""
    tower = moment(phase.name, cabins)
    if variant.fault == "door_by_hand":
        tower.watch.force(1, str(variant.params["door"]), tower.now_s)
    _inject(tower, variant)
    if variant.fault == "wrong_identity":
        # who the PLC is, is asked when a session begins
        tower.lose("connection ended")
    return tower


def helped_out(tower: MatrixTower, technician: Technician) -> str:
    """Help as the program says until the car is out: alone, helped, left; empty where nothing more is shown to do."""
    for _ in range(ROUNDS):
        helped = technician.help()
        if go_on(tower, 20.0):
            ended = tower.state.tables.orders[ORDER].state
            return "left" if ended == "failed" else "helped" if technician.done else "alone"
        if not helped:
            break
    return ""


def told(tower: MatrixTower, variant: Variant, phase: Phase, outcome: str, acts: Sequence[str], begun_s: float) -> Cell:
    """The cell, with what was unsafe or lost on the way."""
    view = tower.view()
    shown = () if outcome else (*view.why_not, str(view.extra.get("doing")), tower.state.tables.orders[ORDER].state)
    return Cell(
        variant.name,
        phase.name,
        outcome or "stuck",
        tuple(acts),
        round(tower.now_s - begun_s, 1),
        tuple(str(one) for one in shown),
        tuple(sorted(tower.watch.seen)),
        _lost(tower),
    )


def run(variant: Variant, phase: Phase, cabins: int = 1) -> Cell:
    """Let the fault happen at that moment, see whether the car comes out, and help as the program says."""
    tower = befall(variant, phase, cabins)
    begun_s, technician = tower.now_s, Technician(tower)
    outcome = "alone" if go_on(tower, ALONE_S) else helped_out(tower, technician)
    return told(tower, variant, phase, outcome, technician.done, begun_s)
