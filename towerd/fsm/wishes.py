"""Who waits for the carriage, since when, and which places would do. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from towerd.bays.model import content, is_usable
from towerd.bays.sizes import tightness
from towerd.cabin.model import DoorState
from towerd.fsm.book import at_work, open_moves, order_of
from towerd.fsm.inventory import is_disabled, is_unknown
from towerd.fsm.room import has_room
from towerd.fsm.state import Move, Tables
from towerd.fsm.turn import Turn
from towerd.jobs.transfer import kept_at
from towerd.orders.model import DUE, Order, Vehicle
from towerd.places import CARRIAGE, Place, cabin
from towerd.planner.model import Wish, WishKind
from towerd.plc.snapshot import Capability, Snapshot

_MOVABLE = ("bay", "carriage", "cabin")


def free_cabins(turn: Turn, machine: Snapshot) -> tuple[Place, ...]:
    """Cabins that are empty, shut and nobody's; where some are confirmed clear, or at least deserted, only those."""
    taken = {order.cabin for order in turn.tables.open_orders.values() if order.cabin is not None}
    taken |= {intake.cabin for intake in turn.tables.intakes.values() if intake.open}
    free = [
        shown
        for shown in machine.cabins
        if shown.number not in taken and shown.content == "empty" and shown.outer_door is DoorState.CLOSED
    ]
    # a forgotten button in one cabin keeps nobody from the other
    chosen = [shown for shown in free if shown.clear] or [shown for shown in free if shown.deserted] or free
    return tuple(cabin(shown.number) for shown in chosen)


def free_bays(turn: Turn, machine: Snapshot, vehicle: Vehicle | None) -> tuple[Place, ...]:
    """Bays that are free and large enough for a vehicle; None: one of which nothing is known."""
    return tuple(place for place in open_bays(turn, machine) if has_room(turn, machine, place, vehicle))


def best_bays(turn: Turn, machine: Snapshot, vehicle: Vehicle) -> tuple[Place, ...]:
    """The free bays where a vehicle takes no more room than it needs."""
    free, table = free_bays(turn, machine, vehicle), turn.config.bay_sizes
    if len(table) < 2:
        return free
    rooms = {place: tightness(machine.bay_word(place.floor, place.position), table) for place in free}
    least = min(rooms.values(), default=())
    return tuple(place for place in free if rooms[place] == least)


def open_bays(turn: Turn, machine: Snapshot) -> tuple[Place, ...]:
    """Bays that are empty and usable, and that nobody has asked for, whatever their size."""
    taken = {vehicle.place for vehicle in turn.tables.vehicles.values()}
    taken |= {place for move in open_moves(turn.tables) if (place := _kept_for(move)) is not None}
    return tuple(place for place in _usable_bays(turn, machine) if place not in taken)


def _kept_for(move: Move) -> Place | None:
    return move.source if move.purpose == "identify" else move.target


def bay_denies(turn: Turn, machine: Snapshot, place: Place) -> str | None:
    """Why no vehicle may be put into a bay now, as a reason of a job; None where one may."""
    word = machine.bay_word(place.floor, place.position)
    if not is_usable(word):
        return "bay_out_of_service"
    if content(word) != "empty" or is_unknown(turn.tables, place):
        return "place_sensors_disagree"
    return "bay_disabled" if is_disabled(turn.tables, place) else None


def _usable_bays(turn: Turn, machine: Snapshot) -> list[Place]:
    return [place for place, _word in machine.bays() if bay_denies(turn, machine, place) is None]


def is_stopped(tables: Tables, order: Order) -> bool:
    """Whether a technician has cancelled the order's last job, and nobody has resumed it yet."""
    last = next((job for job in reversed(tables.jobs.values()) if job.order == order.id), None)
    return last is not None and last.stopped_by is not None


def _order_targets(machine: Snapshot, order: Order, vehicle: Vehicle, cabins: tuple[Place, ...]) -> tuple[Place, ...]:
    """Where an order's vehicle may go now; none where it stands in its cabin, or cannot be moved."""
    if vehicle.place.kind == "cabin":
        # wherever it was put, by hand or before it was ordered, is the order's cabin from now on, once it is shut
        shut = machine.cabin(vehicle.place.position).inner_door is DoorState.CLOSED
        return () if order.cabin == vehicle.place.position and shut else (vehicle.place,)
    if vehicle.place.kind not in ("bay", "carriage"):
        return ()
    if order.cabin is None:
        return cabins
    # another car may still stand in it: one that turned out to be the wrong one
    return (cabin(order.cabin),) if machine.cabin(order.cabin).content == "empty" else ()


def due_orders(turn: Turn) -> Iterator[tuple[Order, Vehicle]]:
    """Orders whose customers have been at the gate, with the vehicles that nobody keeps from being brought."""
    for order in turn.tables.open_orders.values():
        if order.state not in DUE or order.kind == "stock_in" or order.ahead:
            continue
        vehicle = turn.tables.vehicles.get(order.vehicle or "")
        if vehicle is not None and not is_stopped(turn.tables, order) and not is_disabled(turn.tables, vehicle.place):
            yield order, vehicle


