"""Numbers of the PLC interface that are no registers: command codes, refusals, errors, stop reasons, with text for people."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

Args = tuple[int, int, int, int]


class Code(IntEnum):
    """Command codes of the mailboxes (plc-if.md 5)."""

    NOP = 0
    LIFT_TO = 1
    FORK_GET = 2
    FORK_PUT = 3
    HOME = 4
    BAY_UNLOCK = 10
    BAY_LOCK = 11
    INNER_DOOR = 20
    OUTER_DOOR = 21
    SIGNAL = 22
    CANCEL = 90


@dataclass(frozen=True, slots=True)
class MailboxCommand:
    """What a mailbox is asked to do: command code and arg0 to arg3 (plc-if.md 5). Sequence and session come later."""

    code: int
    args: Args


def nop() -> MailboxCommand:
    """The fence: NOP under the next seq (5.6)."""
    return MailboxCommand(Code.NOP, (0, 0, 0, 0))


def cancel(seq: int) -> MailboxCommand:
    """CANCEL of the running command `seq`, 1 to 65535 (5.7)."""
    return MailboxCommand(Code.CANCEL, (seq, 0, 0, 0))


REJECT_TEXT: dict[int, str] = {
    1: "unknown code",
    2: "argument out of range",
    3: "mailbox busy",
    4: "key switch does not allow it",
    5: "PackML state does not allow it",
    6: "interlock",
    7: "not homed",
    8: "link lost",
    9: "enabling switch not held",
    10: "person in the cabin or shaft, or cabin not confirmed clear",
    11: "the cabin's occupancy has changed since it was looked at",
    12: "sequence number behind or too far ahead",
}

ERROR_TEXT: dict[int, str] = {
    1: "interlock lost while running",
    2: "position not reached",
    3: "vehicle not taken or not left",
    4: "time limit",
    5: "drive fault",
    6: "stopped by abort, stop or e-stop",
    7: "door blocked three times",
    8: "sensor disagreement",
    9: "overload",
}

FORK_CODES: Final = (Code.FORK_GET, Code.FORK_PUT)
"""Commands that take or leave a vehicle."""

ERROR_INTERLOCK_LOST: Final = 1
"""last_error: a condition was lost while the command ran (plc-if.md 5)."""
ERROR_DOOR_BLOCKED: Final = 7
"""last_error: an outer door was blocked three times."""

STOP_REASON_TEXT: dict[int, str] = {
    0: "none",
    1: "command from the PC",
    2: "link to the PC lost",
    3: "emergency stop",
    4: "fire alarm",
    5: "overspeed",
    6: "slack rope",
    7: "drive fault",
    8: "person in a cabin",
    9: "exit button",
    10: "vehicle misplaced, or load sensors disagree",
    11: "mains lost",
    12: "key switch turned",
    13: "shaft gate open, or person in the shaft",
    14: "PLC internal",
    15: "enabling switch released",
    16: "another alarm",
}
