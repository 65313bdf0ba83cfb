"""`towerctl`: look at a running tower and help it along."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from towerd.cli import client
from towerd.cli.client import Exit
from towerd.cli.options import SHARED, LazyProgram, asks, completion

_FOUND_IN: Final = {
    "towerctl_alarms": ("alarms",),
    "towerctl_face": ("face",),
    "towerctl_intake": ("drive-in", "drive-in-cancel", "secured"),
    "towerctl_io": ("io",),
    "towerctl_jobs": ("bay", "job"),
    "towerctl_jog": ("jog",),
    "towerctl_manual": (
        "cancel",
        "confirm-changes",
        "door",
        "fork",
        "goto",
        "home",
        "lease",
        "lock",
        "signal",
    ),
    "towerctl_moves": ("bring", "cancel-move", "fetch", "move", "moves", "put-back", "stock", "store"),
    "towerctl_photos": ("photos",),
    "towerctl_support": ("bundle", "selftest"),
    "towerctl_upkeep": ("maintenance",),
}
PAPERS: Final = ("passport", "id_card", "licence")
_PACKML: Final = ("reset", "start", "stop", "hold", "unhold", "abort", "clear")

app = LazyProgram(
    "towerctl",
    package="towerd.cli",
    found_in=_FOUND_IN,
    help=f"Look at a running tower and help it along.\n\n{client.EXIT_HELP}",
    context_settings=SHARED,
)
app.add_command(completion)


@app.command()
@asks
def status(socket: Path, as_json: bool) -> None:
    """Show what the tower is doing, where everything stands, and what is in the way. Role: viewer."""
    body = client.get(socket, "/status", as_json)
    if as_json:
        client.print_json(body)
    else:
        from towerd.cli import show

        click.echo(show.status_page(body))


@app.command()
@asks
def watch(socket: Path, as_json: bool) -> None:
    """Show the status and keep it up to date until Ctrl-C; with --json a line for each change. Role: viewer."""
    try:
        if as_json:
            for body in client.lines(socket, "/watch"):
                client.print_json(body)
        else:
            from towerd.cli import screen, show

            for body in client.lines(socket, "/watch"):
                screen.draw(show.status_page(body))
    except KeyboardInterrupt:
        raise click.exceptions.Exit(Exit.DONE) from None
    raise client.fail("towerd has ended the stream", Exit.NOT_RUNNING)


@app.command()
@asks
def why(socket: Path, as_json: bool) -> None:
    """Say what is in the way and what waits, since when, and what to do. Exit 1 if somebody must do it. Role: viewer."""
    body = client.get(socket, "/why", as_json)
    if as_json:
        client.print_json(body)
    elif body["obstacles"] or body["waiting"]:
        from towerd.cli import show

        for rows, table in ((body["obstacles"], show.obstacles), (body["waiting"], show.waiting)):
            if rows:
                click.echo(table(rows))
    else:
        click.echo("nothing is in the way" if body["can_deliver"] else f"cannot deliver: {', '.join(body['why_not'])}")
    raise click.exceptions.Exit(Exit.DONE if body["can_deliver"] and not body["needs_help"] else Exit.REFUSED)


@app.command()
@click.argument("number", help="The order's four-digit number.")
@click.argument(
    "pickup_code", required=False, metavar="[CODE]", help="Its eight-digit code; asked for, unseen, if left out."
)
@asks
def code(number: str, pickup_code: str | None, socket: Path, as_json: bool) -> None:
    """Enter number and code for a customer. Wrong codes count: five lock the code, twenty end it. Role: viewer."""
    typed = pickup_code or click.prompt("Code", hide_input=True, err=as_json)
    client.ask(socket, "/code", as_json, json={"number": number, "code": typed})


@app.command()
@click.argument("order", help="The order's number or id.")
@click.option("--saw", required=True, type=click.Choice(PAPERS), help="The papers that you have seen.")
@asks
def vouch(order: str, saw: str, socket: Path, as_json: bool) -> None:
    """Say that an order's customer stands here, whose identity papers you have seen. A second person says so as well, with an own
    account and within 300 s; one of the two is a technician. Role: operator.
    """
    client.ask(socket, f"/orders/{order}/vouch", as_json, json={"saw": saw})


@app.command()
@click.argument("fault", type=click.IntRange(0), help="The fault's number, as `towerctl why` shows it.")
@asks
def reset(fault: int, socket: Path, as_json: bool) -> None:
    """Let a latched fault go, after having looked at its cause. Role: technician."""
    client.ask(socket, f"/faults/{fault}/reset", as_json)


@app.command()
@asks
def confirm_layout(socket: Path, as_json: bool) -> None:
    """Confirm that the PLC's changed station table is right; until then there is no Auto. Role: technician."""
    client.ask(socket, "/layout/confirm", as_json)


@app.command()
@asks
def confirm_clock(socket: Path, as_json: bool) -> None:
    """Say that the clock of the tower's PC is right: orders are taken though it is not synchronised. Role: technician."""
    client.ask(socket, "/clock/confirm", as_json)


@app.command()
@click.argument("command", type=click.Choice(_PACKML), help="The PackML command.")
@asks
def packml(command: str, socket: Path, as_json: bool) -> None:
    """Give a PackML command. Roles: operator for stop, hold and abort; technician for reset, start, unhold and clear."""
    client.ask(socket, f"/packml/{command}", as_json)
