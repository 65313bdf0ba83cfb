"""The settings: one TOML file, every key known, every value checked before anything starts.

The unit of a quantity is the end of its name. A change applies at the next start unless its field says `Reloadable`
(then SIGHUP is enough). Relative paths count from the folder of the file. The environment is not read: the file says all.
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from towerd.lift.kinematics import Kinematics
from towerd.orders.rules import DriveRules, OrderRules
from towerd.paths import API_SOCKET
from towerd.settings_bays import BaySizes
from towerd.settings_intake import IntakeSettings
from towerd.settings_journal import JournalSettings
from towerd.settings_paging import AlarmSettings, PagingSettings
from towerd.settings_parts import (
    CabinAngles,
    Duration,
    FilePath,
    Host,
    Length,
    Positive,
    Ratio,
    Reloadable,
    Section,
    SocketPath,
)
from towerd.settings_photos import PhotoSettings
from towerd.settings_rates import RateSettings
from towerd.settings_release import ReleaseSettings
from towerd.settings_upkeep import UpkeepSettings

Role = Literal["viewer", "operator", "technician"]
Check = Literal["challenge", "passive"]
OrderKindName = Literal["test_drive", "collect", "stock_in", "stock_out"]


class TowerSettings(Section):
    """`[tower]`: which tower this is."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]
    """The tower's id in topics and tokens (orders-if.md 2)."""
    name: str = ""
    """What people call it; shown on the screens. Empty: the id."""


class PlcSettings(Section):
    """`[plc]`: how the PLC is reached: over TCP by `host`, or over RTU by `serial_port`."""

    host: Host | None = None
    """Host name or address of a Modbus TCP PLC."""
    port: Annotated[int, Field(ge=1, le=65535)] = 502
    """TCP port."""
    serial_port: Annotated[str, Field(min_length=1)] | None = None
    """Device of a Modbus RTU line, such as /dev/ttyUSB0."""
    baud: Literal[19200, 38400, 57600, 115200] = 115200
    """Baud rate of the RTU line; continuous jog needs 57600 or more (plc-if.md 1.8)."""
    device_id: Annotated[int, Field(ge=1, le=247)] = 1
    """Modbus device id."""
    poll_ms: Annotated[int, Field(ge=20, le=500)] = 100
    """How often the machine's state is read."""
    reply_limit_ms: Annotated[int, Field(ge=50, le=1000)] = 300
    """How long a reply may take; on RTU at most 250, which is the default there (plc-if.md 1.8)."""
    max_registers: Annotated[int, Field(ge=48, le=100)] = 100
    """Most registers in one read, for PLCs that give less than 100 (plc-if.md 1.4)."""

    @model_validator(mode="after")
    def _one_line(self) -> PlcSettings:
        if (self.host is None) == (self.serial_port is None):
            raise ValueError("give either host (Modbus TCP) or serial_port (Modbus RTU)")
        # the default is cut to 250 on a serial line; who asks for more there is told
        asked = "reply_limit_ms" in self.model_fields_set
        if self.serial_port is not None and asked and self.reply_limit_ms > 250:
            raise ValueError("reply_limit_ms is at most 250 on a serial line")
        return self


class KinematicsSettings(Section):
    """`[machine.kinematics]`: the tower's mechanics, for the forecast of how long a move takes. Nothing moves faster by it."""

    lift_mm_s: Positive = 1500.0
    """Greatest speed of the lift."""
    lift_mm_s2: Positive = 800.0
    """Acceleration of the lift."""
    turntable_deg_s: Positive = 30.0
    """Greatest speed of the turntable."""
    turntable_deg_s2: Positive = 20.0
    """Acceleration of the turntable."""
    fork_out_s: Positive = 4.0
    """The fork's way out, and the same in."""
    fork_pick_s: Positive = 1.0
    """Taking or leaving a vehicle with the fork out."""
    bay_lock_s: Positive = 1.0
    """Locking or unlocking a bay."""
    inner_door_s: Positive = 4.0
    """Opening or closing an inner door."""
    outer_door_s: Positive = 5.0
    """Opening or closing an outer door."""
    ground_mm: Length = 0.0
    """Lift height of the ground floor."""
    first_floor_mm: Length = 3000.0
    """Lift height of storage floor 1."""
    floor_pitch_mm: Positive = 2400.0
    """From one storage floor to the next."""
    cabin_deg: CabinAngles = (0.0, 180.0)
    """Turntable angle of each cabin."""
    positions: Annotated[int, Field(ge=1, le=99)] = 6
    """Bays on a floor."""
    speed_up: Annotated[float, Field(ge=1, le=1000)] = 1.0
    """How much faster a simulator's mechanics run; 1 on a real tower."""

    def value(self) -> Kinematics:
        """As the domain takes it."""
        return Kinematics(**self.model_dump())


