"""A technician who knows nothing but what `towerctl why`, `alarms` and `status` show, and does what they say.

What has to be mended on the spot (a jammed drive, a stuck sensor) is mended when the program names it, never before.
"""

from __future__ import annotations

from tests.matrix.phases import ORDER
from tests.matrix.tower import MatrixTower
from tests.support.plant_watch import WatchedTower
from tests.support.sync_tower import ask_packml
from towerd.fsm import events as ev
from towerd.fsm.alarm_events import AlarmAcknowledged
from towerd.fsm.manual_events import PlaceSet
from towerd.fsm.reply import ReplyTo
from towerd.places import OUT, cabin, parse_place

API = ReplyTo("api", "technician")
_PACKML = {"packml_aborted": "clear", "packml_stopped": "reset", "packml_idle": "start", "packml_held": "unhold"}


def _mend(tower: WatchedTower) -> list[str]:
    done = [f"mend {fault.name}" for fault in tower.simulator.faults_active]
    for fault in tower.simulator.faults_active:
        tower.simulator.clear(fault.name, **fault.params)
    return done


def _look_into_places(tower: WatchedTower) -> list[str]:
    """Look into every place that is in doubt, and say what stands there (`towerctl bay set`); nothing where that is refused."""
    tables = tower.state.tables
    truth = {parse_place(place): vehicle for vehicle, place in tower.tower.truth().items() if place != "gone"}
    doubted = {record.place for record in tables.bays.values() if record.unknown}
    driven_in = {cabin(row.cabin) for row in tables.intakes.values() if row.open}
    known = {place: tables.vehicles[vehicle].place for place, vehicle in truth.items() if vehicle in tables.vehicles}
    moved = {place for place, booked in known.items() if booked != place} - driven_in
    said = []
    for place in sorted(doubted | moved, key=str):
        there = truth.get(place)
        is_back = there in tables.vehicles and tables.vehicles[there].place == OUT
        tower.take(PlaceSet(place, there, "looked", "technician", API, override=is_back))
        said.append(tower.answers[-1].ok)
    return ["look, bay set"] if any(said) else []


class Technician:
    """One visit of a technician. `help` does the next thing, and says what it was; nothing where nothing is shown.

    Who does not mend has no spare part at hand.
    """

    def __init__(self, tower: WatchedTower, *, mends: bool = True) -> None:
        self._tower = tower
        self._mends = mends
        self.done: list[str] = []

    def acknowledge(self) -> None:
        """Every alarm, at the console."""
        self._tower.take(AlarmAcknowledged("all", "technician", API))
        self.done.append("acknowledge")
        self._tower.tick(0.5)

    def help(self) -> bool:
        """Do what is shown to be done now; False where nothing is shown that a technician could do."""
        tower = self._tower
        view = tower.view()
        codes = [obstacle.code for obstacle in view.obstacles]
        alarms = [alarm.code for alarm in view.alarms]
        named = bool(codes or alarms)
        before = len(self.done)
        if named and self._mends:
            self.done += _mend(tower)
            tower.tick(0.5)
        if "reset_required" in codes:
            tower.simulator.press_reset()
            self.done.append("press reset")
            tower.tick(0.5)
        if "PLC-032" in codes and tower.simulator.plant.fork_place() == (0, 1):
            tower.watch.force(1, "outer", tower.now_s)
            tower.simulator.open_by_hand(1)
            self.done.append("outer door by hand")
            tower.tick(3.0)
        if any(alarm.startswith("PLC") for alarm in alarms):
            self.acknowledge()
        self._faults()
        if any(row.asks == "help" for row in view.waiting):
            # it may be refused as long as a command is not over yet: then it is asked for again
            self.done += _look_into_places(tower)
        self._lead(codes)
        return len(self.done) > before

    def _lead(self, codes: list[str]) -> None:
        """The machine to its next state, as `why` names the one that it is in."""
        for code in codes:
            if code in _PACKML:
                ask_packml(self._tower, _PACKML[code])
                self.done.append(f"packml {_PACKML[code]}")
                self._tower.tick(0.5)

    def _faults(self) -> None:
        tower = self._tower
        for number in tuple(tower.state.tables.faults):
            if number // 1000 == 3:
                self.done += _look_into_places(tower)
            tower.take(ev.FaultReset(number, "technician", API))
            self.done.append(f"reset {number}")
            tower.tick(0.5)


def customer(tower: MatrixTower) -> None:
    """Whoever waits shows who they are whenever they are asked, and whoever passes the cabin looks and presses."""
    for order in tower.state.tables.orders.values():
        asked = order.state in ("accepted", "arrived", "staged", "identified", "delivering")
        there = order.id != ORDER or tower.now_s >= tower.comes_s
        if asked and there and order.id not in tower.state.volatile.decisions:
            tower.code(order.id, right=True)
    for booth in tower.simulator.plant.booths:
        if not (booth.person or booth.motion or booth.stranger or booth.unrest):
            tower.simulator.press_clear(booth.number)
