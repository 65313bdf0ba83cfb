"""Checks of the first cabin's doors, and of the fork in it: empty, closed, and nobody near."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from towerd.plc.codes import Code
from towerd.plc.snapshot import Capability, Unit
from towerd.plctest.desk import Desk
from towerd.plctest.machine import (
    OCCUPIED,
    R_EPOCH,
    R_INTERLOCK,
    R_PERSON,
    STATE_LIMIT_S,
    bay_that_is,
    done,
    executing,
    loaded,
    refused,
)
from towerd.plctest.model import CheckFailedError, Checks, Please, expect, need

CABINS = Checks(moves=True)
CABIN = (0, 1)
CLOSED, OPEN = 0, 2
CURTAIN_CLEAR, CLEAR_CONFIRMED = 1 << 0, 1 << 10
SOMEBODY = 1 << 1 | 1 << 2
VEHICLE = 1 << 3 | 1 << 4
CLEAR_BY_ITSELF_S = 12.0
"""A little more than the 10 s of 5.8."""


async def _empty_and_closed(desk: Desk) -> dict[str, int]:
    cabin = await desk.block("CAB1")
    empty = not cabin["sensors"] & (VEHICLE | SOMEBODY)
    need(empty and cabin["outer_door"] == cabin["inner_door"] == CLOSED, "the cabin is not empty and closed")
    return cabin


async def _clear(desk: Desk) -> dict[str, int]:
    """The cabin confirmed clear: by itself where the PLC may do that, else by somebody who looks."""
    by_itself = Capability.RATED_PERSON_DETECTION in Capability(desk.identity["capabilities"])
    return await desk.had(
        lambda: desk.block("CAB1"),
        lambda cabin: bool(cabin["sensors"] & CLEAR_CONFIRMED),
        Please.CLEAR,
        wait_s=CLEAR_BY_ITSELF_S if by_itself else 0.0,
    )


async def _close(desk: Desk) -> None:
    """Whatever came of a check, no door stays open."""
    await desk.until("STS_CABIN1", lambda shown: not shown["active_seq"], "end of the door's command", STATE_LIMIT_S)
    if (await desk.block("CAB1"))["inner_door"] != CLOSED:
        await done(desk, Unit.CABIN1, Code.INNER_DOOR, (0, 0, 0, 0))
    if (await desk.block("CAB1"))["outer_door"] != CLOSED:
        await _close_outer(desk)
    shown = await desk.block("CAB1")
    doors = (shown["inner_door"], shown["outer_door"])
    expect(doors == (CLOSED, CLOSED), f"closed, but the doors are {doors}")


async def _close_outer(desk: Desk) -> None:
    deadline_s = time.monotonic() + STATE_LIMIT_S
    while (await desk.block("CAB1"))["sensors"] & (SOMEBODY | CURTAIN_CLEAR) != CURTAIN_CLEAR:
        if time.monotonic() > deadline_s:
            raise CheckFailedError("the outer door stays open: somebody or something stands in it")
        await asyncio.sleep(0.2)
    await done(desk, Unit.CABIN1, Code.OUTER_DOOR, (0, 0, 0, 0))


@asynccontextmanager
async def _closed_in_the_end(desk: Desk) -> AsyncIterator[None]:
    try:
        yield
    except CheckFailedError as first:
        try:
            await _close(desk)
        except CheckFailedError as second:
            raise CheckFailedError(f"{first}; and then {second}") from first
        raise
    await _close(desk)


@asynccontextmanager
async def _inner_open(desk: Desk) -> AsyncIterator[None]:
    """The inner door open, with the carriage at the cabin, and closed again afterwards."""
    await done(desk, Unit.CARRIAGE, Code.LIFT_TO, (*CABIN, 0, 0))
    epoch = (await _clear(desk))["occupancy_epoch"]
    async with _closed_in_the_end(desk):
        await done(desk, Unit.CABIN1, Code.INNER_DOOR, (1, epoch, 0, 0))
        shown = (await desk.block("CAB1"))["inner_door"]
        expect(shown == OPEN, f"opened, but inner_door is {shown}")
        yield


@CABINS.check("5.9", "a door with another occupancy_epoch is refused with 11")
async def a_door_with_another_epoch_is_refused(desk: Desk) -> str:
    """Outer and inner door of the first cabin."""
    await executing(desk)
    cabin = await desk.block("CAB1")
    need(cabin["inner_door"] == cabin["outer_door"] == CLOSED, "a door is not closed")
    epoch = cabin["occupancy_epoch"] + 5 & 0xFFFF
    async with _closed_in_the_end(desk):
        for code in (Code.OUTER_DOOR, Code.INNER_DOOR):
            await refused(desk, Unit.CABIN1, code, (1, epoch, 0, 0), R_EPOCH, "with another epoch")
    return "refused with 11"


@CABINS.check("5, OUTER_DOOR", "the outer door opens and closes; with it open the inner one is refused with 6")
async def the_outer_door_opens_and_closes(desk: Desk) -> str:
    """The first cabin, empty."""
    await executing(desk)
    cabin = await _empty_and_closed(desk)
    await done(desk, Unit.CARRIAGE, Code.LIFT_TO, (*CABIN, 0, 0))
    async with _closed_in_the_end(desk):
        await done(desk, Unit.CABIN1, Code.OUTER_DOOR, (1, cabin["occupancy_epoch"], 0, 0))
        shown = await desk.block("CAB1")
        expect(shown["outer_door"] == OPEN, f"outer_door is {shown['outer_door']}")
        seq, epoch = await desk.next_seq(Unit.CABIN1), shown["occupancy_epoch"]
        code = await desk.refusal(Unit.CABIN1, seq, Code.INNER_DOOR, (1, epoch, 0, 0))
        expect(code in {R_INTERLOCK, R_PERSON}, f"INNER_DOOR: {code}")
    return "opened and closed"


@CABINS.check("5.8", "the inner door does not open to a cabin that is not confirmed clear (10)")
async def the_inner_door_asks_for_a_clear_cabin(desk: Desk) -> str:
    """Right after the outer door was open; the carriage stands before it."""
    await executing(desk)
    await _empty_and_closed(desk)
    await done(desk, Unit.CARRIAGE, Code.LIFT_TO, (*CABIN, 0, 0))
    cabin = await desk.block("CAB1")
    need(not cabin["sensors"] & CLEAR_CONFIRMED, "the cabin is confirmed clear already")
    async with _closed_in_the_end(desk):
        args = (1, cabin["occupancy_epoch"], 0, 0)
        await refused(desk, Unit.CABIN1, Code.INNER_DOOR, args, R_PERSON, "without clear_confirmed")
    return "refused with 10"


@CABINS.check("5, INNER_DOOR", "the inner door opens only where the carriage stands before it (6)")
async def the_inner_door_asks_for_the_carriage(desk: Desk) -> str:
    """With the carriage at the first bay, and the cabin clear."""
    await executing(desk)
    await _empty_and_closed(desk)
    await done(desk, Unit.CARRIAGE, Code.LIFT_TO, (1, 1, 0, 0))
    cabin = await _clear(desk)
    async with _closed_in_the_end(desk):
        args = (1, cabin["occupancy_epoch"], 0, 0)
        await refused(desk, Unit.CABIN1, Code.INNER_DOOR, args, R_INTERLOCK, "with the carriage elsewhere")
    return "refused with 6"


@CABINS.check("5, INNER_DOOR", "the inner door opens and closes; with it open the carriage and the outer door stay (6)")
async def the_inner_door_opens_and_closes(desk: Desk) -> str:
    """The first cabin, empty and clear."""
    await executing(desk)
    await _empty_and_closed(desk)
    async with _inner_open(desk):
        epoch = (await desk.block("CAB1"))["occupancy_epoch"]
        await refused(desk, Unit.CARRIAGE, Code.LIFT_TO, (1, 1, 0, 0), R_INTERLOCK, "with an inner door open")
        await refused(desk, Unit.CABIN1, Code.OUTER_DOOR, (1, epoch, 0, 0), R_INTERLOCK, "with the inner door open")
    return "opened and closed"


async def _sees(desk: Desk, load: int, cabin: int, act: str) -> int:
    """What carriage and cabin show after the fork has worked; gives the epoch."""
    shown = await desk.block("CAB1")
    seen = (await loaded(desk), shown["sensors"] & VEHICLE)
    expect(seen == (load, cabin), f"{act}: load {seen[0]}, the cabin's vehicle sensors {seen[1]}")
    return shown["occupancy_epoch"]


async def _moved(desk: Desk, code: Code, epoch: int, after: tuple[int, int], act: str) -> int:
    """A FORK command in the cabin: refused with an old epoch, done with this one, and seen; gives the next epoch."""
    await refused(desk, Unit.CARRIAGE, code, (*CABIN, epoch + 5 & 0xFFFF, 0), R_EPOCH, "with another epoch")
    await done(desk, Unit.CARRIAGE, code, (*CABIN, epoch, 0))
    now = await _sees(desk, *after, act)
    expect(now != epoch, f"{act}: occupancy_epoch is still {epoch}")
    return now


@CABINS.check(
    "5.9, 5, FORK",
    "a vehicle is put into the cabin and taken again: LOAD, CAB1 and the epoch show it; an old epoch is refused",
)
async def the_fork_works_in_the_cabin(desk: Desk) -> str:
    """The vehicle of the first occupied bay; the outer door stays closed, and it goes home again."""
    await executing(desk)
    await _empty_and_closed(desk)
    need(await loaded(desk) == 0, "the carriage is loaded")
    place = await bay_that_is(desk, occupied=True)
    await _clear(desk)
    await _bay_fork(desk, Code.FORK_GET, place)
    await done(desk, Unit.CARRIAGE, Code.LIFT_TO, (*CABIN, 0, 0))
    epoch = (await desk.block("CAB1"))["occupancy_epoch"]
    await refused(desk, Unit.CARRIAGE, Code.FORK_PUT, (*CABIN, epoch, 0), R_INTERLOCK, "with the inner door closed")
    async with _inner_open(desk):
        epoch = await _moved(desk, Code.FORK_PUT, epoch, (0, VEHICLE), "put into the cabin")
        await _moved(desk, Code.FORK_GET, epoch, (OCCUPIED, 0), "taken out of the cabin")
    await _bay_fork(desk, Code.FORK_PUT, place)
    return f"from {place[0]}-{place[1]} into the cabin and back"


async def _bay_fork(desk: Desk, code: Code, place: tuple[int, int]) -> None:
    await done(desk, Unit.CARRIAGE, Code.LIFT_TO, (*place, 0, 0))
    await done(desk, Unit.BAYS, Code.BAY_UNLOCK, (*place, 0, 0))
    await done(desk, Unit.CARRIAGE, code, (*place, 0, 0))
    await done(desk, Unit.BAYS, Code.BAY_LOCK, (*place, 0, 0))
