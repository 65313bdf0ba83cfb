"""The local API's work by hand: the lease, single commands, jog, and what changed while the key was away from Auto."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from towerd.api import payload
from towerd.api.answers import asked, refused
from towerd.api.callers import Core, Technician, Viewer
from towerd.fsm.manual import OVERRIDES
from towerd.fsm.manual_events import (
    ChangesConfirmed,
    HandAction,
    HandVerb,
    JogRequested,
    LeaseReleased,
    LeaseTaken,
    ManualCancelled,
    ManualRequested,
)
from towerd.places import Place, parse_place
from towerd.plc.snapshot import Unit

COMMAND_LIMIT_S: Final = 620.0
"""How long a request waits for the end of a command by hand: the PLC's own limit, and some."""
AXES: Final = {"lift": 0, "turntable": 1, "fork": 2}

router = APIRouter()


class Lease(BaseModel):
    """Whether the lease is taken from whoever holds it."""

    model_config = ConfigDict(extra="forbid")

    force: bool = False


class Command(BaseModel):
    """One command by hand. `value`: the axis of home (0, 1, 2, 9), 1 open and 0 close of a door, the number of a sign."""

    model_config = ConfigDict(extra="forbid")

    verb: HandVerb
    place: str | None = None
    value: Annotated[int, Field(ge=0, le=9)] = 0
    leave_out: tuple[Literal["first", "second", "front", "rear", "lock"], ...] = ()
    wait: bool = True


class Jog(BaseModel):
    """A key that is held down now; direction 0: it was let go. `step`: one step of mm or 0.01°."""

    model_config = ConfigDict(extra="forbid")

    axis: Literal["lift", "turntable", "fork"]
    direction: Literal[-1, 0, 1]
    speed_pct: Annotated[int, Field(ge=1, le=100)] = 100
    step: Annotated[int, Field(ge=0, le=200)] = 0


def place_of(text: str) -> Place | None:
    """A place as people write it; None where it is none."""
    try:
        return parse_place(text)
    except ValueError:
        return None


@router.get("/hand")
async def hand(core: Core, _caller: Viewer) -> dict[str, Any]:
    """Who commands by hand, what jogs, and what changed while the key was away from Auto (viewer)."""
    shown: dict[str, Any] = payload.jsonable(core.view_of().hand)
    return shown


@router.post("/lease")
async def take_lease(core: Core, caller: Technician, lease: Lease) -> JSONResponse:
    """Be the one who commands by hand; `force` takes it from another (technician)."""
    return await asked(core, lambda reply: LeaseTaken(caller.user, lease.force, reply))


@router.delete("/lease")
async def release_lease(core: Core, caller: Technician) -> JSONResponse:
    """Give the lease back (technician)."""
    return await asked(core, lambda reply: LeaseReleased(caller.user, reply))


@router.post("/manual")
async def manual(core: Core, caller: Technician, command: Command) -> JSONResponse:
    """One command by hand; answers when it has ended, or with `wait` false at once (technician)."""
    place = place_of(command.place) if command.place is not None else None
    if command.place is not None and place is None:
        return refused(422, ["malformed"], f"no place: {command.place} (bay as 3-4, cabin:1)")
    override = sum({OVERRIDES[name] for name in command.leave_out})
    action = HandAction(command.verb, place, command.value, override)
    return await asked(core, lambda reply: ManualRequested(action, caller.user, reply, command.wait), COMMAND_LIMIT_S)


@router.post("/manual/{unit}/cancel")
async def cancel(core: Core, caller: Technician, unit: str) -> JSONResponse:
    """Stop what runs in a mailbox (CARRIAGE, BAYS, CABIN1, CABIN2); a job whose command it was is held (technician)."""
    if unit.upper() not in set(Unit):
        return refused(404, ["no_such_unit"], f"there are {', '.join(Unit)}")
    return await asked(core, lambda reply: ManualCancelled(Unit(unit.upper()), caller.user, reply))


@router.post("/jog")
async def jog(core: Core, caller: Technician, word: Jog) -> JSONResponse:
    """One word of a jog key that is held down; send one every 100 ms, silence of 200 ms stops. A step is answered once the
    axis stands again, with what really moved (technician).
    """
    received_mono_s = asyncio.get_running_loop().time()
    axis = AXES[word.axis]
    return await asked(
        core,
        lambda reply: JogRequested(
            axis, word.direction, word.speed_pct, word.step, received_mono_s, caller.user, reply
        ),
        COMMAND_LIMIT_S if word.step else None,
    )


@router.post("/changes/confirm")
async def confirm_changes(core: Core, caller: Technician) -> JSONResponse:
    """What changed while the key was away from Auto has been read: Auto may go on (technician)."""
    return await asked(core, lambda reply: ChangesConfirmed(caller.user, reply))
