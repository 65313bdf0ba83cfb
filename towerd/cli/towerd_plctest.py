"""`towerd plc-test`: what a PLC does, compared with the PLC interface 1.0."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click

from towerd.cli.client import Exit, fail
from towerd.cli.options import json_option
from towerd.cli.screen import table

if TYPE_CHECKING:
    from towerd.plctest.model import Result

_COLOURS: Final = {"pass": "green", "fail": "red", "open": "red", "skipped": "yellow"}

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
    click.echo(f"→ {please}{where}", err=True)


def as_table(target: str, results: Sequence[Result]) -> str:
    """A row a check, in the order of the paragraphs."""
    rows = []
    for result in sorted(results, key=lambda one: one.check.paragraph):
        verdict = click.style(result.verdict, fg=_COLOURS[result.verdict])
        wanted = "" if result.verdict == "pass" else result.check.wanted
        rows.append((result.check.paragraph, verdict, result.check.name, result.seen, wanted))
    return table(("§", "verdict", "check", "seen", "wanted"), rows, f"PLC interface 1.0 at {target}")


@click.command()
@click.argument("target", metavar="ADDRESS", help="HOST[:PORT], or serial:/dev/ttyUSB0?19200")
@click.option("--move", is_flag=True, help="Also what moves the machine.")
@click.option(
    "--by-hand", is_flag=True, help="Somebody is asked for key, enabling switch, button and sensors; asks --move."
)
@click.option("--yes", is_flag=True, help="Do not ask before the machine moves.")
@click.option("--device-id", type=click.IntRange(1, 247), default=1, help="Modbus device id.")
@click.option("--max-registers", type=click.IntRange(48, 100), default=100, help="Most registers in a read.")
@json_option
def plc_test(
    target: str, move: bool, by_hand: bool, yes: bool, device_id: int, max_registers: int, as_json: bool
) -> None:
    """Compare a PLC with the PLC interface 1.0, paragraph by paragraph. Nothing moves without --move.

    It takes the place of towerd at the PLC: stop towerd first. Afterwards the PLC has lost its link, and is held where it was
    executing. Exit 1 where a check fails or could not be looked at, 69 where nobody answers.
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
        click.confirm(_WARNING.format(target=target), abort=True)
    checks = runner.all_checks(move=move, by_hand=by_hand)
    try:
        with _quiet_link():
            results = asyncio.run(runner.run_checks(config, checks, ask=_ask if by_hand else None))
    except runner.OtherPcError as error:
        raise fail(str(error), Exit.REFUSED) from error
    except TransportError as error:
        raise fail(f"{target}: {error}", Exit.NOT_RUNNING) from error
    if as_json:
        click.echo(json.dumps(report.as_json(target, results), ensure_ascii=False))
    else:
        click.echo(as_table(target, results))
        click.echo(report.summary(results))
    raise click.exceptions.Exit(Exit.DONE if runner.passed(results) else Exit.REFUSED)
