"""Why there is no place for a vehicle to go to, which ones nobody can take away, and what nobody knows. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from towerd.bays.model import BayBits
from towerd.cabin.model import Cabin, DoorState
from towerd.fsm.book import fetch_at, open_moves
from towerd.fsm.delivering import open_job
from towerd.fsm.intake_book import intake_in
from towerd.fsm.inventory import is_disabled, vehicle_at
from towerd.fsm.turn import Turn
from towerd.fsm.waiting_carriage import cannot_be_taken, unrecorded
from towerd.fsm.waiting_words import Words, words_for
from towerd.fsm.wishes import free_bays, open_bays, stranded
from towerd.orders.model import Vehicle
from towerd.orders.release import WORDS
from towerd.places import CARRIAGE, Place, cabin
from towerd.plc.snapshot import Snapshot
from towerd.view import Waiting

NO_BAY = Words(
    "no_free_bay",
    "There is no free bay for the car",
    "Free a bay: towerctl bay show shows them; towerctl bay enable BAY --reason …, or fetch a car out.",
)
_NO_BAY_FITS = Words(
    "no_bay_fits",
    "The free bays are too small for the car, or of a size class that the settings do not name",
    "Free a larger bay: towerctl bay show shows them; machine.bay_sizes says what each class takes.",
)
_BY_HAND = "Its car can be had by hand, with the key at Manual."
_OUT_OF_SERVICE = (
    (BayBits.DISABLED, "Bay {} is disabled at the PLC's panel", f"Enable it at the panel. {_BY_HAND}"),
    (
        BayBits.FAULT,
        "The PLC says that bay {} is faulty",
        f"towerctl alarms --cure; look at lock and sensors. {_BY_HAND}",
    ),
    (
        BayBits.OVERHANG,
        "A car reaches out of bay {}",
        "Look into the bay; put the car right by hand, with the key at Manual.",
    ),
)


def bay_words(turn: Turn, machine: Snapshot, place: Place) -> Words | None:
    """Why nothing is brought to a bay or fetched from it; None where it may be, or where the place is no bay."""
    if place.kind != "bay":
        return None
    name = f"{place.floor}-{place.position}"
    if is_disabled(turn.tables, place):
        cure = f"towerctl bay enable {name} --reason …"
        return Words("bay_disabled", f"A technician has disabled bay {name}", cure)
    word = machine.bay_word(place.floor, place.position)
    return next(
        (Words("bay_out_of_service", text.format(name), cure) for bit, text, cure in _OUT_OF_SERVICE if word & bit),
        None,
    )


def no_bay(turn: Turn, machine: Snapshot, vehicle: Vehicle) -> Words | None:
    """Why there is no bay for a vehicle; None where there is one."""
    if free_bays(turn, machine, vehicle):
        return None
    return _NO_BAY_FITS if open_bays(turn, machine) else NO_BAY


def lost_words(vehicle: Vehicle) -> Words:
    """A vehicle that nobody knows the place of."""
    cure = f"Look where it stands, then: towerctl bay set PLACE {vehicle.id} --reason …"
    return Words("vehicle_unknown", f"Where {vehicle.id} stands is {vehicle.place}", cure)


def _holder(turn: Turn, shown: Cabin, but: str) -> tuple[str, str]:
    """Who has a cabin, and how it is freed; no cure where that comes by itself."""
    tables, number = turn.tables, shown.number
    order = next((one for one in tables.open_orders.values() if one.cabin == number and one.id != but), None)
    if order is not None:
        return f"order {order.number}", ""
    if intake_in(tables, number) is not None:
        return "a car that is driven in", ""
    kept = [move for move in open_moves(tables) if move.state == "arrived" and move.target == cabin(number)]
    if kept:
        return f"move {kept[0].id}, by {kept[0].by}", f"towerctl put-back {kept[0].vehicle}"
    if fetch_at(tables, number) is not None:
        return "a car that is fetched", ""
    if shown.content != "empty":
        car = vehicle_at(tables, cabin(number))
        what = car.id if car is not None else "something without a record"
        return what, words_for(f"cabin{number}_not_clear").cure
    if shown.outer_door is not DoorState.CLOSED:
        return "its outer door", words_for(f"outer_door{number}_not_closed").cure
    return "another", ""


def no_cabin(turn: Turn, machine: Snapshot, wanted: Place | None = None, but: str = "") -> Words:
    """Why no cabin is free, or not the wanted one; what order `but` has itself does not count."""
    held = [(one.number, *_holder(turn, one, but)) for one in machine.cabins if wanted in (None, cabin(one.number))]
    text = ", ".join(f"cabin {number} is held by {who}" for number, who, _cure in held)
    cures = list(dict.fromkeys(cure for _number, _who, cure in held if cure))
    cure = " Or: ".join(cures) or "It passes by itself once a cabin is free."
    return Words("no_free_cabin", f"No cabin is free: {text}", cure, "help" if cures else "machine")


def _stranded(turn: Turn, machine: Snapshot) -> list[Waiting]:
    found = []
    job = open_job(turn)
    for car in stranded(turn):
        if job is not None and job.vehicle == car.id:
            continue
        words = no_bay(turn, machine, car) or cannot_be_taken(turn, machine, car)
        if words is not None:
            found.append(Waiting(words.code, f"{car.id} in {car.place}", words.text, words.cure, words.asks))
    return found


def _doubt_words(place: Place, reason: str | None) -> Words:
    """A place of which nobody knows what stands in it."""
    name = f"{place.floor}-{place.position}" if place.kind == "bay" else str(place)
    cure = f"Look into it, then: towerctl bay set {name} VEHICLE or empty, with --reason …"
    if place.kind == "bay":
        cure += f" Or, if a car stands there: towerctl stock take {name}"
    return Words("place_unknown", f"What stands there is unknown: {reason or 'nobody has said'}", cure)


def unknown(turn: Turn, told: Sequence[Waiting]) -> list[Waiting]:
    """By the books: places in doubt, and vehicles of which nobody knows the place, but for what `told` says already."""
    found = []
    carriage_told = any(row.code == "carriage_unrecorded" for row in told)
    for record in turn.tables.bays.values():
        if record.unknown and not (record.place == CARRIAGE and carriage_told):
            words = _doubt_words(record.place, record.reason)
            found.append(Waiting(words.code, str(record.place), words.text, words.cure, words.asks, record.since_at))
    for car in turn.tables.vehicles.values():
        if car.place.kind == "unknown":
            words = lost_words(car)
            if not any(row.code == words.code and row.text.startswith(words.text) for row in told):
                found.append(Waiting(words.code, car.id, words.text, words.cure, words.asks, car.lost_at))
    return found


def inspections(turn: Turn) -> list[Waiting]:
    """Cars that came back and that the site's rule left to staff, with what spoke against them."""
    found = []
    for car in turn.tables.vehicles.values():
        if car.kept_for:
            cure = f"Look at it, then: towerctl stock condition {car.id} available --reason …"
            why = ", ".join(WORDS[reason] for reason in car.kept_for)
            words = Words("inspection_due", f"It came back and is not offered: {why}", cure)
            found.append(Waiting(words.code, car.id, words.text, words.cure, words.asks))
    return found


def waiting_places(turn: Turn, machine: Snapshot) -> list[Waiting]:
    """Vehicles that cannot be put away, and a carriage that carries nobody knows what: nothing else is fetched then."""
    found = _stranded(turn, machine)
    words = unrecorded(turn, machine)
    if words is not None:
        found.append(Waiting(words.code, "the carriage", words.text, words.cure, words.asks))
    return found
