"""What befalls the machine of a tower for a long time: in the middle of a move, and on its wire."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.support.plant_watch import WatchedTower
from tests.support.sync_tower import TICK_S
from towerd.plc.snapshot import KeySwitch

STALE_S = 1.0
"""How long the last good picture counts without another."""


@dataclass
class Blow:
    """What befalls the machine once it has moved for so long."""

    after_s: float
    befall: Callable[[], None]


@dataclass
class HardTower(WatchedTower):
    """A tower whose machine fails in the middle of a move, and whose cable to the PLC is pulled."""

    def __post_init__(self) -> None:
        self.blow: Blow | None = None
        self.stale_at_s = self.plugged_at_s = 0.0
        super().__post_init__()

    def pull(self, gone_s: float) -> None:
        """The cable to the PLC is out for so long."""
        self.linked, self.stale_at_s, self.plugged_at_s = False, self.now_s + STALE_S, self.now_s + gone_s

    def work_link(self) -> None:
        """Lose the link, or have it back, when it is time."""
        if self.linked:
            return
        if self.now_s >= self.plugged_at_s:
            self.linked = True
        elif self.now_s >= self.stale_at_s:
            self.lose("no good value for 1.0 s")

    def befall(self, moved_s: float = 2 * TICK_S) -> None:
        """Let the blow fall once the machine has moved for long enough; not on a technician who works by hand."""
        blow = self.blow
        if blow is None or not self.simulator.plant.moving or self.by_hand:
            return
        blow.after_s -= moved_s
        if blow.after_s <= 0.0:
            self.blow = None
            blow.befall()

    @property
    def by_hand(self) -> bool:
        """Whether a technician has the key away from Auto."""
        return self.simulator.plant.inputs.key_switch != KeySwitch.AUTO

    @property
    def moving(self) -> bool:
        """Whether the machine or somebody in a cabin moves."""
        world, plant = self.simulator.world, self.simulator.plant
        steps = self.state.tables.steps.values()
        return plant.moving or world.people_under_way or any(row.open for row in steps)