def delivery_wishes(turn: Turn, machine: Snapshot) -> list[Wish]:
    """Customers who have been at the gate, since they first were."""
    due = list(due_orders(turn))
    cabins = free_cabins(turn, machine) if due else ()
    wishes = []
    for order, vehicle in due:
        targets = _order_targets(machine, order, vehicle, cabins)
        if targets:
            wishes.append(Wish(order.id, vehicle.id, vehicle.place, targets, order.waits_since_at.timestamp()))
    return wishes


def reads_tags(machine: Snapshot) -> bool:
    """Whether the carriage reads tags; without, they are read in the cabins."""
    return Capability.CARRIAGE_TAG_READER in machine.identity.capabilities


def _identify_targets(turn: Turn, machine: Snapshot, move: Move, vehicle: Vehicle) -> tuple[Place, ...]:
    if move.tag is not None or vehicle.place.kind != "bay":
        return (move.source,) if move.tag is not None and vehicle.place.kind != "bay" else ()
    return (CARRIAGE,) if reads_tags(machine) else free_cabins(turn, machine)


def move_targets(turn: Turn, machine: Snapshot, move: Move) -> tuple[Place, ...]:
    """Where a move's vehicle may go now; none where it is there already, or must wait."""
    vehicle = turn.tables.vehicles[move.vehicle]
    if move.state != "asked" or at_work(turn.tables, move) or vehicle.place.kind not in _MOVABLE:
        return ()
    match move.purpose:
        case "identify":
            return _identify_targets(turn, machine, move, vehicle)
        case "fetch" | "bring":
            if vehicle.place.kind == "cabin" and move.target in (None, vehicle.place):
                return ()
            cabins = free_cabins(turn, machine)
            return cabins if move.target is None else tuple(place for place in cabins if place == move.target)
        case "move":
            usable = [place for place in _usable_bays(turn, machine) if place == move.target]
            return tuple(place for place in usable if has_room(turn, machine, place, vehicle))
        case _:
            return best_bays(turn, machine, vehicle) if vehicle.place.kind != "bay" else ()


def _move_wishes(turn: Turn, machine: Snapshot) -> list[Wish]:
    """Moves that somebody waits for, and tags that may be read when nobody does."""
    wishes: list[Wish] = []
    for move in open_moves(turn.tables):
        targets = move_targets(turn, machine, move)
        if targets:
            place = turn.tables.vehicles[move.vehicle].place
            # a car whose tag is being read goes home as anybody's; to fetch it has time
            kind: WishKind = "idle" if move.purpose == "identify" and place == move.source else "serve"
            wishes.append(Wish(None, move.vehicle, place, targets, move.asked_at.timestamp(), kind))
    return wishes


def stranded_since_s(turn: Turn, vehicle: str) -> float:
    """Since when nobody wants a vehicle any more, s since 1970; 0 where that is longer ago than anything remembered."""
    tables = turn.tables
    ends = [job.ended_at for job in tables.jobs.values() if job.vehicle == vehicle]
    ends += [order.ended_at for order in tables.orders.values() if order.vehicle == vehicle]
    ends += [move.ended_at for move in tables.moves.values() if move.vehicle == vehicle]
    return max((at.timestamp() for at in ends if at is not None), default=0.0)


def _is_there(order: Order) -> bool:
    """Whether an order wants its vehicle out of its bay: the customer has come, or it is brought forward."""
    return order.ahead or order.state not in ("accepted", "awaiting_stock")


def stranded(turn: Turn) -> list[Vehicle]:
    """Vehicles on the carriage or in a cabin that no order and no move wants there: they go into a free bay."""
    inside = [vehicle for vehicle in turn.tables.vehicles.values() if vehicle.place.kind in ("carriage", "cabin")]
    if not inside:
        return []
    moved = {move.vehicle for move in open_moves(turn.tables)}
    return [one for one in inside if one.id not in moved and not stays(turn, one)]


def stays(turn: Turn, vehicle: Vehicle) -> bool:
    """Whether a vehicle on the carriage or in a cabin is an order's there, and handed over where it stands."""
    order = order_of(turn, vehicle.id)
    return order is not None and order.kind != "stock_in" and _is_there(order) and not is_stopped(turn.tables, order)


def may_be_taken(turn: Turn, machine: Snapshot, wish: Wish) -> bool:
    """Whether the carriage could take a wish's vehicle from where it stands."""
    # the carriage goes for no car that it could not take: somebody has to act first, and others are served meanwhile
    if wish.source == CARRIAGE or wish.targets == (wish.source,):
        return True
    if wish.source.kind == "cabin" and not machine.cabin(wish.source.position).fork_may_enter:
        return False
    return kept_at(machine, wish.source) is None and not is_disabled(turn.tables, wish.source)


def wishes_now(turn: Turn, machine: Snapshot) -> tuple[Wish, ...]:
    """Everything that the carriage could do next for those who are there."""
    wishes = delivery_wishes(turn, machine)
    if turn.tables.moves:
        wishes += _move_wishes(turn, machine)
    for one in stranded(turn):
        bays = best_bays(turn, machine, one)
        wishes.append(Wish(None, one.id, one.place, bays, stranded_since_s(turn, one.id)))
    wishes = [wish for wish in wishes if may_be_taken(turn, machine, wish)]
    carried = [wish for wish in wishes if wish.source == CARRIAGE]
    if carried or machine.load.state != "empty":
        # a loaded carriage can fetch nothing: what is on it goes first, whoever waits longer
        return tuple(carried)
    return tuple(wishes)
