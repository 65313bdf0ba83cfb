"""`towerctl drive-in` and what belongs to it: a car is brought (orders-if.md 6.4)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from towerd.cli import client
from towerd.cli.options import asks

cabin_argument = click.argument("cabin", type=click.IntRange(1, 2), help="The cabin's number.")


@click.command()
@click.argument(
    "what",
    required=False,
    metavar="[NUMBER|VEHICLE]",
    help="The loan's four-digit number, or the id that the QR shows.",
)
@click.option("--cabin", type=click.IntRange(1, 2), help="The cabin wanted; the first free one if left out.")
@asks
def drive_in(what: str | None, cabin: int | None, socket: Path, as_json: bool) -> None:
    """Open a free cabin for a car that comes back; without a name: show who drives in, and what is to be done next.

    Role: viewer; technician for a car that is out without a loan.
    """
    if what is None:
        _show(socket, as_json)
        return
    named: dict[str, Any] = {"number" if re.fullmatch(r"\d{4}", what) else "vehicle": what}
    client.ask(socket, "/drive-in", as_json, json=named if cabin is None else {**named, "cabin": cabin})


def _show(socket: Path, as_json: bool) -> None:
    body = client.get(socket, "/drive-in", as_json)
    if as_json:
        client.print_json(body)
        return
    for row in body["intakes"]:
        click.echo(f"cabin {row['cabin']}  {row['vehicle']}  {row['state']} since {row['since_at']}  {row['text']}")
    for row in body["owing"]:
        click.echo(f"cabin {row['cabin']}  {row['what']} owed since {row['since_at']}  {row['please']}")
    if not body["intakes"]:
        click.echo("nobody has driven in")
    click.echo(f"lost for want of the button, ever: {body['button_lost_s'] / 60:.1f} minutes")


@click.command()
@cabin_argument
@click.option("--odometer-km", type=click.IntRange(min=0), help="What the odometer reads.")
@click.option("--charge-ratio", type=float, help="How full the battery is: 0 to 1.")
@click.option("--fuel-ratio", type=float, help="How full the tank is: 0 to 1.")
@click.option("--damage/--no-damage", default=None, help="Whether the car has come to harm.")
@asks
def secured(cabin: int, socket: Path, as_json: bool, **said: float | bool | None) -> None:
    """Say that the car in the cabin is secured: engine off, handbrake on, gear in park, key in the car.

    What its dashboard reads is asked for where no report has told it (`towerctl drive-in` shows it as wanted); what is
    missing or cannot be is asked for once more. Role: viewer.
    """
    body = {name: value for name, value in said.items() if value is not None}
    client.ask(socket, f"/drive-in/{cabin}/secured", as_json, json=body)


@click.command()
@cabin_argument
@asks
def drive_in_cancel(cabin: int, socket: Path, as_json: bool) -> None:
    """Give up driving into the cabin; too late once the car is taken in. Role: viewer."""
    raise click.exceptions.Exit(client.tell(*client.call(socket, "DELETE", f"/drive-in/{cabin}"), as_json))
