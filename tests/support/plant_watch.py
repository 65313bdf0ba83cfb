"""What must never happen in the shaft and at the doors, asked of the simulated plant itself, not of anybody's sensors."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from simulator.booth import Booth
from simulator.core import Simulator
from tests.support.sync_tower import START, SyncTower
from towerd.fsm import events as ev
from towerd.fsm.show import build_view
from towerd.fsm.turn import Turn
from towerd.view import View

_CENTRED_MM = 2.0
STOPPING_S = 1.5
"""How long what moves may need to stop once somebody has forced a door."""


@dataclass(slots=True)
class PlantWatch:
    """Keeps what was unsafe. What people do by force is theirs: a door they have forced may stand open, and the machine may
    need a moment to stop, but no longer.
    """

    seen: set[str] = field(default_factory=set)
    _forced: dict[tuple[int, str], float] = field(default_factory=dict)

    def force(self, cabin: int, door: str, now_s: float) -> None:
        """Somebody has opened this door by force, or by hand as the contract lets them (4.6)."""
        self._forced[cabin, door] = now_s

    def look(self, simulator: Simulator, now_s: float) -> None:
        """Look at the plant as it is."""
        plant = simulator.plant
        self.seen.update(plant.collisions)
        travelling = plant.lift.moving or plant.turntable.moving
        if travelling and plant.fork.position > _CENTRED_MM:
            self.seen.add("the carriage moves with the fork out")
        for booth in plant.booths:
            self._forget_closed(booth)
            self._look_at_doors(booth, travelling, now_s)
            outer_forced = (booth.number, "outer") in self._forced
            if plant.fork_place() == (0, booth.number) and booth.outer.position_ratio > 0.0 and not outer_forced:
                self.seen.add(f"the fork is in cabin {booth.number} with its outer door open")

    def _forget_closed(self, booth: Booth) -> None:
        for name, door in (("inner", booth.inner), ("outer", booth.outer)):
            if door.position_ratio == 0.0 and door.direction == 0:
                self._forced.pop((booth.number, name), None)

    def _look_at_doors(self, booth: Booth, travelling: bool, now_s: float) -> None:
        inner_open, outer_open = booth.inner.position_ratio > 0.0, booth.outer.position_ratio > 0.0
        forced = {door for cabin, door in self._forced if cabin == booth.number}
        if inner_open and outer_open and not forced:
            self.seen.add(f"both doors of cabin {booth.number} are open")
        stopping = now_s - self._forced.get((booth.number, "inner"), float("-inf")) < STOPPING_S
        if inner_open and travelling and not stopping:
            self.seen.add(f"the carriage moves with the inner door of cabin {booth.number} open")


@dataclass
class WatchedTower(SyncTower):
    """Whose plant somebody watches; who lets time pass looks after each tick."""

    def __post_init__(self) -> None:
        self.watch = PlantWatch()
        super().__post_init__()

    def view(self) -> View:
        """What `towerctl status` and `why` show now."""
        stamped = ev.Stamped(START + timedelta(seconds=self.now_s), self.now_s, ev.TimerExpired("view"))
        return build_view(self.state, self.tower.core, Turn(self.state, stamped, self.tower.core))

    def look_at_plant(self) -> None:
        """Keep what is unsafe now."""
        self.watch.look(self.simulator, self.now_s)
