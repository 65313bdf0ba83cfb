"""The parts of the tower: drives, locks, doors, vehicles, inputs, and where they are."""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator.booth import Booth
from simulator.cars import Car
from simulator.config import SimulatorConfig
from simulator.kinematics import Axis, Mechanism
from simulator.layout import FULL_TURN_CDEG, Layout, build_layout

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


class Mechanics:
    """The parts and their state. `revision` moves with every act from outside."""

    def __init__(self, config: SimulatorConfig) -> None:
        self.config = config
        self.layout: Layout = build_layout(config)
        kin = config.plant_kinematics
        self.stroke_mm = kin.fork_stroke_mm
        top_mm = config.floors * config.floor_height_mm
        self.lift = Axis("lift", 0.0, top_mm + 100.0, kin.lift_velocity_mm_s, kin.lift_acceleration_mm_s2)
        self.turntable = Axis(
            "turntable", 0.0, FULL_TURN_CDEG, kin.turntable_velocity_cdeg_s, kin.turntable_acceleration_cdeg_s2
        )
        self.turntable.full_turn = FULL_TURN_CDEG
        self.fork = Axis("fork", 0.0, self.stroke_mm, kin.fork_velocity_mm_s, kin.fork_acceleration_mm_s2)
        self.axes = (self.lift, self.turntable, self.fork)
        for axis in self.axes:
            axis.homed = config.homed
        self.pick = Mechanism(kin.pick_s)
        self.bays = [BayPlace(Mechanism(kin.lock_s, position_ratio=1.0)) for _ in range(config.bay_count)]
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
        self.false_tags: dict[str, int] = {}
        self.extra_mass_kg = 0
        self.collisions: list[str] = []
        self.revision = 0
        self.dirty_bays: set[int] = set(range(config.bay_count))
        self._moving_locks: set[int] = set()
        self._station_of: tuple[float, float] | None = None
        self._station: tuple[int, int] | None = None

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

    def touch(self) -> None:
        """Note that something was changed from outside."""
        self.revision += 1

    @property
    def fork_centred(self) -> bool:
        """The switch "fork centred"; it is valid unhomed. Of switch and homed axis the one counts that says less."""
        truth = self.fork.position <= CENTRED_TOLERANCE_MM
        if not self.carriage_forced:
            return truth
        return self.carriage_forced.get("fork_centred", truth) and (truth or not self.fork.homed)

    def station(self) -> tuple[int, int] | None:
        """The station in front of which the carriage really is, or None."""
        at = (self.lift.position, self.turntable.position)
        if at != self._station_of:
            self._station_of, self._station = at, self.layout.station_at(*at)
        return self._station

    def fork_place(self) -> tuple[int, int] | None:
        """The station into which the fork reaches, or None while it is centred."""
        return None if self.fork.position <= CENTRED_TOLERANCE_MM else self.station()

    def car_at(self, station: tuple[int, int]) -> Car | None:
        """The vehicle that stands in a bay or a cabin, not counting one on the fork."""
        floor, position = station
        if floor == 0:
            return self.booths[position - 1].car
        return self.bays[self.layout.bay_index(floor, position)].car

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
