"""`Simulator`: plant, program and people behind four calls. It reads no clock; time passes only in `step`."""

from __future__ import annotations

import random
from collections.abc import Sequence

from simulator.cars import Car
from simulator.config import SimulatorConfig
from simulator.image import Image, ModbusError
from simulator.injection import Faulty, Injector
from simulator.plant import Plant
from simulator.program.mailbox import Executed
from simulator.program.plc import Plc
from simulator.scenario import Director, Step
from simulator.wire import Wire
from simulator.world import World


class Simulator(Faulty):
    """A simulated tower. The same calls give the same answers."""

    def __init__(self, config: SimulatorConfig | None = None, stock: Sequence[tuple[str, Car]] = ()) -> None:
        self.config = config or SimulatorConfig()
        self._rng = random.Random(self.config.seed)  # noqa: S311 - deterministic on purpose, nothing secret
        self.plant = Plant(self.config)
        self.image = Image(self.config.bay_count)
        self.frozen = False
        self.wire = Wire(self.config.seed)
        self.history = []
        self.injector = Injector(self)
        self.director = Director()
        for place, car in stock:
            self.place_vehicle(car, place)
        self.plc = Plc(self.plant, self.image, self._rng)
        self.world = World(self.plant, self.config.actors)
        self._left_us = 0

    @property
    def now_ms(self) -> int:
        """Time since the simulator began, ms."""
        return self.world.now_ms

    def step(self, dt_s: float) -> None:
        """Let `dt_s` seconds pass, in scans of `scan_ms`; a rest shorter than a scan is kept for the next call."""
        self._left_us += round(dt_s * 1_000_000)
        scan_us = self.config.scan_ms * 1000
        scan_s = self.config.scan_ms / 1000
        plant, plc, world = self.plant, self.plc, self.world
        while self._left_us >= scan_us:
            self._left_us -= scan_us
            if plant.moving:
                plant.step(scan_s)
            world.step(self.config.scan_ms)
            if not self.director.idle:
                self.director.step(self)
            if not self.frozen:
                plc.scan()

    def play(self, steps: Sequence[Step]) -> None:
        """Let the steps of a scenario happen; their `at_s` counts from the simulator's beginning."""
        self.director.add(list(steps), self.now_ms)

    def read(self, address: int, count: int) -> list[int]:
        """Read holding registers. Raises ModbusException 2 or 3, or the code of a fault on the wire."""
        self._refuse_by_fault()
        words = self.image.read(address, count)
        return words if self.wire.draw("torn") is None else self.image.torn(address, words)

    def write(self, address: int, words: Sequence[int]) -> None:
        """Write holding registers. Raises ModbusException 2 or 3, or the code of a fault on the wire."""
        self._refuse_by_fault()
        self.image.write(address, words)

    def _refuse_by_fault(self) -> None:
        code = self.wire.draw("exception")
        if code is not None:
            raise ModbusError(int(code))

    def restart_plc(self, keep_reference: bool | None = None) -> None:
        """The PLC starts anew (4.7): a new boot_id, new epochs, taken_seq 0; vehicles and doors stay where they are.

        The axes keep their reference where the settings or `keep_reference` say so.
        """
        before = self.plc
        self.plant.halt()
        keeps = self.config.restart_keeps_reference if keep_reference is None else keep_reference
        for axis in self.plant.axes:
            axis.homed = axis.homed and keeps
        self.frozen = False
        self.plc = Plc(self.plant, self.image, self._rng, retained=before)

    @property
    def executed(self) -> list[Executed]:
        """Every command that the PLC really executed, oldest first, over all its starts."""
        return self.plc.executed

    def truth(self) -> dict[int, str]:
        """Where every vehicle really is: tag → `bay:3-4`, `carriage`, `cabin:1` or `gone`."""
        return self.plant.truth()
