"""`towerctl alarms`: the list, the journal, and what people do with an alarm (ISA-18.2)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import click

from towerd.cli import client
from towerd.cli.client import Exit, fail
from towerd.cli.options import asks

alarm_argument = click.argument("alarm", help="The alarm's code: PLC-022, 22 or TWR-2001.")
reason_option = click.option("--reason", required=True, help="Why, in a few words; it is recorded with your name.")
in_full_option = click.option("--cure", "in_full", is_flag=True, help="With cause and cure of each.")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(text: str) -> float:
    """A duration such as 90s, 30m, 8h or 1d in s. Raises ValueError where it is none."""
    match = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if match is None or int(match[1]) == 0:
        raise ValueError(f"no duration: {text!r} (90s, 30m, 8h, 1d)")
    return float(int(match[1]) * _SECONDS[match[2]])


def _ask(socket: Path, path: str, as_json: bool, **content: Any) -> None:
    client.ask(socket, f"/alarms/{path}", as_json, **content)


def _line(row: dict[str, Any]) -> str:
    state = row["state"] if row["shelved_until_at"] is None else f"shelved until {row['shelved_until_at']}"
    first = " (first)" if row["first_out"] else ""
    return f"{row['since_at']}  {row['code']}  {row['priority']:<8}  {state:<16}  {row['text']}{first}"


def _show(socket: Path, as_json: bool, in_full: bool) -> None:
    body = client.get(socket, "/alarms", as_json)
    if as_json:
        client.print_json(body)
        return
    if body["flood"]:
        click.echo("flood: more alarms than a person can take in; lower priorities page nobody until it is over")
    for row in body["alarms"]:
        click.echo(_line(row))
        silenced = f"silenced by {row['silenced_by']}: {row['silenced_because']}" if row["silenced_by"] else ""
        for text in (f"cause: {row['cause']}", f"cure: {row['cure']}") if in_full else ():
            click.echo(f"    {text}")
        if silenced:
            click.echo(f"    {silenced}")
    if not body["alarms"]:
        click.echo("no alarms")


@click.group(invoke_without_command=True)
@in_full_option
@asks
@click.pass_context
def alarms(context: click.Context, in_full: bool, socket: Path, as_json: bool) -> None:
    """List alarms, acknowledge and silence them. Without a command: the list."""
    if context.invoked_subcommand is None:
        _show(socket, as_json, in_full)


@alarms.command("list")
@in_full_option
@asks
def listed(in_full: bool, socket: Path, as_json: bool) -> None:
    """List alarms that stand, wait to be acknowledged, or are silenced; the first of a chain is marked. Role: viewer."""
    _show(socket, as_json, in_full)


@alarms.command()
@click.argument("alarm", help="The alarm's code: PLC-022, 22 or TWR-2001; or all.")
@asks
def ack(alarm: str, socket: Path, as_json: bool) -> None:
    """Acknowledge: I have seen it, and see to it. It leaves once its cause is gone too; no reset. Role: operator."""
    _ask(socket, f"{alarm}/acknowledge", as_json)


@alarms.command()
@alarm_argument
@reason_option
@click.option("--for", "for_how_long", default="30m", help="For how long: 90s, 30m, 8h.")
@asks
def shelve(alarm: str, reason: str, for_how_long: str, socket: Path, as_json: bool) -> None:
    """Announce an alarm no more for a while; it ends by itself. What stops the machine stops it still. Role: operator."""
    try:
        for_s = seconds(for_how_long)
    except ValueError as error:
        raise fail(str(error), Exit.USAGE) from error
    _ask(socket, f"{alarm}/shelve", as_json, json={"for_s": for_s, "reason": reason})


@alarms.command()
@alarm_argument
@asks
def unshelve(alarm: str, socket: Path, as_json: bool) -> None:
    """Announce a shelved alarm again. Role: operator."""
    _ask(socket, f"{alarm}/unshelve", as_json)


@alarms.command()
@alarm_argument
@reason_option
@asks
def out_of_service(alarm: str, reason: str, socket: Path, as_json: bool) -> None:
    """Take an alarm out of service for maintenance, until somebody puts it back. Role: technician."""
    _ask(socket, f"{alarm}/out-of-service", as_json, json={"reason": reason})


@alarms.command()
@alarm_argument
@asks
def in_service(alarm: str, socket: Path, as_json: bool) -> None:
    """Put an alarm back in service. Role: technician."""
    _ask(socket, f"{alarm}/in-service", as_json)


@alarms.command()
@click.option("--count", "-n", type=click.IntRange(1, 1000), default=50, help="How many at most.")
@click.option("--before", "before_seq", type=click.IntRange(1), help="Go on where the last answer ended.")
@asks
def journal(count: int, before_seq: int | None, socket: Path, as_json: bool) -> None:
    """Show what happened to alarms, the newest first: raised, acknowledged, cleared, silenced. Role: operator."""
    before = "" if before_seq is None else f"&before_seq={before_seq}"
    body = client.get(socket, f"/alarms/journal?limit={count}{before}", as_json)
    if as_json:
        client.print_json(body)
        return
    for row in body["rows"]:
        told = "  ".join(filter(None, (row["at"], row["code"], f"{row['what']:<14}", row["by"], row["reason"])))
        click.echo(told.rstrip())
    if body["before_seq"] is not None and len(body["rows"]) == count:
        click.echo(f"more: --before {body['before_seq']}")
