"""`towerd plc-test`: what a PLC does, compared with the PLC interface 1.0."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console

from towerd.cli.client import Exit, JsonOption, fail

_WARNING = (
    "The machine at {target} will move: lift, turntable, fork, locks and the doors of cabin 1. Nobody may be in the shaft or in a cabin, and"
    " somebody must stand at the emergency stop. Go on?"
)


@contextmanager
def _quiet_link() -> Iterator[None]:
    """The link tells each failed request; here the checks tell what they saw."""
    link = logging.getLogger("pymodbus")
    before = link.level
    link.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        link.setLevel(before)


def _ask(please: str, where: str) -> None:
    """Tell who is at the tower what to do; the checks go on when they see it done."""
    typer.echo(f"→ {please}{where}", err=True)


def plc_test(
    target: Annotated[str, typer.Argument(metavar="ADDRESS", help="HOST[:PORT], or serial:/dev/ttyUSB0?19200")],
    move: Annotated[bool, typer.Option("--move", help="Also what moves the machine.")] = False,
    by_hand: Annotated[
        bool,
        typer.Option("--by-hand", help="Somebody is asked for key, enabling switch, button and sensors; asks --move."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before the machine moves.")] = False,
    device_id: Annotated[int, typer.Option(min=1, max=247, help="Modbus device id.")] = 1,
    max_registers: Annotated[int, typer.Option(min=48, max=100, help="Most registers in a read.")] = 100,
    as_json: JsonOption = False,
) -> None:
    """Compare a PLC with the PLC interface 1.0, paragraph by paragraph. Nothing moves without --move.

    It takes the place of towerd at the PLC: stop towerd first. Afterwards the PLC has lost its link, and is held where it was
    executing. Exit 1 where a check fails, 69 where nobody answers.
    """
    from towerd.plc.transport import TransportError
    from towerd.plctest import report, runner

    try:
        config = runner.parse_target(target, device_id, max_registers)
    except ValueError as error:
        raise fail(f"{target}: {error}", Exit.USAGE) from error
    if by_hand and not move:
        raise fail("--by-hand moves the machine: it asks for --move as well", Exit.USAGE)
    if move and not yes:
        typer.confirm(_WARNING.format(target=target), abort=True)
    checks = [check for check in runner.all_checks() if move or not check.moves]
    try:
        with _quiet_link():
            results = asyncio.run(runner.run_checks(config, checks, ask=_ask if by_hand else None))
    except runner.OtherPcError as error:
        raise fail(str(error), Exit.REFUSED) from error
    except TransportError as error:
        raise fail(f"{target}: {error}", Exit.NOT_RUNNING) from error
    if as_json:
        typer.echo(json.dumps(report.as_json(target, results), ensure_ascii=False))
    else:
        Console().print(report.as_table(target, results))
        typer.echo(report.summary(results))
    raise typer.Exit(Exit.DONE if runner.passed(results) else Exit.REFUSED)
