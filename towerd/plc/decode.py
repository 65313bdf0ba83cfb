"""Words of the blocks to the Snapshot. Pure; keeps what was decoded, so that an unchanged block keeps its object."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from towerd.cabin.model import Cabin
from towerd.cabin.registers import decode_cabin
from towerd.lift.model import Axis, Load
from towerd.lift.registers import decode_axis, decode_load
from towerd.plc.codec import FRAME_FIELDS, BadValueError, RangeError, check_range, check_read, decode_block
from towerd.plc.registers import blocks
from towerd.plc.snapshot import (
    Alarms,
    Capability,
    Identity,
    Interlock,
    KeySwitch,
    Mailbox,
    MailboxState,
    PackmlState,
    Safety,
    Snapshot,
    System,
    Unit,
)

NO_FIRST_OUT = 0xFFFF
ALARM_WORDS = 8
IDENTITY_FIELDS = tuple(Identity.__dataclass_fields__)


class IdentityError(Exception):
    """The device is not the PLC that may be commanded (2.1): which field, what was seen, what is wanted."""

    def __init__(self, field: str, seen: str, wanted: str) -> None:
        super().__init__(f"{field} is {seen}, wanted {wanted}")
        self.field = field
        self.seen = seen
        self.wanted = wanted


def decode_identity(words: Sequence[int]) -> Identity:
    """The ID block. Raises IdentityError on a wrong magic, major, word order, or a size outside of the table's range;
    BadBlockError on a wrong length.
    """
    values: dict[str, Any] = dict(decode_block("ID", words))
    for register in blocks()["ID"].fields:
        seen = values[register.field]
        try:
            check_range(register, seen)
        except RangeError:
            wanted = f"{register.minimum}"
            if register.maximum != register.minimum:
                wanted = f"{wanted} to {register.maximum}" if register.maximum else f"at least {wanted}"
            raise IdentityError(register.field, str(seen), wanted) from None
    values["capabilities"] = Capability(values["capabilities"])
    return Identity(**{field: values[field] for field in IDENTITY_FIELDS})


def decode_system(values: Mapping[str, int]) -> System:
    """The SYS block. Raises ValueError on a key position or PackML state that the contract does not know."""
    fields: dict[str, Any] = {name: value for name, value in values.items() if name not in FRAME_FIELDS}
    fields["key_switch"] = KeySwitch(values["key_switch"])
    fields["packml_state"] = PackmlState(values["packml_state"])
    fields["safety"] = Safety(values["safety"])
    fields["interlocks"] = Interlock(values["interlocks"])
    return System(**fields)


def decode_mailbox(values: Mapping[str, int]) -> Mailbox:
    """One STS block. Raises ValueError on a state that the contract does not know."""
    fields: dict[str, Any] = {name: value for name, value in values.items() if name not in FRAME_FIELDS}
    fields["state"] = MailboxState(values["state"])
    return Mailbox(**fields)


def _numbers(values: Mapping[str, int], prefix: str) -> frozenset[int]:
    return frozenset(
        16 * word + bit for word in range(ALARM_WORDS) for bit in range(16) if values[f"{prefix}_{word}"] >> bit & 1
    )


def decode_alarms(values: Mapping[str, int]) -> Alarms:
    """The ALM block (8.1)."""
    first_out = values["first_out"]
    return Alarms(
        active=_numbers(values, "active"),
        unacked=_numbers(values, "unacked"),
        first_out=None if first_out == NO_FIRST_OUT else first_out,
        first_out_utc_s=values["first_out_utc_s"],
    )


DECODERS: dict[str, Callable[[Mapping[str, int]], Any]] = {
    "SYS": decode_system,
    **{f"STS_{unit.value}": decode_mailbox for unit in Unit},
    "AX_LIFT": decode_axis,
    "AX_TURNTABLE": decode_axis,
    "AX_FORK": decode_axis,
    "LOAD": decode_load,
    "CAB1": lambda values: decode_cabin(1, values),
    "CAB2": lambda values: decode_cabin(2, values),
    "ALM": decode_alarms,
}


class Picture:
    """The newest good words of every block of one PLC start, and what they mean.

    A block whose words did not change is not decoded again and keeps its object: `is` tells what changed.
    """

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.words: dict[str, tuple[int, ...]] = {}
        self._values: dict[str, Any] = {}
        self._mailboxes: dict[Unit, Mailbox] = {}
        self._cabins: tuple[Cabin, ...] = ()

    def accept(self, name: str, words: Sequence[int]) -> None:
        """Take the words of block `name`. Raises BadBlockError, TornReadError or BadValueError; then nothing changes."""
        check_read(name, words)
        if self.words.get(name) == (taken := tuple(words)):
            return
        try:
            value = DECODERS[name](decode_block(name, words))
        except ValueError as error:
            raise BadValueError(f"{name}: {error}") from None
        self.words[name] = taken
        if self._values.get(name) != value:
            self._values[name] = value

    def accept_bays(self, words: Sequence[int]) -> None:
        """Take all bay words, floors x positions of them. Raises BadValueError on another number."""
        count = self.identity.floors * self.identity.positions
        if len(words) != count:
            raise BadValueError(f"BAY: {len(words)} words instead of {count}")
        if self.words.get("BAY") != (taken := tuple(words)):
            self.words["BAY"] = taken

    @property
    def system(self) -> System:
        """SYS as last read. Raises KeyError before the first read."""
        system: System = self._values["SYS"]
        return system

    def snapshot(self, session: int) -> Snapshot:
        """Everything read last, as one value. Raises KeyError while a block has never been read."""
        mailboxes = {unit: self._values[f"STS_{unit.value}"] for unit in Unit}
        if any(self._mailboxes.get(unit) is not mailbox for unit, mailbox in mailboxes.items()):
            self._mailboxes = mailboxes
        cabins = tuple(self._values[f"CAB{number}"] for number in range(1, self.identity.cabins + 1))
        if self._cabins != cabins:
            self._cabins = cabins
        lift: Axis = self._values["AX_LIFT"]
        load: Load = self._values["LOAD"]
        return Snapshot(
            session=session,
            identity=self.identity,
            system=self.system,
            mailboxes=self._mailboxes,
            lift=lift,
            turntable=self._values["AX_TURNTABLE"],
            fork=self._values["AX_FORK"],
            load=load,
            cabins=self._cabins,
            bay_words=self.words["BAY"],
            alarms=self._values["ALM"],
        )
