"""`towerctl drive-in` and what belongs to it: a car is brought (orders-if.md 6.4)."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer

from towerd.cli import client
from towerd.cli.client import DEFAULT_SOCKET, JsonOption, SocketOption

CabinArgument = Annotated[int, typer.Argument(help="The cabin's number.", min=1, max=2)]


def drive_in(
    what: Annotated[
        str | None,
        typer.Argument(metavar="[NUMBER|VEHICLE]", help="The loan's four-digit number, or the id that the QR shows."),
    ] = None,
    cabin: Annotated[
        int | None, typer.Option(help="The cabin wanted; the first free one if left out.", min=1, max=2)
    ] = None,
    socket: SocketOption = DEFAULT_SOCKET,
    as_json: JsonOption = False,
) -> None:
    """Open a free cabin for a car that comes back; without a name: show who drives in, and what is to be done next.

    Role: viewer; technician for a car that is out without a loan.
    """
    if what is None:
        _show(socket, as_json)
        return
    named: dict[str, Any] = {"number" if re.fullmatch(r"\d{4}", what) else "vehicle": what}
    client.ask(socket, "/drive-in", as_json, json=named if cabin is None else {**named, "cabin": cabin})


def _show(socket: SocketOption, as_json: bool) -> None:
    body = client.get(socket, "/drive-in", as_json)
    if as_json:
        client.print_json(body)
        return
    for row in body["intakes"]:
        typer.echo(f"cabin {row['cabin']}  {row['vehicle']}  {row['state']} since {row['since_at']}  {row['text']}")
    for row in body["owing"]:
        typer.echo(f"cabin {row['cabin']}  {row['what']} owed since {row['since_at']}  {row['please']}")
    if not body["intakes"]:
        typer.echo("nobody has driven in")
    typer.echo(f"lost for want of the button, ever: {body['button_lost_s'] / 60:.1f} minutes")


def secured(cabin: CabinArgument, socket: SocketOption = DEFAULT_SOCKET, as_json: JsonOption = False) -> None:
    """Say that the car in the cabin is secured: engine off, handbrake on, gear in park, key in the car. Role: viewer."""
    client.ask(socket, f"/drive-in/{cabin}/secured", as_json)


def drive_in_cancel(cabin: CabinArgument, socket: SocketOption = DEFAULT_SOCKET, as_json: JsonOption = False) -> None:
    """Give up driving into the cabin; too late once the car is taken in. Role: viewer."""
    raise typer.Exit(client.tell(*client.call(socket, "DELETE", f"/drive-in/{cabin}"), as_json))