class MachineSettings(Section):
    """`[machine]`: what the tower may do by itself, and its mechanics."""

    auto_start: bool = False
    """Whether towerd sends Reset and Start by itself when key and interlocks allow it."""
    resume_after_link_loss: bool = False
    """Whether towerd sends Unhold by itself when a lost link was the only cause (plc-if.md 3.3)."""
    stop_grace_s: Annotated[float, Field(ge=0, le=600)] = 10.0
    """How long a running motion may go on after SIGTERM before it is held."""
    kinematics: KinematicsSettings = KinematicsSettings()
    """The tower's mechanics."""
    bay_sizes: BaySizes = ()
    """What bays take, by the size class that the PLC gives each. Without it bays of class 0 take whatever the tower takes."""


class TlsSettings(Section):
    """`[mqtt.tls]`: the tower's certificate; the broker takes the client id from it (orders-if.md 8)."""

    ca_file: FilePath
    """Certificates of the authorities that may have signed the broker's."""
    cert_file: FilePath
    """The tower's certificate."""
    key_file: FilePath
    """The tower's private key."""


class MqttSettings(Section):
    """`[mqtt]`: the broker. Without `host` the tower works alone."""

    host: Host | None = None
    """Host name or address of the broker."""
    port: Annotated[int, Field(ge=1, le=65535)] = 8883
    """TCP port."""
    root: Annotated[str, Field(pattern=r"^[^/+#$\s][^+#\s]*[^/+#\s]$|^[^/+#$\s]$")] = "towerd"
    """First levels of every topic (orders-if.md 2)."""
    keep_alive_s: Annotated[int, Field(ge=5, le=600)] = 30
    """MQTT keep alive; after one and a half of it the broker publishes the will."""
    tls: TlsSettings | None = None
    """Absent: no TLS, for a broker on this machine only."""


class DriveSettings(Section):
    """`[orders.drive]`, and `[orders.by_model."Make Model"]` for rules of one model."""

    drive_s: Duration = 3 * 86400.0
    """How long a test drive lasts."""
    due_soon_s: Annotated[float, Field(ge=0, le=30 * 86400)] = 6 * 3600.0
    """How long before a drive's end it is told to be due soon."""
    free_credit_score: Annotated[int, Field(ge=0)] = 700
    """From this credit score on a member needs to pay no fee, and anybody may pay a purchase in instalments."""
    min_charge_ratio: Ratio = 0.5
    """An electric car leaves with at least this much charge."""

    def value(self) -> DriveRules:
        """As the domain takes it."""
        return DriveRules(**self.model_dump())


