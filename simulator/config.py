"""What a simulated tower is made of: its size, its kinematics, its options. Pure values, no I/O."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

KEY_OFF, KEY_AUTO, KEY_MANUAL, KEY_MAINTENANCE = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class Kinematics:
    """Limits of the drives at full speed. The turntable counts in hundredths of a degree (cdeg)."""

    lift_velocity_mm_s: float = 800.0
    lift_acceleration_mm_s2: float = 400.0
    turntable_velocity_cdeg_s: float = 3000.0
    turntable_acceleration_cdeg_s2: float = 1500.0
    fork_velocity_mm_s: float = 600.0
    fork_acceleration_mm_s2: float = 600.0
    fork_stroke_mm: float = 2600.0
    pick_s: float = 1.5
    inner_door_s: float = 4.0
    outer_door_s: float = 5.0
    lock_s: float = 0.8
    manual_ratio: float = 0.25
    homing_ratio: float = 0.2

    def scaled(self, factor: float) -> Kinematics:
        """The same plant, every motion `factor` times as fast: velocities times it, accelerations times its square.

        Only the plant is scaled. The clocks of the contract (heartbeats, the 10 s of 5.8, `limit_ds`) are not.
        Raises ValueError unless the factor is above 0.
        """
        if factor <= 0:
            raise ValueError(f"speed-up must be above 0, not {factor}")
        square = factor * factor
        return replace(
            self,
            lift_velocity_mm_s=self.lift_velocity_mm_s * factor,
            lift_acceleration_mm_s2=self.lift_acceleration_mm_s2 * square,
            turntable_velocity_cdeg_s=self.turntable_velocity_cdeg_s * factor,
            turntable_acceleration_cdeg_s2=self.turntable_acceleration_cdeg_s2 * square,
            fork_velocity_mm_s=self.fork_velocity_mm_s * factor,
            fork_acceleration_mm_s2=self.fork_acceleration_mm_s2 * square,
            pick_s=self.pick_s / factor,
            inner_door_s=self.inner_door_s / factor,
            outer_door_s=self.outer_door_s / factor,
            lock_s=self.lock_s / factor,
        )


@dataclass(frozen=True, slots=True)
class VehicleLimits:
    """The largest vehicle that the tower takes (block ID)."""

    length_mm: int = 5200
    width_mm: int = 2100
    height_mm: int = 2000
    mass_kg: int = 2800


@dataclass(frozen=True, slots=True)
class Actors:
    """The people of the demo. Their times are people's times and never scaled."""

    auto_drive_off: bool = False
    customer_delay_s: float = 4.0
    boarding_s: float = 3.0
    driving_s: float = 2.0
    auto_press_clear: bool = False
    staff_delay_s: float = 5.0


@dataclass(frozen=True, slots=True)
class SimulatorConfig:
    """One simulated tower. Raises ValueError where a size is outside of what the register table allows."""

    floors: int = 5
    positions: int = 6
    cabins: int = 1
    floor_height_mm: int = 2500
    scan_ms: int = 10
    kinematics: Kinematics = field(default_factory=Kinematics)
    limits: VehicleLimits = field(default_factory=VehicleLimits)
    actors: Actors = field(default_factory=Actors)
    speed_up: float = 1.0
    seed: int = 1
    homed: bool = False
    restart_keeps_reference: bool = False
    key_switch: int = KEY_AUTO
    tag_reader: bool = True
    weigh_cell: bool = True
    generator: bool = False
    intercom: bool = False
    rated_person_detection: bool = True
    start_utc_s: int = 1_790_000_000
    firmware: int = 0x0001_0000

    def __post_init__(self) -> None:
        """Refuse a tower that the register table cannot show."""
        for name, number, low, high in (
            ("floors", self.floors, 1, 40),
            ("positions", self.positions, 1, 24),
            ("cabins", self.cabins, 1, 2),
            ("scan_ms", self.scan_ms, 1, 50),
            ("key_switch", self.key_switch, KEY_OFF, KEY_MAINTENANCE),
        ):
            if not low <= number <= high:
                raise ValueError(f"{name} must be {low} to {high}, not {number}")
        if self.speed_up <= 0:
            raise ValueError(f"speed_up must be above 0, not {self.speed_up}")

    @property
    def capabilities(self) -> int:
        """The word `ID.capabilities`; bit 15, this is a simulator, is always set."""
        flags = (self.tag_reader, self.weigh_cell, self.generator, self.intercom, self.rated_person_detection)
        return 1 << 15 | sum(1 << bit for bit, present in enumerate(flags) if present)

    @property
    def bay_count(self) -> int:
        """How many bays, and so how many words the block BAY has."""
        return self.floors * self.positions

    @property
    def plant_kinematics(self) -> Kinematics:
        """The kinematics with the speed-up in them."""
        return self.kinematics.scaled(self.speed_up)
