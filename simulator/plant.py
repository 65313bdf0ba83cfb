"""The physical tower: drives, locks, doors, vehicles and people. It obeys; it decides nothing and knows no contract.

`Plant.step(dt_s)` is deterministic. `revision` moves with every act from outside, so that the program can tell a plant
in which nothing happened.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator.booth import Booth
from simulator.cars import Car
from simulator.config import SimulatorConfig
from simulator.kinematics import Axis, Mechanism
from simulator.layout import Layout, build_layout

FULL_OUT_TOLERANCE_MM = 5.0
CENTRED_TOLERANCE_MM = 2.0


@dataclass(slots=True)
class Inputs:
    """Switches and inputs of the cabinet."""

    key_switch: int
    enabling: bool = False
    chain_ok: bool = True
    fire: bool = False
    overspeed: bool = False
    slack_rope: bool = False
    gate_open: bool = False
    shaft_person: bool = False
    mains_ok: bool = True
    on_generator: bool = False
    ups_low: bool = False
    brake_fault: bool = False
    plc_internal: bool = False
    tag_unreadable: bool = False
    reset_pressed: bool = False
    cabinet_temp_dc: int = 250


@dataclass(slots=True)
class BayPlace:
    """A bay: its lock, its vehicle, what its sensors and its panel say."""

    lock: Mechanism
    car: Car | None = None
    disabled: bool = False
    faulty: bool = False
    overhang: bool = False
    size_class: int = 0
    forced: dict[str, bool] = field(default_factory=dict)


class Plant:
    """The tower's mechanics. Vehicles are in exactly one place: a bay, the carriage (fork included), a cabin, or gone."""

    def __init__(self, config: SimulatorConfig) -> None:
        self.config = config
        self.layout: Layout = build_layout(config)
        kin = config.plant_kinematics
        self.stroke_mm = kin.fork_stroke_mm
        top_mm = config.floors * config.floor_height_mm
        self.lift = Axis("lift", 0.0, top_mm + 100.0, kin.lift_velocity_mm_s, kin.lift_acceleration_mm_s2)
        self.turntable = Axis(
            "turntable", 0.0, 36_000.0, kin.turntable_velocity_cdeg_s, kin.turntable_acceleration_cdeg_s2
        )
        self.fork = Axis("fork", 0.0, self.stroke_mm, kin.fork_velocity_mm_s, kin.fork_acceleration_mm_s2)
        self.axes = (self.lift, self.turntable, self.fork)
        for axis in self.axes:
            axis.homed = config.homed
        self.pick = Mechanism(kin.pick_s)
        self.bays = [BayPlace(Mechanism(kin.lock_s, position=1.0)) for _ in range(config.bay_count)]
        self.booths = [
            Booth(number, Mechanism(kin.inner_door_s), Mechanism(kin.outer_door_s))
            for number in range(1, config.cabins + 1)
        ]
        self.inputs = Inputs(config.key_switch)
        self.carriage_car: Car | None = None
        self.carried = False
        self.carriage_off_centre = False
        self.carriage_forced: dict[str, bool] = {}
        self.gone: dict[int, Car] = {}
        self.false_tag: int | None = None
        self.collisions: list[str] = []
        self.revision = 0
        self.dirty_bays: set[int] = set(range(config.bay_count))
        self._moving_locks: set[int] = set()
        self._station_of: tuple[float, float] | None = None
        self._station: tuple[int, int] | None = None

    # Motion

    @property
    def powered(self) -> bool:
        """Whether mains or a generator carries the drives."""
        return self.inputs.mains_ok or self.inputs.on_generator

    @property
    def axes_moving(self) -> bool:
        """Whether an axis or the pick moves."""
        return self.lift.moving or self.turntable.moving or self.fork.moving or self.pick.direction != 0

    @property
    def moving(self) -> bool:
        """Whether anything at all is under way."""
        return self.axes_moving or bool(self._moving_locks) or any(booth.moving for booth in self.booths)

    def drive_lock(self, index: int, end: int) -> None:
        """Drive the lock of a bay: 1 locks, 0 unlocks."""
        self.bays[index].lock.drive(end)
        self._moving_locks.add(index)
        self.dirty_bays.add(index)

    def stop_lock(self, index: int) -> None:
        """Stop the lock of a bay where it is."""
        self.bays[index].lock.stop()
        self.dirty_bays.add(index)

    def touch(self) -> None:
        """Note that something was changed from outside."""
        self.revision += 1

    def step(self, dt_s: float) -> None:
        """Advance by `dt_s` seconds."""
        if self.powered:
            self._step_carriage(dt_s)
            self._step_locks(dt_s)
        for booth in self.booths:
            if booth.moving:
                booth.step(dt_s, self.powered)

    def _step_carriage(self, dt_s: float) -> None:
        self.lift.step(dt_s)
        self.turntable.step(dt_s)
        if self.fork.moving:
            self.fork.step(dt_s)
            self._mark_fork_bay()
        if self.pick.direction:
            self.pick.step(dt_s)
            if self.pick.direction == 0:
                self._hand_over()

    def _step_locks(self, dt_s: float) -> None:
        for index in tuple(self._moving_locks):
            lock = self.bays[index].lock
            lock.step(dt_s)
            self.dirty_bays.add(index)
            if lock.direction == 0:
                self._moving_locks.discard(index)

    # The fork and what is on it

    @property
    def fork_centred(self) -> bool:
        """The switch "fork centred"; it is valid unhomed."""
        truth = self.fork.position <= CENTRED_TOLERANCE_MM
        return self.carriage_forced.get("fork_centred", truth) if self.carriage_forced else truth

    def station(self) -> tuple[int, int] | None:
        """The station in front of which the carriage really is, or None."""
        at = (self.lift.position, self.turntable.position)
        if at != self._station_of:
            self._station_of, self._station = at, self.layout.station_at(*at)
        return self._station

    def fork_place(self) -> tuple[int, int] | None:
        """The station into which the fork reaches, or None while it is centred."""
        return None if self.fork.position <= CENTRED_TOLERANCE_MM else self.station()

    def _mark_fork_bay(self) -> None:
        station = self.station()
        if station is not None and station[0] > 0:
            self.dirty_bays.add(self.layout.bay_index(*station))

    def car_at(self, station: tuple[int, int]) -> Car | None:
        """The vehicle that stands in a bay or a cabin, not counting one on the fork."""
        floor, position = station
        if floor == 0:
            return self.booths[position - 1].car
        return self.bays[self.layout.bay_index(floor, position)].car

    def _set_car_at(self, station: tuple[int, int], car: Car | None) -> None:
        floor, position = station
        if floor == 0:
            self.booths[position - 1].car = car
            return
        index = self.layout.bay_index(floor, position)
        self.bays[index].car = car
        self.dirty_bays.add(index)

    def _hand_over(self) -> None:
        """The pick has reached an end: a vehicle changes between fork and place, or between fork and carriage."""
        raised = self.pick.position == 1.0
        if self.fork.position <= CENTRED_TOLERANCE_MM:
            self.carried = raised and self.carriage_car is not None
            return
        if abs(self.fork.position - self.stroke_mm) > FULL_OUT_TOLERANCE_MM:
            return
        station = self.station()
        if station is None:
            return
        if raised:
            self._take_from(station)
        elif self.carried:
            self._leave_at(station)

    def _take_from(self, station: tuple[int, int]) -> None:
        car = self.car_at(station)
        if car is None:
            return
        if self.carriage_car is not None:
            self.collisions.append(f"fork took tag {car.tag} with tag {self.carriage_car.tag} on the carriage")
            return
        self._set_car_at(station, None)
        self.carriage_car, self.carried = car, True

    def _leave_at(self, station: tuple[int, int]) -> None:
        standing = self.car_at(station)
        car = self.carriage_car
        if car is not None and standing is not None:
            self.collisions.append(f"fork left tag {car.tag} on tag {standing.tag}")
            return
        self._set_car_at(station, car)
        if station[0] == 0:
            self.booths[station[1] - 1].delivered = True
        self.carriage_car, self.carried = None, False

    @property
    def fork_load_kg(self) -> int:
        """What the fork feels while it is raised or rising, kg."""
        if self.carried and self.carriage_car is not None:
            return self.carriage_car.mass_kg
        if self.pick.position == 0.0 or self.fork.position <= CENTRED_TOLERANCE_MM:
            return 0
        station = self.station()
        car = self.car_at(station) if station is not None else None
        return car.mass_kg if car is not None else 0

    def load_sensors(self) -> tuple[bool, bool]:
        """The carriage's sensors: front, rear."""
        front = rear = self.carriage_car is not None
        if self.carried:
            front = front and self.fork.position < 0.2 * self.stroke_mm
            rear = rear and self.fork.position < 0.4 * self.stroke_mm
        if self.carriage_forced:
            front = self.carriage_forced.get("front", front)
            rear = self.carriage_forced.get("rear", rear)
        return front, rear

    def car_seen(self, booth: Booth) -> Car | None:
        """The vehicle that tag reader and gauge of a cabin see: the one that stands there, or one on the fork."""
        if booth.car is None and self.carried and self.fork_place() == (0, booth.number):
            return self.carriage_car
        return booth.car

    def place_sensors(self, station: tuple[int, int]) -> tuple[bool, bool]:
        """The two occupancy sensors of a bay or a cabin (front, rear)."""
        first = second = self.car_at(station) is not None
        if self.carried and not first and self.fork.position > 0.5 * self.stroke_mm and self.station() == station:
            first = True
            second = self.fork.position > 0.8 * self.stroke_mm
        floor, position = station
        if floor == 0:
            forced = self.booths[position - 1].forced
        else:
            forced = self.bays[self.layout.bay_index(floor, position)].forced
        if forced:
            first, second = forced.get("first", first), forced.get("second", second)
        return first, second

    def bay_locked(self, index: int) -> bool:
        """The lock's end switch: locked, and not on the way to anywhere else."""
        bay = self.bays[index]
        truth = bay.lock.at_one
        return bay.forced.get("locked", truth) if bay.forced else truth

    def doorway_clear(self, booth: Booth) -> bool:
        """Whether nothing reaches through the inner door of a cabin."""
        free = not booth.doorway_blocked and self.fork_place() != (0, booth.number)
        return booth.sense("doorway", free)

    # Vehicles' places

    def truth(self) -> dict[int, str]:
        """Tag → place: `bay:3-4`, `carriage`, `cabin:1` or `gone`."""
        places = {tag: "gone" for tag in self.gone}
        if self.carriage_car is not None:
            places[self.carriage_car.tag] = "carriage"
        for booth in self.booths:
            if booth.car is not None:
                places[booth.car.tag] = f"cabin:{booth.number}"
        for index, bay in enumerate(self.bays):
            if bay.car is not None:
                floor, position = self.layout.bay_at(index)
                places[bay.car.tag] = f"bay:{floor}-{position}"
        return places
