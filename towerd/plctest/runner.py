"""Runs checks against one PLC, one after the other, each on a line that works."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence

from towerd.plc.codec import BlockError
from towerd.plc.config import LinkConfig
from towerd.plc.transport import TransportError
from towerd.plctest.by_hand import BY_HAND, IN_AUTO
from towerd.plctest.cabins import CABINS
from towerd.plctest.desk import Desk
from towerd.plctest.mailboxes import MAILBOXES
from towerd.plctest.model import Check, CheckFailedError, CheckOpenError, CheckSkippedError, Please, Result
from towerd.plctest.moving import MOVING
from towerd.plctest.reading import READING
from towerd.plctest.session import SESSION

ALIVE = 1
OTHER_PC_LIMIT_S = 1.5


class OtherPcError(Exception):
    """Another PC commands this PLC."""


def all_checks(*, move: bool = True, by_hand: bool = True) -> tuple[Check, ...]:
    """Every check that is asked for, in the order in which they run: nothing moves before all has been read."""
    everything = (*READING.all, *SESSION.all, *MAILBOXES.all, *MOVING.all, *CABINS.all, *IN_AUTO.all, *BY_HAND.all)
    return tuple(check for check in everything if (move or not check.moves) and (by_hand or not check.by_hand))


def parse_target(text: str, device_id: int = 1, max_registers: int = 100) -> LinkConfig:
    """HOST[:PORT], or serial:DEVICE[?BAUD]. Raises ValueError."""
    if text.startswith("serial:"):
        device, _, baud = text.removeprefix("serial:").partition("?")
        if baud and not baud.isdecimal():
            raise ValueError(f"the baud rate is a number, not {baud!r}")
        rate = int(baud) if baud else 115200
        return LinkConfig(serial_port=device, baud=rate, device_id=device_id, max_registers=max_registers)
    host, colon, port = text.rpartition(":") if ":" in text else (text, "", "")
    if colon and not port.isdecimal():
        raise ValueError(f"the port is a number, not {port!r}")
    return LinkConfig(
        host=host.strip("[]"),
        port=int(port) if colon else 502,
        device_id=device_id,
        max_registers=max_registers,
        timeout_ms=1000,
    )


async def run_checks(
    config: LinkConfig,
    checks: Sequence[Check],
    told: Callable[[Result], None] = lambda result: None,
    ask: Callable[[Please, str], None] | None = None,
) -> list[Result]:
    """Run the checks; `told` hears of each, `ask` reaches somebody at the tower. Raises TransportError where nobody answers, OtherPcError where another PC
    commands this PLC.
    """
    desk = Desk(config, ask)
    results = []
    try:
        await desk.connect()
        await _alone(desk)
        for check in checks:
            result = await _run(desk, check)
            results.append(result)
            told(result)
    finally:
        await desk.close()
    return results


async def _alone(desk: Desk) -> None:
    """A link that is alive before we have written anything is another PC's."""
    loop = asyncio.get_running_loop()
    deadline_s = loop.time() + OTHER_PC_LIMIT_S
    try:
        while (await desk.block("SYS"))["link_state"] == ALIVE:
            if loop.time() > deadline_s:
                raise OtherPcError("another PC commands this PLC: stop it first (systemctl stop towerd)")
            await asyncio.sleep(0.1)
    except BlockError:
        return  # the checks say what is wrong with SYS


async def _run(desk: Desk, check: Check) -> Result:
    try:
        seen = await check.run(desk)
    except CheckSkippedError as why:
        return Result(check, "skipped", str(why))
    except CheckOpenError as why:
        return Result(check, "open", str(why))
    except (CheckFailedError, TransportError, BlockError) as error:
        return Result(check, "fail", str(error))
    return Result(check, "pass", seen)


def passed(results: Iterable[Result]) -> bool:
    """Whether all that the machine has was looked at, and nothing failed."""
    verdicts = {result.verdict for result in results}
    return verdicts <= {"pass", "skipped"} and "pass" in verdicts
