"""What the checks that move have in common: bring the machine to Execute, let it do something, see where it stands."""

from __future__ import annotations

from typing import Final

from towerd.plc.codes import Args, Code
from towerd.plc.snapshot import KeySwitch, PackmlCommand, PackmlState, Safety, Unit
from towerd.plctest.desk import Desk
from towerd.plctest.model import CheckOpenError, Please, expect, need

DONE: Final = 3
ALIVE: Final = 1
OCCUPIED, LOCKED, OUT_OF_USE = 3, 4, 0x38
HOMED: Final = 1 << 1
ALL_AXES: Args = (9, 0, 0, 0)
STATE_LIMIT_S: Final = 10.0
"""How long a state may last that passes by itself. The contract names no limit."""
PASSING: Final = frozenset(
    {
        PackmlState.CLEARING,
        PackmlState.STARTING,
        PackmlState.STOPPING,
        PackmlState.ABORTING,
        PackmlState.HOLDING,
        PackmlState.UNHOLDING,
        PackmlState.RESETTING,
    }
)
R_ARGUMENT, R_BUSY, R_INTERLOCK, R_ENABLING, R_PERSON, R_EPOCH = 2, 3, 6, 9, 10, 11


async def reached(desk: Desk, state: PackmlState) -> None:
    """Wait for a PackML state. Raises CheckFailedError."""
    await desk.until("SYS", lambda shown: shown["packml_state"] == state, f"packml_state {int(state)}", STATE_LIMIT_S)


async def settled(desk: Desk) -> None:
    """Wait for the end of a state that passes by itself. Raises CheckFailedError."""
    state = (await desk.block("SYS"))["packml_state"]
    wanted = f"end of packml_state {state}"
    await desk.until("SYS", lambda shown: shown["packml_state"] not in PASSING, wanted, STATE_LIMIT_S)


async def keyed(desk: Desk, key: KeySwitch) -> None:
    """A session with its heartbeat, and the key as it is needed; open where it is not."""
    await desk.begin()
    await desk.until("SYS", lambda shown: shown["link_state"] == ALIVE, "link_state 1")
    please = Please.KEY_AUTO if key is KeySwitch.AUTO else Please.KEY_MANUAL
    system = await desk.had(lambda: desk.block("SYS"), lambda shown: shown["key_switch"] == key, please)
    need(Safety.ESTOP_CHAIN_OK in Safety(system["safety"]), "the e-stop chain is open")


async def executing(desk: Desk) -> None:
    """Bring the machine to Execute in Auto, homed; open where that cannot be."""
    await keyed(desk, KeySwitch.AUTO)
    await started(desk)


async def started(desk: Desk) -> None:
    """Bring the machine to Execute, homed; open where that cannot be. Raises CheckFailedError where a state does not pass."""
    await settled(desk)
    for before, command, after in (
        (PackmlState.STOPPED, PackmlCommand.RESET, PackmlState.IDLE),
        (PackmlState.IDLE, PackmlCommand.START, PackmlState.EXECUTE),
        (PackmlState.HELD, PackmlCommand.UNHOLD, PackmlState.EXECUTE),
    ):
        if (await desk.block("SYS"))["packml_state"] == before:
            code = await desk.packml(command)
            need(code == 0, f"{command.name} was refused with {code}")
            await reached(desk, after)
    state = (await desk.block("SYS"))["packml_state"]
    need(state == PackmlState.EXECUTE, f"the machine is in state {state}")
    need(not (await desk.mailbox(Unit.CARRIAGE))["active_seq"], "a command runs")
    if not await homed(desk):
        await done(desk, Unit.CARRIAGE, Code.HOME, ALL_AXES)


async def homed(desk: Desk) -> bool:
    """Whether every axis has its reference."""
    axes = [await desk.block(name) for name in ("AX_LIFT", "AX_TURNTABLE", "AX_FORK")]
    return all(axis["status"] & HOMED for axis in axes)


async def done(desk: Desk, unit: Unit, code: Code, args: Args) -> None:
    """Let a command run to its end. Raises CheckFailedError where that is not result 3."""
    shown = await desk.run(unit, code, args)
    expect(shown["last_result"] == DONE, f"{code.name}{args}: result {shown['last_result']}, {shown['last_error']}")


async def refused(desk: Desk, unit: Unit, code: Code, args: Args, wanted: int, why: str) -> None:
    """Send what must be refused with `wanted`. Raises CheckFailedError where it is not, or for another reason."""
    seen = await desk.refusal(unit, await desk.next_seq(unit), code, args)
    expect(seen == wanted, f"{code.name}{args} {why}: refused with {seen} instead of {wanted}")


async def station_of(desk: Desk) -> tuple[int, int]:
    """Where the carriage stands, by the stations of lift and turntable."""
    return (await desk.block("AX_LIFT"))["station_floor"], (await desk.block("AX_TURNTABLE"))["station_position"]


async def bay_that_is(desk: Desk, *, occupied: bool) -> tuple[int, int]:
    """A usable, locked bay that is occupied or empty; open where there is none."""
    wanted = OCCUPIED if occupied else 0
    for index, word in enumerate(await desk.bays()):
        if word & OCCUPIED == wanted and word & LOCKED and not word & OUT_OF_USE:
            floor, position = divmod(index, desk.identity["positions"])
            return floor + 1, position + 1
    raise CheckOpenError(f"there is no usable bay that is {'occupied' if occupied else 'empty'}")


async def bay_word(desk: Desk, place: tuple[int, int]) -> int:
    """The word of a bay."""
    floor, position = place
    return (await desk.bays())[(floor - 1) * desk.identity["positions"] + position - 1]


async def loaded(desk: Desk) -> int:
    """The two sensors of the carriage: 0 empty, 3 a vehicle."""
    return (await desk.block("LOAD"))["load"] & OCCUPIED
