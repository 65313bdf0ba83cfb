"""The view: the state as people and other programs see it. Pure; nothing leads back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from towerd.cabin.model import Cabin, CabinSensors, Signal
from towerd.faceid.liveness import PROMPT
from towerd.fsm.annunciator import in_flood
from towerd.fsm.book import book_of
from towerd.fsm.config import CoreConfig
from towerd.fsm.delivering import running_job
from towerd.fsm.ending import describe
from towerd.fsm.going_on import open_step, stands
from towerd.fsm.obstacles import obstacles
from towerd.fsm.orders import ready_s
from towerd.fsm.show_alarms import show_alarms
from towerd.fsm.show_bays import bay_views, place_views, vehicles_by_place
from towerd.fsm.show_hand import hand_view, job_views
from towerd.fsm.show_intakes import button_lost_s, driving_in, intake_views, owing_views
from towerd.fsm.show_moves import show_moves, show_stock_take
from towerd.fsm.state import Job, Size, State
from towerd.fsm.turn import Turn
from towerd.fsm.upkeep_show import device_views
from towerd.fsm.waiting import waiting
from towerd.lift.model import Axis
from towerd.orders.choice import orderable
from towerd.places import CARRIAGE, Place, cabin
from towerd.plc.codes import STOP_REASON_TEXT
from towerd.plc.snapshot import Snapshot
from towerd.view import Activity, BayView, CabinView, ChallengeView, LiftView, Obstacle, Offer, View

_UNKNOWN_LIFT = LiftView("unknown", None, None, None, None, None, None, None)
_BY_PURPOSE = {"fetch": "fetching", "bring": "bringing", "move": "moving", "identify": "reading_tag"}


@dataclass(frozen=True, slots=True)
class _Shown:
    """The state with what the view needs again and again."""

    state: State
    turn: Turn
    names: dict[Place, str]

    @property
    def machine(self) -> Snapshot | None:
        return self.turn.snapshot


def _lift(shown: _Shown) -> LiftView:
    machine = shown.machine
    if machine is None:
        return _UNKNOWN_LIFT
    lift: Axis = machine.lift
    return LiftView(
        quality="good",
        position_mm=lift.actual,
        velocity_mm_s=lift.velocity,
        floor=lift.station_floor,
        rotation_deg=machine.turntable.actual / 100.0,
        fork_mm=machine.fork.actual,
        loaded={"loaded": True, "empty": False}.get(machine.load.state),
        vehicle=shown.names.get(CARRIAGE),
    )


def _sign(number: int) -> str:
    return Signal(number).name.lower() if number in Signal._value2member_map_ else str(number)


def _cabin(shown: _Shown, door: Cabin) -> CabinView:
    orders = shown.state.tables.open_orders.values()
    order = next((order.id for order in orders if order.cabin == door.number), None)
    return CabinView(
        number=door.number,
        quality="good",
        outer_door=door.outer_door.name.lower(),
        inner_door=door.inner_door.name.lower(),
        vehicle=shown.names.get(cabin(door.number)),
        person=CabinSensors.PERSON_DETECTED in door.sensors,
        clear_confirmed=CabinSensors.CLEAR_CONFIRMED in door.sensors,
        signal=_sign(door.signal),
        order=order,
        tag=door.tag,
        occupied={"occupied": True, "empty": False}.get(door.content),
    )


def _unknown_cabins(size: Size) -> tuple[CabinView, ...]:
    nothing = dict.fromkeys(("outer_door", "inner_door", "vehicle", "person", "clear_confirmed", "signal", "order"))
    return tuple(CabinView(number=number, quality="unknown", **nothing) for number in range(1, size.cabins + 1))


def _unknown_bays(size: Size) -> tuple[BayView, ...]:
    nothing = dict.fromkeys(("occupied", "vehicle", "locked", "disabled", "fault", "reserved_for"))
    floors, positions = range(1, size.floors + 1), range(1, size.positions + 1)
    places = (f"{floor}-{position}" for floor in floors for position in positions)
    return tuple(BayView(place=place, quality="unknown", **nothing) for place in places)


def _what(state: State, job: Job | None, blocked: tuple[Obstacle, ...]) -> str:
    if job is not None:
        if stands(state, blocked):
            return "stopped"
        order = state.tables.orders.get(job.order or "")
        if job.order is None:
            return _BY_PURPOSE.get(job.purpose, "storing")
        return "staging" if order is not None and order.ahead else "delivering"
    for order in state.tables.open_orders.values():
        if order.state in ("staged", "ready", "handed_over"):
            return order.state
    return "stopped" if blocked else "idle"


def _last_end(state: State) -> datetime | None:
    ends = [row.ended_at for rows in (state.tables.jobs, state.tables.orders) for row in rows.values()]
    times = [at for at in (state.volatile.started_at, *ends) if at is not None]
    return max(times, default=None)


def _activity(shown: _Shown, blocked: tuple[Obstacle, ...], now: datetime) -> Activity:
    state = shown.state
    job, step = running_job(shown.turn), open_step(state)
    coming = driving_in(state.tables) if job is None else None
    what = coming[0] if coming is not None else _what(state, job, blocked)
    order = job.order if job is not None else None
    if order is None:
        due = (o.id for o in state.tables.open_orders.values() if o.state in ("staged", "ready", "handed_over"))
        order = next(due, None)
    remaining_s = None
    since_at = _last_end(state) or now
    if job is not None:
        since_at = job.started_at
    if job is not None and not stands(state, blocked):
        remaining_s = round(max(0.0, job.minimum_s - (now - job.started_at).total_seconds()), 1)
    doing = describe(step) if step else coming[1] if coming is not None else None
    return Activity(what, order, doing, since_at, remaining_s)


def _offers(shown: _Shown, config: CoreConfig) -> tuple[Offer, ...]:
    tables = shown.state.tables
    book = book_of(tables, shown.turn.snapshot)
    offers = []
    for one in orderable(book, config.rules, shown.turn.now):
        seconds = ready_s(shown.turn, one.vehicle)
        offers.append(Offer(one.vehicle, one.from_at, None if seconds is None else round(seconds, 1)))
    return tuple(offers)


def _ready_in_s(shown: _Shown, now: datetime) -> dict[str, float]:
    found: dict[str, float] = {}
    running = {job.order: job for job in shown.state.tables.jobs.values() if job.state == "running"}
    for order in shown.state.tables.open_orders.values():
        vehicle, job = shown.state.tables.vehicles.get(order.vehicle or ""), running.get(order.id)
        if vehicle is None:
            continue
        if job is not None:
            found[order.id] = round(max(0.0, job.minimum_s - (now - job.started_at).total_seconds()), 1)
        elif order.state in ("accepted", "arrived", "identified"):
            seconds = ready_s(shown.turn, vehicle)
            if seconds is not None:
                found[order.id] = round(seconds, 1)
        elif order.ahead:
            # but for the door the car is there
            kinematics = shown.turn.config.kinematics
            found[order.id] = round(kinematics.outer_door_s / kinematics.speed_up, 1)
    return found


def _challenge(state: State) -> ChallengeView | None:
    asked = state.volatile.asked
    return None if asked is None else ChallengeView(PROMPT[asked.ask], asked.ask, asked.made, asked.turns)


def _stations(shown: _Shown, now: datetime) -> dict[str, Any]:
    """Carriage, cabins and bays, and who drives into the cabins."""
    machine, tables = shown.machine, shown.state.tables
    # also before the PLC is there for the first time: the broker still holds what was known in the life before
    size = tables.meta.size or Size()
    return {
        "lift": _lift(shown),
        "cabins": tuple(_cabin(shown, door) for door in machine.cabins) if machine else _unknown_cabins(size),
        "intakes": intake_views(tables, now, shown.turn.config.intake.report_age_s),
        "owing": owing_views(tables),
        "button_lost_s": button_lost_s(tables, now),
        "bays": bay_views(tables, machine) if machine else _unknown_bays(size),
    }


def build_view(state: State, config: CoreConfig, turn: Turn) -> View:
    """The view of a state. `turn` is a fresh one over the same state: it lends its clock and its readings."""
    now, machine = turn.now, turn.snapshot
    shown = _Shown(state, turn, vehicles_by_place(state.tables.vehicles))
    size = state.tables.meta.size or Size()
    blocked = obstacles(state)
    system = machine.system if machine else None
    reason = system.stop_reason if system else 0
    return View(
        at=now,
        boot=state.tables.meta.boot,
        simulated=state.tables.meta.simulated,
        version=config.version,
        plc_good=machine is not None,
        plc_reason="" if machine is not None else state.volatile.plc_reason,
        mode=system.key_switch.name.lower() if system else None,
        packml=system.packml_state.name.lower() if system else None,
        stop_reason=STOP_REASON_TEXT.get(reason, str(reason)) if reason else None,
        activity=_activity(shown, blocked, now),
        can_deliver=not blocked,
        why_not=tuple(obstacle.code for obstacle in blocked),
        obstacles=blocked,
        waiting=waiting(turn),
        engine=config.engine,
        liveness=config.liveness or ("not_checked",),
        face_alone=config.face_alone,
        face_available=state.volatile.face_available,
        face_reason=state.volatile.face_reason,
        floors=size.floors,
        positions=size.positions,
        **_stations(shown, now),
        orders=tuple(state.tables.orders.values()),
        loans=tuple(state.tables.loans.values()),
        vehicles=tuple(state.tables.vehicles.values()),
        moves=show_moves(turn),
        stock_take=show_stock_take(state),
        photos=tuple(state.tables.photos.values()),
        offers=_offers(shown, config),
        alarms=show_alarms(state),
        alarm_flood=in_flood(state.tables),
        audit_seq=state.tables.meta.audit_seq,
        devices=device_views(state, config, now),
        challenge=_challenge(state),
        order_ready_in_s=_ready_in_s(shown, now),
        bus_connected=state.volatile.bus_connected,
        hand=hand_view(state, turn.mono_s),
        jobs=job_views(state, blocked),
        places=place_views(state.tables, machine),
        extra={"doing": state.volatile.doing, "packml_refusal": state.volatile.packml_refusal},
    )
