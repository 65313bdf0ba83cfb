"""What the program remembers of bays, clocks and counters, and what it reads from the plant."""

from __future__ import annotations

from simulator.cars import Car
from simulator.config import SimulatorConfig
from simulator.plant import Plant
from simulator.program.cabin import Cabin


class Status:
    """The part of the PLC that only looks: clocks, counters, bays, tags, gauges."""

    def __init__(self, config: SimulatorConfig, plant: Plant) -> None:
        self.config = config
        self.plant = plant
        kin = config.kinematics
        self.manual_ratio = kin.manual_ratio
        self.homing_ratio = kin.homing_ratio
        self.now_ms = 0
        self.utc_base_s = config.start_utc_s
        self.utc_base_ms = 0
        self.bay_changes = 0
        self.alarm_changes = 0
        self.unlocked: set[int] = set()
        self.disagreeing: set[int] = set()
        self.overhanging: set[int] = set()
        self.failed_locks: set[int] = set()

    @property
    def utc_s(self) -> int:
        """The PLC's own clock, Unix time; CTL sets it."""
        return self.utc_base_s + (self.now_ms - self.utc_base_ms) // 1000

    def set_utc(self, utc_s: int) -> None:
        """Take the PC's time."""
        if utc_s:
            self.utc_base_s, self.utc_base_ms = utc_s, self.now_ms

    @property
    def shaft_clear(self) -> bool:
        """Nobody in the shaft."""
        return not self.plant.inputs.shaft_person

    @property
    def gates_closed(self) -> bool:
        """All maintenance gates closed."""
        return not self.plant.inputs.gate_open

    @property
    def axes_still(self) -> bool:
        """Every axis at standstill (4.6)."""
        return not self.plant.axes_moving

    @property
    def overloaded(self) -> bool:
        """The fork or the carriage carries more than allowed."""
        return self.plant.fork_load_kg > self.config.limits.mass_kg

    def carriage_tag(self) -> int:
        """The tag read on the carriage; 0 none, unreadable, or one of two sensors (5.10)."""
        plant = self.plant
        readable = self.config.tag_reader and all(plant.load_sensors())
        return plant.tag_read(plant.carriage_car, "carriage") if readable else 0

    def cabin_tag(self, cabin: Cabin) -> int:
        """The tag read in a cabin; 0 none, unreadable, or one of two sensors."""
        car = self.plant.car_seen(cabin.booth)
        readable = cabin.occupied
        return self.plant.tag_read(car, f"cabin:{cabin.number}") if readable else 0

    def gauge_bits(self, car: Car | None) -> int:
        """The word `gauge` for a measured vehicle, 0 where there is none."""
        if car is None:
            return 0
        limits = self.config.limits
        return (
            1
            | (car.length_mm > limits.length_mm) << 1
            | (car.width_mm > limits.width_mm) << 2
            | (car.height_mm > limits.height_mm) << 3
            | (car.mass_kg > limits.mass_kg) << 4
        )

    def observe_bay(self, index: int) -> int:
        """The word of one bay; keeps the sets that the interlocks and the alarms ask."""
        bay = self.plant.bays[index]
        first, second = self.plant.place_sensors(self.plant.layout.bay_at(index))
        locked = self.plant.bay_locked(index)
        for group, member in (
            (self.unlocked, not locked),
            (self.disagreeing, first != second),
            (self.overhanging, bay.overhang),
        ):
            if member:
                group.add(index)
            else:
                group.discard(index)
        faulty = bay.faulty or index in self.failed_locks
        return (
            first
            | second << 1
            | locked << 2
            | faulty << 3
            | bay.disabled << 4
            | bay.overhang << 5
            | bay.size_class << 8
        )
