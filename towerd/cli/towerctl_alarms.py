"""`towerctl alarms`: the list, the journal, and what people do with an alarm (ISA-18.2)."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

import typer

from towerd.cli import client
from towerd.cli.client import DEFAULT_SOCKET, Exit, JsonOption, SocketOption, fail

app = typer.Typer(help="List alarms, acknowledge and silence them. Without a command: the list.")

AlarmArgument = Annotated[str, typer.Argument(help="The alarm's code: PLC-022, 22 or TWR-2001.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why, in a few words; it is recorded with your name.")]
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(text: str) -> float:
    """A duration such as 90s, 30m, 8h or 1d in s. Raises ValueError where it is none."""
    match = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if match is None or int(match[1]) == 0:
        raise ValueError(f"no duration: {text!r} (90s, 30m, 8h, 1d)")
    return float(int(match[1]) * _SECONDS[match[2]])


def _ask(socket: SocketOption, path: str, as_json: bool, **content: Any) -> None:
    client.ask(socket, f"/alarms/{path}", as_json, **content)


def _line(row: dict[str, Any]) -> str:
    state = row["state"] if row["shelved_until_at"] is None else f"shelved until {row['shelved_until_at']}"
    first = " (first)" if row["first_out"] else ""
    return f"{row['since_at']}  {row['code']}  {row['priority']:<8}  {state:<16}  {row['text']}{first}"


def _show(socket: SocketOption, as_json: bool, in_full: bool) -> None:
    body = client.get(socket, "/alarms", as_json)
    if as_json:
        client.print_json(body)
        return
    if body["flood"]:
        typer.echo("flood: more alarms than a person can take in; lower priorities page nobody until it is over")
    for row in body["alarms"]:
        typer.echo(_line(row))
        silenced = f"silenced by {row['silenced_by']}: {row['silenced_because']}" if row["silenced_by"] else ""
        for text in (f"cause: {row['cause']}", f"cure: {row['cure']}") if in_full else ():
            typer.echo(f"    {text}")
        if silenced:
            typer.echo(f"    {silenced}")
    if not body["alarms"]:
        typer.echo("no alarms")


InFullOption = Annotated[bool, typer.Option("--cure", help="With cause and cure of each.")]


@app.callback(invoke_without_command=True)
def bare(
    context: typer.Context,
    socket: SocketOption = DEFAULT_SOCKET,
    as_json: JsonOption = False,
    in_full: InFullOption = False,
) -> None:
    """List alarms, acknowledge and silence them. Without a command: the list."""
    if context.invoked_subcommand is None:
        _show(socket, as_json, in_full)


@app.command("list")
def listed(socket: SocketOption = DEFAULT_SOCKET, as_json: JsonOption = False, in_full: InFullOption = False) -> None:
    """List alarms that stand, wait to be acknowledged, or are silenced; the first of a chain is marked. Role: viewer."""
    _show(socket, as_json, in_full)


@app.command()
def ack(
    alarm: Annotated[str, typer.Argument(help="The alarm's code: PLC-022, 22 or TWR-2001; or all.")],
    socket: SocketOption = DEFAULT_SOCKET,
    as_json: JsonOption = False,
) -> None:
    """Acknowledge: I have seen it, and see to it. It leaves once its cause is gone too; no reset. Role: operator."""
    _ask(socket, f"{alarm}/acknowledge", as_json)


@app.command()
def shelve(
    alarm: AlarmArgument,
    reason: ReasonOption,
    for_how_long: Annotated[str, typer.Option("--for", help="For how long: 90s, 30m, 8h.")] = "30m",
    socket: SocketOption = DEFAULT_SOCKET,
    as_json: JsonOption = False,
) -> None:
    """Announce an alarm no more for a while; it ends by itself. What stops the machine stops it still. Role: operator."""
    try:
        for_s = seconds(for_how_long)
    except ValueError as error:
        raise fail(str(error), Exit.USAGE) from error
    _ask(socket, f"{alarm}/shelve", as_json, json={"for_s": for_s, "reason": reason})


@app.command()
def unshelve(alarm: AlarmArgument, socket: SocketOption = DEFAULT_SOCKET, as_json: JsonOption = False) -> None:
    """Announce a shelved alarm again. Role: operator."""
    _ask(socket, f"{alarm}/unshelve", as_json)


@app.command()
def out_of_service(
    alarm: AlarmArgument,
    reason: ReasonOption,
    socket: SocketOption = DEFAULT_SOCKET,
    as_json: JsonOption = False,
) -> None:
    """Take an alarm out of service for maintenance, until somebody puts it back. Role: technician."""
    _ask(socket, f"{alarm}/out-of-service", as_json, json={"reason": reason})


@app.command()
def in_service(alarm: AlarmArgument, socket: SocketOption = DEFAULT_SOCKET, as_json: JsonOption = False) -> None:
    """Put an alarm back in service. Role: technician."""
    _ask(socket, f"{alarm}/in-service", as_json)


@app.command()
def journal(
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=1000, help="How many at most.")] = 50,
    before_seq: Annotated[
        int | None, typer.Option("--before", min=1, help="Go on where the last answer ended.")
    ] = None,
    socket: SocketOption = DEFAULT_SOCKET,
    as_json: JsonOption = False,
) -> None:
    """Show what happened to alarms, the newest first: raised, acknowledged, cleared, silenced. Role: operator."""
    before = "" if before_seq is None else f"&before_seq={before_seq}"
    body = client.get(socket, f"/alarms/journal?limit={count}{before}", as_json)
    if as_json:
        client.print_json(body)
        return
    for row in body["rows"]:
        told = "  ".join(filter(None, (row["at"], row["code"], f"{row['what']:<14}", row["by"], row["reason"])))
        typer.echo(told.rstrip())
    if body["before_seq"] is not None and len(body["rows"]) == count:
        typer.echo(f"more: --before {body['before_seq']}")
