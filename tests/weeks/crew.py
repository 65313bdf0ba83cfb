"""The technician of a tower: looks in, mends and helps as the program says, fetches cars and moves them by hand."""

from __future__ import annotations

from datetime import timedelta

from tests.matrix.technician import Technician
from tests.support.sync_tower import ask_packml
from tests.weeks.city import PATIENCE, City
from tests.weeks.shop import Waiting
from towerd.fsm import manual_events as by
from towerd.fsm.alarm_events import AlarmAcknowledged
from towerd.fsm.commands import Answer
from towerd.fsm.intake_events import DriveInRequested
from towerd.fsm.moves_events import MoveCancelled, MoveRequested
from towerd.fsm.obstacles import obstacles
from towerd.places import CARRIAGE, OUT, Place, bay, parse_place
from towerd.plc.snapshot import PackmlState

WHO = "technician"
HOUR_S = 3600.0
AUTO, MANUAL = 1, 2
ROUNDS = 12
_BUSY = 3
LOOKS_IN_S = 600.0
_LEAD = {"aborted": "clear", "stopped": "reset", "idle": "start", "held": "unhold"}
_ACTS = ("fetch", "fetch", "fetch_promised", "move", "by_hand", "by_hand")


def technician(city: City) -> Waiting:
    """Looks in every ten minutes, and has something to do at the machine now and then."""
    due_s = city.tower.now_s + city.rng.uniform(HOUR_S, 6 * HOUR_S)
    while True:
        yield LOOKS_IN_S
        look_in(city)
        if city.tower.now_s < due_s or city.tower.state.volatile.snapshot is None:
            continue
        act = city.deal("technician", _ACTS)
        if act == "move":
            yield from _meanwhile(city, _move(city))
        elif act == "by_hand":
            yield from _by_hand(city)
        else:
            yield from _meanwhile(city, _fetch(city, promised=act == "fetch_promised"))
        due_s = city.tower.now_s + city.rng.uniform(4 * HOUR_S, 14 * HOUR_S)


def _meanwhile(city: City, act: Waiting) -> Waiting:
    """Do something, and look in while it goes on: nobody else helps."""
    looked_s = city.tower.now_s
    for pause_s in act:
        yield pause_s
        if city.tower.now_s - looked_s >= LOOKS_IN_S:
            look_in(city)
            looked_s = city.tower.now_s


def look_in(city: City) -> None:
    """Acknowledge, and where the machine stands do what `towerctl why` and `alarms` say."""
    tower = city.tower
    if tower.life is None:
        return
    city.tell(AlarmAcknowledged, "all", WHO)
    if any(one.code == "changes_unconfirmed" for one in obstacles(tower.state)):
        city.tell(by.ChangesConfirmed, WHO)
    helper = Technician(tower)
    for _ in range(ROUNDS):
        machine = tower.state.volatile.snapshot
        held = machine is None or machine.system.packml_state is not PackmlState.EXECUTE
        stands = held or tower.state.tables.faults or obstacles(tower.state) or tower.simulator.faults_active
        if not stands or tower.state.tables.meta.mqtt_hold or not helper.help():
            break
    for booth in tower.simulator.plant.booths:
        tower.simulator.press_clear(booth.number)


def _in_bays(city: City) -> list[str]:
    return [one.id for one in city.tower.state.tables.vehicles.values() if one.place.kind == "bay"]


def _promised(city: City) -> list[str]:
    """Cars in bays whose customers are to come within the hour."""
    soon_at = city.tower.now() + timedelta(hours=1)
    orders = [one for one in city.tower.state.tables.orders.values() if one.open and one.state != "awaiting_stock"]
    due = {one.vehicle for one in orders if one.slot is None or one.slot.from_at < soon_at}
    return [name for name in _in_bays(city) if name in due]


def _free_bays(city: City) -> list[Place]:
    layout, taken = city.tower.simulator.plant.layout, set(city.tower.simulator.truth().values())
    bays = [
        bay(floor, position) for floor in range(1, layout.floors + 1) for position in range(1, layout.positions + 1)
    ]
    return [place for place in bays if str(place) not in taken]


def _wait_for_move(city: City, answer: Answer | None) -> Waiting:
    """Until what was asked for is over; what takes too long is wanted no more."""
    if answer is None or not answer.ok:
        return
    number = (answer.result or {})["move"]
    for _ in range(PATIENCE):
        yield 3.0
        move = city.tower.state.tables.moves.get(number)
        if move is None or not move.open:
            return
    city.tell(MoveCancelled, number, WHO)