class OrderSettings(Section):
    """`[orders]`: the tower's own rules about orders (orders-if.md 4.4, 6.2)."""

    trust_clock: bool = False
    """Take the clock as it is, synchronised or not (orders-if.md 4.4). For demo and tests."""
    drive: DriveSettings = DriveSettings()
    """Rules of every model that has none of its own."""
    by_model: dict[str, DriveSettings] = Field(default_factory=dict)
    """Rules by `Make Model`."""
    release: ReleaseSettings = ReleaseSettings()
    """When a returned car is offered again without staff."""
    turnaround_s: Annotated[float, Field(ge=1800, le=30 * 86400)] = 2 * 3600.0
    """From a car's being due back until the next order may have it: it is driven in, looked at and released meanwhile."""
    max_ahead_s: Duration = 30 * 86400.0
    """How far ahead a slot or `wait_until` may lie."""
    slot_most_s: Duration = 86400.0
    """How long a slot may be; a longer one is `slot_conflict`, as nobody else has its vehicle meanwhile."""
    walk_in_s: Duration = 1800.0
    """How long an order without a slot waits for the customer."""
    lost_wait_s: Duration = 1800.0
    """How long an order waits for a vehicle that nobody can find, at least until the customer may come; then it ends as
    `vehicle_unavailable` (orders-if.md 5.3). So long after slot and last look it also ends where no car could be brought."""
    trial_limit: Annotated[int, Field(ge=0)] = 5
    """Test drives of one customer within `trial_window_s`."""
    trial_window_s: Duration = 60 * 86400.0
    """The time over which test drives are counted."""
    open_drives_per_customer: Annotated[int, Field(ge=1)] = 1
    """Cars out and test drives to come of one customer."""
    eligibility_age_s: Duration = 86400.0
    """How old the platform's word on a customer may be."""
    clock_leeway_s: Annotated[float, Field(ge=0, le=300)] = 30.0
    """Difference between clocks that a token may show."""
    unknown_charge_leaves: bool = False
    """Whether an electric car of unknown charge is offered."""
    wrong_codes_lock: Annotated[int, Field(ge=1)] = 5
    """Wrong codes in a row that lock a number's code."""
    wrong_codes_end: Annotated[int, Field(ge=1)] = 20
    """Wrong codes that end a number's code."""
    code_lock_s: Duration = 600.0
    """How long a code stays locked."""
    answers_kept_s: Annotated[float, Field(ge=0, le=86400)] = 60.0
    """How long an answer is kept after its request has expired."""
    answers_limit: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000
    """Answers kept at most; then `busy`."""
    down_payment_percent: Annotated[int, Field(ge=0, le=100)] = 10
    """The least part of the price that a purchase in instalments pays at once."""
    stock_out_a_day: Annotated[int, Field(ge=0)] = 10
    """Vehicles that dealers may take out within 24 h; then `rate_limited`."""
    deliveries_an_hour: Annotated[int, Field(ge=1)] = 240
    """Orders whose slots begin within the same 60 minutes, at most; then `rate_limited`."""
    rates: RateSettings = RateSettings()
    """How many orders a sender may hand in."""

    stage: bool = True
    """Whether a car is brought to a cabin before its customer comes, by the slot or an `eta` (orders-if.md 5.1 `staged`)."""
    stage_ahead_s: Annotated[float, Field(ge=0, le=3600)] = 60.0
    """How long before the slot begins, or the customer is expected, such a car is to stand in the cabin."""
    stage_keep_s: Duration = 1800.0
    """How long it waits there for its customer; then it goes back into a bay."""

    def value(self) -> OrderRules:
        """As the domain takes it."""
        plain = {field.name: getattr(self, field.name) for field in fields(OrderRules)}
        by_model = {name: rules.value() for name, rules in self.by_model.items()}
        own = {"drive": self.drive.value(), "by_model": by_model, "release": self.release.value()}
        return OrderRules(**(plain | own))


class FaceSettings(Section):
    """`[face]`: who is in view, and what that is enough for (orders-if.md 6.1)."""

    engine: Literal["opencv", "face_recognition"] = "opencv"
    """The embedder. `face_recognition` matches strangers far more often, and loads a landmark file whose training data
    excludes commercial use: for comparison, not for a site."""
    camera: str | None = None
    """Camera by index (0), stream by URL, or the path of a picture or a film. Absent: a tower without a camera."""
    liveness: tuple[Check, ...] = ("challenge",)
    """Checks a face must pass before it counts. A check that is not to be had leaves the code alone. Empty: none is
    demanded, and everything shown says `not_checked`."""
    liveness_models: FilePath | None = None
    """Folder of the two networks of the passive check; no package ships them."""
    challenge_turns: Annotated[int, Field(ge=2, le=5)] = 3
    """Turns of the head in one challenge. A film of somebody who looks about passes by chance: one time in 2 with 2 turns,
    in 6 with 3, in 14 with 4, in 30 with 5."""
    face_alone: tuple[OrderKindName, ...] = ("test_drive",)
    """Kinds of order for which a face is enough; others want the code too."""
    accept: Annotated[float, Field(ge=-1, le=1)] | None = None
    """Least mean similarity. Absent: the engine's measured value."""
    accept_one: Annotated[float, Field(ge=-1, le=1)] | None = None
    """Least mean similarity to the one order whose number was typed. Absent: the engine's measured value."""
    margin: Annotated[float, Field(ge=0, le=2)] | None = None
    """Least lead over the next person who waits. Absent: the engine's measured value."""
    frames: Annotated[int, Field(ge=1, le=60)] | None = None
    """Frames that a decision needs. Absent: the engine's measured value."""
    agreement_ratio: Ratio | None = None
    """Share of these frames in which the same person must come first. Absent: the engine's measured value."""


