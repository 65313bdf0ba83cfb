"""What changed while the key was away from Auto, and that somebody has read it before Auto goes on. Pure.

When the key leaves Auto, what books and sensors say of every place is kept. When it is back, the two pictures are
compared: where they are the same Auto goes on, else a technician reads the list and confirms it. What moved by a job that
still ran, who drove out of a door that stood open, and a car that is being driven in count as no change.
"""

from __future__ import annotations

from dataclasses import replace

from towerd.fsm.hand import Denied, refuse
from towerd.fsm.manual_events import ChangesConfirmed
from towerd.fsm.state import PlaceBefore, State
from towerd.fsm.turn import Turn
from towerd.jobs.settle import fork_place
from towerd.jobs.transfer import content_of
from towerd.places import CARRIAGE, Place, cabin
from towerd.plc.codes import FORK_CODES
from towerd.plc.snapshot import KeySwitch, Snapshot
from towerd.view import Obstacle


def _places_now(state: State, machine: Snapshot) -> dict[str, PlaceBefore]:
    names = {vehicle.place: vehicle.id for vehicle in state.tables.vehicles.values()}
    bays = (place for place, _word in machine.bays())
    places = (*bays, CARRIAGE, *(cabin(shown.number) for shown in machine.cabins))
    return {str(place): PlaceBefore(place, names.get(place), content_of(machine, place)) for place in places}


def _words(row: PlaceBefore) -> str:
    if row.vehicle is None:
        return {"empty": "empty", "occupied": "occupied by an unknown vehicle"}.get(row.shown, "in doubt (one sensor)")
    return row.vehicle if row.shown == "occupied" else f"{row.vehicle} by the books, {row.shown} by the sensors"


def _in_flight(state: State) -> set[str]:
    """Places where the tower is at it: a fork command of a job that is not settled yet, cars that are driven in."""
    driven = {str(cabin(row.cabin)) for row in state.tables.intakes.values() if row.open}
    steps = (step for step in state.tables.steps.values() if step.by is None and step.code in FORK_CODES)
    open_steps = [step for step in steps if step.open or step.state == "settling"]
    return driven | {str(place) for step in open_steps for place in (fork_place(step.args), CARRIAGE)}


def changes(state: State) -> tuple[str, ...]:
    """Each place that is not as it was when the key left Auto, for people; empty while the key is away."""
    machine = state.volatile.snapshot
    if not state.tables.before or machine is None or machine.system.key_switch is not KeySwitch.AUTO:
        return ()
    now, moving = _places_now(state, machine), _in_flight(state)
    return tuple(
        f"{row.place} was {_words(row)}, is {_words(now[key])}"
        for key, row in state.tables.before.items()
        if key in now and now[key] != row and key not in moving
    )


def changes_obstacle(state: State) -> Obstacle | None:
    """What keeps Auto from going on after somebody worked by hand; None where nothing does."""
    found = changes(state)
    if not found:
        return None
    text = f"Changed while the key was away from Auto: {'; '.join(found)}"
    return Obstacle("changes_unconfirmed", text, "Compare with what you see, then: towerctl confirm-changes.")


def expected(turn: Turn, place: Place, vehicle: str | None) -> None:
    """A job that still ran has moved `vehicle` to a place, or what stood there has left it: that is no change by hand."""
    before = turn.tables.before.get(str(place))
    if before is not None:
        shown = "empty" if vehicle is None else "occupied"
        turn.put("before", str(place), replace(before, vehicle=vehicle, shown=shown))


def watch_key(turn: Turn, *, quiet: bool) -> None:
    """Keep the picture when the key leaves Auto; drop it when it is back and nothing has changed.

    `quiet`: no command that moves a vehicle is under way, and the places have been compared with the books.
    """
    machine = turn.snapshot
    if machine is None or turn.volatile.reconciled_session != machine.session:
        return
    away = machine.system.key_switch is not KeySwitch.AUTO
    if away and not turn.tables.before:
        for key, row in _places_now(turn.state, machine).items():
            turn.put("before", key, row)
    elif not away and quiet and turn.tables.before and not changes(turn.state):
        _forget(turn)


def _forget(turn: Turn) -> None:
    for key in tuple(turn.tables.before):
        turn.drop("before", key)


def changes_confirmed(turn: Turn, event: ChangesConfirmed) -> None:
    """A technician has read the list; places that disagree with the books are unknown by now and stay so."""
    machine = turn.snapshot
    if machine is None or not turn.volatile.places_checked:
        cure = "Wait until nothing moves and the fork is in (towerctl home fork), then ask again."
        refuse(turn, event.reply, Denied("not_compared", "the places have not been compared with the books yet", cure))
        return
    if machine.system.key_switch is not KeySwitch.AUTO:
        cure = "Turn the key on the cabinet to Auto first."
        refuse(turn, event.reply, Denied("key_not_auto", "what changed is compared when the key is at Auto", cure))
        return
    found = list(changes(turn.state))
    _forget(turn)
    turn.tell("manual_intervention", {"changes_confirmed": found, "by": event.by})
    turn.answer(event.reply, True, (), {"changes": found})