def _move(city: City) -> Waiting:
    """From one bay into another."""
    cars, free = _in_bays(city), _free_bays(city)
    if cars and free:
        answer = city.tell(
            lambda *args: MoveRequested("move", *args), city.rng.choice(cars), city.rng.choice(free), WHO
        )
        yield from _wait_for_move(city, answer)


def _fetch(city: City, *, promised: bool) -> Waiting:
    """Have a car brought, drive it off, and bring it back after a while; one that is promised with a reason."""
    for _ in range(100):
        cars = _promised(city) if promised else _in_bays(city)
        if cars and city.tower.life is not None:
            break
        yield LOOKS_IN_S
    else:
        return
    name = city.rng.choice(cars)
    reason = "tyres" if promised else None
    answer = city.tell(lambda *args: MoveRequested("fetch", name, None, WHO, *args, reason))
    yield from _wait_for_move(city, answer)
    yield city.rng.uniform(600.0, 3 * HOUR_S)
    for _ in range(20):
        row = city.tower.state.tables.vehicles.get(name)
        if row is None or row.place != OUT or "fetched" not in row.reasons:
            return
        city.tell(DriveInRequested, None, name, None, True, WHO)
        yield 1.0
        if (yield from city.driving_in(name)):
            return
        yield LOOKS_IN_S


def _by_hand(city: City) -> Waiting:
    """Key to Manual whatever goes on; one car from bay to bay by single commands; key to Auto, and what has changed is confirmed."""
    sim = city.tower.simulator
    sim.set_key(MANUAL)
    sim.enabling(True)
    yield 1.0
    yield from _lead_on(city)
    free = _free_bays(city)
    if free and (yield from _pick_up(city)) and (yield from _put_down(city, city.rng.choice(free))):
        city.did["moved by hand"] += 1
    # the process may have gone in the middle of it
    yield from _lead_on(city)
    for index in sorted(sim.plc.unlocked):
        floor, position = sim.plant.layout.bay_at(index)
        yield from _act(city, "lock", bay(floor, position))
    sim.enabling(False)
    sim.set_key(AUTO)
    for _ in range(10):
        yield 2.0
        answer = city.tell(by.ChangesConfirmed, WHO)
        if answer is not None and answer.ok:
            break
    look_in(city)


def _lead_on(city: City) -> Waiting:
    """The machine to Execute, which Manual needs, and the fork in; as long as it takes until somebody answers."""
    tower = city.tower
    for _ in range(3000):
        if tower.life is not None and tower.state.volatile.snapshot is not None:
            state = str(tower.view().packml)
            if state == "execute":
                break
            tower.simulator.press_reset()
            city.tell(AlarmAcknowledged, "all", WHO)
            if state in _LEAD:
                ask_packml(tower, _LEAD[state], WHO)
        yield 3.0
    if not tower.simulator.plant.fork_centred:
        yield from _act(city, "home", None, 2)


def _pick_up(city: City) -> Waiting:
    """A car onto the carriage, unless a job has left one there; gives whether it is."""
    truth = {place: name for name, place in city.tower.tower.truth().items()}
    if str(CARRIAGE) in truth:
        return True
    places = [parse_place(place) for place in sorted(truth) if place.startswith("bay:")]
    if not places:
        return False
    place = city.rng.choice(places)
    for verb in ("goto", "unlock", "get", "lock"):
        if not (yield from _act(city, verb, place)):
            return False
    return True


def _put_down(city: City, place: Place) -> Waiting:
    for verb in ("goto", "unlock", "put", "lock"):
        if not (yield from _act(city, verb, place)):
            return False
    return True


def _act(city: City, verb: by.HandVerb, place: Place | None, value: int = 0) -> Waiting:
    """One command by hand, asked for again while another one runs; gives whether it ended well."""
    for _ in range(60):
        answer = yield from _answered(city, by.HandAction(verb, place, value))
        if answer is None or answer.ok or not ("fork_unsettled" in answer.reasons or _is_busy(answer)):
            return answer is not None and answer.ok
        yield 2.0
    return False


def _is_busy(answer: Answer) -> bool:
    return (answer.result or {}).get("reject_code") == _BUSY


def _answered(city: City, action: by.HandAction) -> Waiting:
    """The answer to one command by hand; None where the process has gone before it came."""
    life = city.tower.life
    reply = city.reply()
    city.tower.take(by.ManualRequested(action, WHO, reply))
    while city.tower.life is life and life is not None:
        for answer in reversed(city.tower.answers):
            if answer.reply == reply:
                return answer
        yield 0.5
    return None
