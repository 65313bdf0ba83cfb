"""What a technician does by hand, as acts of a property test, and what must hold after each of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from hypothesis import strategies as st

from tests.support.sync_tower import SyncTower, ask_packml
from towerd.fsm import manual_events as by
from towerd.fsm.reply import ReplyTo
from towerd.places import Place, parse_place
from towerd.plc.snapshot import Unit

AUTO, MANUAL, MAINTENANCE = 1, 2, 3
_PLACES: Final = ("1-1", "2-3", "3-1", "cabin:1")
_VERBS: Final = ("home", "goto", "get", "put", "unlock", "lock", "inner_door", "outer_door", "signal")

HANDS = st.one_of(
    st.tuples(st.just("manual")),
    st.tuples(st.just("key"), st.sampled_from([AUTO, AUTO, MANUAL, MANUAL, MAINTENANCE])),
    st.tuples(st.just("enabling"), st.booleans()),
    st.tuples(
        st.just("hand"),
        st.sampled_from(_VERBS),
        st.sampled_from(_PLACES),
        st.integers(0, 2),
        st.sampled_from([0, 0, 0, 2, 9, 16]),
    ),
    st.tuples(st.just("hand_cancel"), st.sampled_from(list(Unit)[:3])),
    st.tuples(st.just("jog"), st.integers(0, 2), st.sampled_from([-1, 0, 1]), st.sampled_from([0, 0, 50])),
    st.tuples(st.just("job"), st.sampled_from(["hold", "resume", "step", "cancel"])),
    st.tuples(st.just("looked"), st.sampled_from([*_PLACES, "carriage"])),
    st.tuples(st.just("disable"), st.sampled_from(_PLACES[:3]), st.booleans()),
    st.tuples(st.just("confirm")),
    st.tuples(st.just("lease"), st.sampled_from(["ada", "bob"])),
)


def _reply() -> ReplyTo:
    return ReplyTo("api", "hand")


def _manual(tower: SyncTower) -> None:
    """Key to Manual, switch held, and the machine led on: most of what follows needs this."""
    tower.simulator.set_key(MANUAL)
    tower.simulator.enabling(True)
    tower.simulator.press_reset()
    for command in ("clear", "reset", "start", "unhold"):
        tower.tick(0.5)
        ask_packml(tower, command, "ada")
    tower.tick(0.5)


def _hand(tower: SyncTower, verb: Any, where: str, value: int, override: int) -> None:
    place = None if verb == "home" else parse_place(where)
    action = by.HandAction(verb, place, {2: 9}.get(value, value) if verb == "home" else min(value, 1), override)
    tower.take(by.ManualRequested(action, "ada", _reply()))
    tower.tick(0.5)


def _jog(tower: SyncTower, axis: int, direction: int, step: int) -> None:
    for _ in range(3):
        tower.take(by.JogRequested(axis, direction, 100, step, tower.now_s, "ada", _reply()))
        tower.tick(0.1)


def _job(tower: SyncTower, verb: Any) -> None:
    number = max(tower.state.tables.jobs, default=0)
    tower.take(by.JobCommanded(number, verb, "ada", _reply()))


def _looked(tower: SyncTower, where: str) -> None:
    """A technician who has looked writes down what really stands there, whatever the sensors say."""
    place: Place = parse_place(where)
    there = next((vehicle for vehicle, name in tower.tower.truth().items() if name == str(place)), None)
    tower.take(by.PlaceSet(place, there, "looked", "ada", _reply(), override=True))


def _disable(tower: SyncTower, where: str, disabled: bool) -> None:
    tower.take(by.BayServiceChanged(parse_place(where), disabled, "repair", "ada", _reply()))


HAND_DOING: Final[dict[str, Callable[..., Any]]] = {
    "manual": _manual,
    "key": lambda tower, position: tower.simulator.set_key(position),
    "enabling": lambda tower, held: tower.simulator.enabling(held),
    "hand": _hand,
    "hand_cancel": lambda tower, unit: tower.take(by.ManualCancelled(unit, "ada", _reply())),
    "jog": _jog,
    "job": _job,
    "looked": _looked,
    "disable": _disable,
    "confirm": lambda tower: tower.take(by.ChangesConfirmed("ada", _reply())),
    "lease": lambda tower, who: tower.take(by.LeaseTaken(who, who == "bob", _reply())),
}


def back_to_auto(tower: SyncTower) -> None:
    """The technician leaves: everything given back, what changed confirmed, what was stopped let go on."""
    tower.simulator.enabling(False)
    tower.simulator.set_key(AUTO)
    tower.take(by.LeaseTaken("technician", True, _reply()))
    for place in ("1-1", "2-3", "3-1"):
        tower.take(by.BayServiceChanged(parse_place(place), False, "repaired", "technician", _reply()))
    tower.tick(1.0)
    tower.take(by.ChangesConfirmed("technician", _reply()))
    for job in tuple(tower.state.tables.jobs.values()):
        if job.state == "held" or job.stopped_by is not None:
            tower.take(by.JobCommanded(job.id, "resume", "technician", _reply()))


def check_machine(tower: SyncTower) -> None:
    """What the machine must never do, whoever asks; and every refusal has a reason."""
    plant = tower.simulator.plant
    assert not plant.collisions
    travels = plant.lift.moving or plant.turntable.moving
    assert not (travels and not plant.fork_centred), "moved with the fork out"
    for answer in tower.answers:
        assert answer.ok or answer.reasons, answer
    tower.answers.clear()
