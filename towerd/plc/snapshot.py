"""One consistent picture of the machine, as last read from the PLC. Pure values; `decode.py` makes them from words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum, IntFlag, StrEnum

from towerd.cabin.model import Cabin
from towerd.lift.model import Axis, Load
from towerd.places import Place, bay


class Unit(StrEnum):
    """The four mailboxes (plc-if.md 5.1)."""

    CARRIAGE = "CARRIAGE"
    BAYS = "BAYS"
    CABIN1 = "CABIN1"
    CABIN2 = "CABIN2"


def cabin_unit(number: int) -> Unit:
    """The mailbox of cabin `number`."""
    return Unit(f"CABIN{number}")


class KeySwitch(IntEnum):
    """The key on the cabinet (4.1)."""

    OFF = 0
    AUTO = 1
    MANUAL = 2
    MAINTENANCE = 3


class PackmlState(IntEnum):
    """PackML states by the numbers of ISA-TR88.00.02 (4.2)."""

    CLEARING = 1
    STOPPED = 2
    STARTING = 3
    IDLE = 4
    SUSPENDED = 5
    EXECUTE = 6
    STOPPING = 7
    ABORTING = 8
    ABORTED = 9
    HOLDING = 10
    HELD = 11
    UNHOLDING = 12
    SUSPENDING = 13
    UNSUSPENDING = 14
    RESETTING = 15
    COMPLETING = 16
    COMPLETE = 17


class PackmlCommand(IntEnum):
    """PackML commands (registers.csv CTL.packml_command)."""

    NONE = 0
    RESET = 1
    START = 2
    STOP = 3
    HOLD = 4
    UNHOLD = 5
    ABORT = 8
    CLEAR = 9


class Capability(IntFlag):
    """ID.capabilities."""

    CARRIAGE_TAG_READER = 1 << 0
    WEIGH_CELL = 1 << 1
    GENERATOR = 1 << 2
    INTERCOM = 1 << 3
    RATED_PERSON_DETECTION = 1 << 4
    SIMULATOR = 1 << 15


class Safety(IntFlag):
    """SYS.safety."""

    ESTOP_CHAIN_OK = 1 << 0
    RESET_REQUIRED = 1 << 1
    SHAFT_CLEAR = 1 << 2
    MAINS_OK = 1 << 3
    DRIVES_ENABLED = 1 << 4
    ENABLING_SWITCH = 1 << 5
    FIRE_ALARM = 1 << 6
    OVERSPEED_OK = 1 << 7
    ROPE_OK = 1 << 8
    GATES_CLOSED = 1 << 9
    ON_GENERATOR = 1 << 10


class Interlock(IntFlag):
    """SYS.interlocks: what stops motion now."""

    ESTOP_CHAIN = 1 << 0
    DRIVES_OFF = 1 << 1
    NOT_HOMED = 1 << 2
    FORK_NOT_CENTRED = 1 << 3
    INNER_DOOR1_NOT_CLOSED = 1 << 4
    INNER_DOOR2_NOT_CLOSED = 1 << 5
    PERSON_CABIN1 = 1 << 6
    PERSON_CABIN2 = 1 << 7
    SHAFT_NOT_CLEAR = 1 << 8
    BAYS_NOT_LOCKED = 1 << 9
    VEHICLE_MISPLACED = 1 << 10
    OVERLOAD = 1 << 11
    OVERSPEED = 1 << 12
    SLACK_ROPE = 1 << 13
    FIRE = 1 << 14
    GATE_OPEN = 1 << 15


class MailboxState(IntEnum):
    """STS_*.state."""

    IDLE = 0
    ACCEPTED = 1
    BUSY = 2
    DONE = 3
    ERROR = 4
    ABORTED = 5
    HOLDING = 6


@dataclass(frozen=True, slots=True)
class Identity:
    """The ID block (2.1). Lengths in mm, mass in kg, scan in ms."""

    if_major: int
    if_minor: int
    boot_id: int
    floors: int
    positions: int
    cabins: int
    capabilities: Capability
    max_length_mm: int
    max_width_mm: int
    max_height_mm: int
    max_mass_kg: int
    scan_ms: int
    layout_crc: int
    firmware: int

    @property
    def simulated(self) -> bool:
        """Capability bit 15: this is a simulator."""
        return Capability.SIMULATOR in self.capabilities


@dataclass(frozen=True, slots=True)
class System:
    """The SYS block."""

    plc_heartbeat: int
    pc_heartbeat_echo: int
    link_state: int
    key_switch: KeySwitch
    packml_state: PackmlState
    stop_reason: int
    safety: Safety
    interlocks: Interlock
    alarms_active_count: int
    alarms_unacked_count: int
    bay_change_counter: int
    alarm_change_counter: int
    cabinet_temp_dc: int
    packml_ack_seq: int
    packml_reject_code: int
    pc_session_echo: int
    utc_s: int
    scan_max_ms: int
    boot_id: int


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One STS block (5.3). `last_result`: 3 done, 4 error, 5 aborted."""

    active_seq: int
    active_code: int
    state: MailboxState
    progress_pct: int
    last_seq: int
    last_result: int
    last_error: int
    reject_seq: int
    reject_code: int
    taken_seq: int
    fence_seq: int


@dataclass(frozen=True, slots=True)
class Alarms:
    """The ALM block: numbers of the active and of the unacknowledged alarms; `first_out` None where there is none (8.1)."""

    active: frozenset[int]
    unacked: frozenset[int]
    first_out: int | None
    first_out_utc_s: int


def bays_of(identity: Identity, words: Sequence[int]) -> Iterator[tuple[Place, int]]:
    """Every bay of a tower with its word, in the contract's order."""
    positions = identity.positions
    for index, word in enumerate(words):
        yield bay(index // positions + 1, index % positions + 1), word


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything read from the PLC that belongs together.

    `session` is the pc_session under which it was read. `mailboxes`, SYS and its boot_id come from one read (1.4).
    `cabins` has `identity.cabins` entries. `bay_words` has floors x positions words in the contract's order.
    """

    session: int
    identity: Identity
    system: System
    mailboxes: dict[Unit, Mailbox]
    lift: Axis
    turntable: Axis
    fork: Axis
    load: Load
    cabins: tuple[Cabin, ...]
    bay_words: tuple[int, ...]
    alarms: Alarms

    def bays(self) -> Iterator[tuple[Place, int]]:
        """Every bay with its word, in the contract's order."""
        return bays_of(self.identity, self.bay_words)

    def bay_word(self, floor: int, position: int) -> int:
        """The word of one bay. Raises IndexError outside the tower."""
        positions = self.identity.positions
        if not (1 <= floor <= self.identity.floors and 1 <= position <= positions):
            raise IndexError(f"no bay {floor}-{position}")
        return self.bay_words[(floor - 1) * positions + position - 1]

    def cabin(self, number: int) -> Cabin:
        """Cabin `number`, 1 or 2. Raises IndexError where the tower has none such."""
        if not 1 <= number <= len(self.cabins):
            raise IndexError(f"no cabin {number}")
        return self.cabins[number - 1]