class ApiSettings(Section):
    """`[api]`: the local API on a Unix socket, and who may do what there."""

    socket: SocketPath = API_SOCKET
    """The socket (0660). towerd makes it and removes it."""
    group: str = "towerd"
    """Group of the socket, where there is one of that name."""
    users: Annotated[dict[str, Role], Reloadable()] = Field(default_factory=dict)
    """Role of each account. root and towerd's own account are technicians; whoever is not named may do nothing."""
    hmi_account: str | None = None
    """The account of the screens: the only one that may speak for another user."""


class KeySettings(Section):
    """`[keys]`: what must stay outside database and backups (orders-if.md 7.1)."""

    tower_key_file: Annotated[FilePath, Reloadable()]
    """The tower's private key (JWK, P-256) for tokens; made at the first start where it is missing. Read again with SIGHUP."""
    issuers_file: Annotated[FilePath, Reloadable()]
    """The key set: for each `kid` one issuer and the kinds it may sign (orders-if.md 4.2). Read again with SIGHUP."""
    code_secret_file: FilePath
    """The secret that pick-up codes are hashed under; made at the first start where it is missing."""
    faces_dir: FilePath
    """Folder of one key file an order; on an encrypted volume where the disk is flash. Beside it are the folders
    `customers` (what the tower calls them by), `photos` (of their cars) and `answers` (by which tokens are known again)."""

    @property
    def photos_dir(self) -> Path:
        """Folder of one key file a loan whose car was photographed."""
        return self.faces_dir.with_name("photos")

    @property
    def customers_dir(self) -> Path:
        """Folder of one key file a customer."""
        return self.faces_dir.with_name("customers")

    @property
    def answers_dir(self) -> Path:
        """Folder of the keys under which tokens are known again, each for a few hours."""
        return self.faces_dir.with_name("answers")


class LogSettings(Section):
    """`[log]`: what is told to the journal of the system."""

    level: Annotated[Literal["debug", "info", "warning", "error"], Reloadable()] = "info"
    """Least severity that is written."""
    format: Literal["auto", "json", "console"] = "auto"
    """`auto`: for people on a terminal, JSON lines else."""


class Settings(BaseSettings):
    """Everything that can be set. Frozen; made by `settings_file.load`."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    tower: TowerSettings
    """Which tower this is."""
    plc: PlcSettings
    """How the PLC is reached."""
    keys: KeySettings
    """Files that hold secrets."""
    machine: MachineSettings = MachineSettings()
    """What the tower may do by itself."""
    mqtt: MqttSettings = MqttSettings()
    """The broker."""
    orders: OrderSettings = OrderSettings()
    """Rules about orders."""
    face: FaceSettings = FaceSettings()
    """Faces."""
    intake: IntakeSettings = IntakeSettings()
    """Driving in."""
    photos: PhotoSettings = PhotoSettings()
    """Cameras in the cabins."""
    upkeep: UpkeepSettings = UpkeepSettings()
    """Wear and services."""
    alarms: AlarmSettings = AlarmSettings()
    """Alarms."""
    paging: PagingSettings = PagingSettings()
    """Who is told of alarms."""
    api: ApiSettings = ApiSettings()
    """The local API."""
    log: LogSettings = LogSettings()
    """What is told."""
    journal: JournalSettings = JournalSettings()
    """How much is kept."""
    state_dir: FilePath = Path("/var/lib/towerd")
    """Folder of the journal; made by the service manager, 0700."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The file only: a variable of the environment must not open a door."""
        return (init_settings,)

    @property
    def journal_path(self) -> Path:
        """The journal's file."""
        return self.state_dir / "journal.db"


def needing_restart(old: BaseModel, new: BaseModel, under: str = "") -> tuple[str, ...]:
    """The dotted keys whose values differ and that SIGHUP does not apply."""
    found: list[str] = []
    for name, info in type(old).model_fields.items():
        before, after = getattr(old, name), getattr(new, name)
        if before == after or any(isinstance(note, Reloadable) for note in info.metadata):
            continue
        if isinstance(before, BaseModel) and isinstance(after, BaseModel):
            found.extend(needing_restart(before, after, f"{under}{name}."))
        else:
            found.append(f"{under}{name}")
    return tuple(found)
