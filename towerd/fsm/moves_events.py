"""What people ask the tower to move, and that they want it no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from towerd.fsm.reply import ReplyTo
from towerd.places import Place

AskedPurpose = Literal["fetch", "move", "bring", "put_back", "store"]


@dataclass(frozen=True, slots=True)
class MoveRequested:
    """A technician wants a vehicle moved.

    `what` names it by its id or by the place where it stands (`3-4`, `cabin:1`, `carriage`). `target` is the bay or the
    cabin; None: the best that is free. `reason` says why a car that an order needs is fetched all the same.
    """

    purpose: AskedPurpose
    what: str
    target: Place | None
    by: str
    reply: ReplyTo
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class MoveCancelled:
    """A technician wants this move no more; a car that is under way goes into a free bay."""

    move: int
    by: str
    reply: ReplyTo


@dataclass(frozen=True, slots=True)
class StockTakeRequested:
    """The tags in these bays are to be read when nothing else waits; no bay named: in all that are occupied."""

    bays: tuple[Place, ...]
    by: str
    reply: ReplyTo


@dataclass(frozen=True, slots=True)
class StockTakeCancelled:
    """What has not been read yet need not be."""

    by: str
    reply: ReplyTo


MoveEvent = MoveRequested | MoveCancelled | StockTakeRequested | StockTakeCancelled
