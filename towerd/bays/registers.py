"""The bays' block and commands (registers.csv BAY; plc-if.md 5). Pure."""

from __future__ import annotations

from towerd.plc.codes import Code, MailboxCommand


def bay_address(start: int, positions: int, floor: int, position: int) -> int:
    """The register of one bay; `start` is the block's first, `positions` the bays a floor. Raises ValueError below 1."""
    if floor < 1 or not 1 <= position <= positions:
        raise ValueError(f"no bay {floor}-{position}")
    return start + (floor - 1) * positions + position - 1


def bay_unlock(floor: int, position: int) -> MailboxCommand:
    """BAY_UNLOCK: open the lock of the bay where the carriage stands."""
    return MailboxCommand(Code.BAY_UNLOCK, (floor, position, 0, 0))


def bay_lock(floor: int, position: int) -> MailboxCommand:
    """BAY_LOCK: close the lock; the fork must be centred."""
    return MailboxCommand(Code.BAY_LOCK, (floor, position, 0, 0))
