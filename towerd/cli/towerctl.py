"""`towerctl`: look at a running tower and help it along."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from towerd.cli import (
    client,
    towerctl_alarms,
    towerctl_face,
    towerctl_intake,
    towerctl_io,
    towerctl_jobs,
    towerctl_jog,
    towerctl_manual,
    towerctl_moves,
    towerctl_support,
    towerctl_upkeep,
)
from towerd.cli.client import DEFAULT_SOCKET, Exit, JsonOption, SocketOption

app = typer.Typer(
    help=f"Look at a running tower and help it along.\n\n{client.EXIT_HELP}",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)

app.add_typer(towerctl_alarms.app, name="alarms")
app.add_typer(towerctl_face.app, name="face")
app.add_typer(towerctl_upkeep.app, name="maintenance")
app.add_typer(towerctl_jobs.job, name="job")
app.add_typer(towerctl_jobs.bay, name="bay")
app.command()(towerctl_jog.jog)
towerctl_manual.register(app)
app.command()(towerctl_intake.drive_in)
app.command()(towerctl_intake.drive_in_cancel)
app.command()(towerctl_intake.secured)
app.command()(towerctl_support.selftest)
app.command()(towerctl_support.bundle)
app.command()(towerctl_io.io)
app.add_typer(towerctl_moves.app)


class Packml(StrEnum):
    """PackML commands that a person may give."""

    RESET = "reset"
    START = "start"
    STOP = "stop"
    HOLD = "hold"
    UNHOLD = "unhold"
    ABORT = "abort"
    CLEAR = "clear"


@app.command()
def status(socket: SocketOption = DEFAULT_SOCKET, as_json: JsonOption = False) -> None:
    """Show what the tower is doing, where everything stands, and what is in the way. Role: viewer."""
    body = client.get(socket, "/status", as_json)
    if as_json:
        client.print_json(body)
    else:
        from towerd.cli import show

        show.on_terminal(show.status_page(body))


@app.command()
def watch(socket: SocketOption = DEFAULT_SOCKET, as_json: JsonOption = False) -> None:
    """Show the status and keep it up to date until Ctrl-C; with --json a line for each change. Role: viewer."""
    try:
        if as_json:
            for body in client.lines(socket, "/watch"):
                client.print_json(body)
        else:
            from rich.live import Live

            from towerd.cli import show

            with Live(screen=False) as live:
                for body in client.lines(socket, "/watch"):
                    live.update(show.status_page(body), refresh=True)
    except KeyboardInterrupt:
        raise typer.Exit(Exit.DONE) from None
    raise client.fail("towerd has ended the stream", Exit.NOT_RUNNING)


@app.command()
def why(socket: SocketOption = DEFAULT_SOCKET, as_json: JsonOption = False) -> None:
    """Say what is in the way and what waits, since when, and what to do. Exit 1 if somebody must do it. Role: viewer."""
    body = client.get(socket, "/why", as_json)
    if as_json:
        client.print_json(body)
    elif body["obstacles"] or body["waiting"]:
        from towerd.cli import show

        for rows, table in ((body["obstacles"], show.obstacles), (body["waiting"], show.waiting)):
            if rows:
                show.on_terminal(table(rows))
    else:
        typer.echo("nothing is in the way" if body["can_deliver"] else f"cannot deliver: {', '.join(body['why_not'])}")
    raise typer.Exit(Exit.DONE if body["can_deliver"] and not body["needs_help"] else Exit.REFUSED)


@app.command()
def code(
    number: Annotated[str, typer.Argument(help="The order's four-digit number.")],
    pickup_code: Annotated[
        str | None, typer.Argument(metavar="[CODE]", help="Its eight-digit code; asked for, unseen, if left out.")
    ] = None,
    socket: SocketOption = DEFAULT_SOCKET,
    as_json: JsonOption = False,
) -> None:
    """Enter number and code for a customer. Wrong codes count: five lock the code, twenty end it. Role: viewer."""
    typed = pickup_code or typer.prompt("Code", hide_input=True)
    client.ask(socket, "/code", as_json, json={"number": number, "code": typed})


@app.command()
def reset(
    fault: Annotated[int, typer.Argument(help="The fault's number, as `towerctl why` shows it.", min=0)],
    socket: SocketOption = DEFAULT_SOCKET,
    as_json: JsonOption = False,
) -> None:
    """Let a latched fault go, after having looked at its cause. Role: technician."""
    client.ask(socket, f"/faults/{fault}/reset", as_json)


@app.command()
def confirm_layout(socket: SocketOption = DEFAULT_SOCKET, as_json: JsonOption = False) -> None:
    """Confirm that the PLC's changed station table is right; until then there is no Auto. Role: technician."""
    client.ask(socket, "/layout/confirm", as_json)


@app.command()
def packml(
    command: Annotated[Packml, typer.Argument(help="The PackML command.")],
    socket: SocketOption = DEFAULT_SOCKET,
    as_json: JsonOption = False,
) -> None:
    """Give a PackML command. Roles: operator for stop, hold and abort; technician for reset, start, unhold and clear."""
    client.ask(socket, f"/packml/{command.value}", as_json)
