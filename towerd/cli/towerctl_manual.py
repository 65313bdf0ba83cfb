"""`towerctl home`, `goto`, `fork`, `lock`, `door`, `signal`, `cancel`, `lease`: single commands by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from towerd.cli import client
from towerd.cli.client import Exit
from towerd.cli.options import asks

_AXES: Final = {"lift": 0, "turntable": 1, "fork": 2, "all": 9}
_SIGNS: Final = {"off": 0, "red": 1, "green": 2, "forward": 3, "back": 4, "stop": 5, "leave": 6}
COMMAND_LIMIT_S: Final = 630.0
"""How long the end of a command by hand is waited for, s: longer than the daemon does."""

lease = click.Group("lease", help="Who commands by hand: one at a time, everybody may look.")


take_option = click.option("--take", is_flag=True, help="Take the lease from whoever holds it.")
no_wait_option = click.option("--no-wait", is_flag=True, help="Do not wait for the end of the command.")
leave_out_option = click.option(
    "--leave-out",
    type=click.Choice(("first", "second", "front", "rear", "lock")),
    multiple=True,
    help="A sensor that is wrong (only in Manual; you have looked; it is recorded).",
)
place_argument = click.argument("place", metavar="PLACE", help="A bay as 3-4, or cabin:1.")
bay_argument = click.argument("bay", metavar="BAY", help="A bay as 3-4.")
cabin_argument = click.argument("cabin", type=click.IntRange(1, 2), metavar="CABIN", help="The cabin's number.")


def take_first(socket: Path, as_json: bool, take: bool) -> None:
    """Take the lease by force where that is asked for. Raises click.exceptions.Exit where it is refused."""
    if take:
        status, body = client.call(socket, "POST", "/lease", json={"force": True})
        if status != 200:
            raise click.exceptions.Exit(client.tell(status, body, as_json))


def command(socket: Path, as_json: bool, take: bool, **content: Any) -> None:
    """One command by hand, and its end. Raises click.exceptions.Exit always."""
    take_first(socket, as_json, take)
    try:
        answer = client.call(socket, "POST", "/manual", COMMAND_LIMIT_S, json=content)
    except KeyboardInterrupt:
        text = "It goes on. Letting go of the enabling switch holds it; towerctl cancel ends it."
        raise client.fail(text, Exit.NO_ANSWER) from None
    raise click.exceptions.Exit(client.tell(*answer, as_json))


@click.command()
@click.argument("axis", type=click.Choice(tuple(_AXES)), default="all", help="The axis.")
@take_option
@no_wait_option
@asks
def home(axis: str, take: bool, no_wait: bool, socket: Path, as_json: bool) -> None:
    """Home an axis; a fork that is out comes in slowly, with what is on it. Role: technician."""
    command(socket, as_json, take, verb="home", value=_AXES[axis], wait=not no_wait)


@click.command()
@place_argument
@leave_out_option
@take_option
@no_wait_option
@asks
def goto(place: str, leave_out: tuple[str, ...], take: bool, no_wait: bool, socket: Path, as_json: bool) -> None:
    """Send lift and turntable to a station. Role: technician."""
    command(socket, as_json, take, verb="goto", place=place, leave_out=list(leave_out), wait=not no_wait)


@click.command()
@click.argument("verb", type=click.Choice(("get", "put")), help="get takes the vehicle, put leaves it.")
@place_argument
@leave_out_option
@take_option
@no_wait_option
@asks
def fork(
    verb: str, place: str, leave_out: tuple[str, ...], take: bool, no_wait: bool, socket: Path, as_json: bool
) -> None:
    """Take a vehicle with the fork, or leave it, at the place where the carriage stands. Role: technician."""
    command(socket, as_json, take, verb=verb, place=place, leave_out=list(leave_out), wait=not no_wait)


@click.command()
@click.argument("way", type=click.Choice(("open", "close")), help="open unlocks, close locks.")
@bay_argument
@take_option
@no_wait_option
@asks
def lock(way: str, bay: str, take: bool, no_wait: bool, socket: Path, as_json: bool) -> None:
    """Open or close the lock of a bay. Role: technician."""
    verb = "unlock" if way == "open" else "lock"
    command(socket, as_json, take, verb=verb, place=bay, wait=not no_wait)


@click.command()
@click.argument("leaf", type=click.Choice(("inner", "outer")), help="inner: to the shaft; outer: to the street.")
@click.argument("way", type=click.Choice(("open", "close")), help="open or close.")
@cabin_argument
@take_option
@no_wait_option
@asks
def door(leaf: str, way: str, cabin: int, take: bool, no_wait: bool, socket: Path, as_json: bool) -> None:
    """Open or close a door of a cabin; closing the inner and opening the outer one also in Held, Stopped and Idle, so that
    nobody is shut in. Role: technician.
    """
    value = int(way == "open")
    command(socket, as_json, take, verb=f"{leaf}_door", place=f"cabin:{cabin}", value=value, wait=not no_wait)


@click.command()
@cabin_argument
@click.argument("sign", type=click.Choice(tuple(_SIGNS)), help="What the sign shows.")
@take_option
@asks
def signal(cabin: int, sign: str, take: bool, socket: Path, as_json: bool) -> None:
    """Set the sign of a cabin. In Auto the machine sets it back. Role: technician."""
    command(socket, as_json, take, verb="signal", place=f"cabin:{cabin}", value=_SIGNS[sign], wait=True)


@click.command()
@click.argument(
    "unit", type=click.Choice(("carriage", "bays", "cabin1", "cabin2")), default="carriage", help="Whose command."
)
@asks
def cancel(unit: str, socket: Path, as_json: bool) -> None:
    """Stop the command that runs, on its ramp; a job whose command it was is held. Role: technician."""
    client.ask(socket, f"/manual/{unit}/cancel", as_json)


@click.command()
@asks
def confirm_changes(socket: Path, as_json: bool) -> None:
    """Confirm what changed while the key was away from Auto (`towerctl why` lists it); then Auto goes on. Role: technician."""
    client.ask(socket, "/changes/confirm", as_json)


@lease.command("show")
@asks
def show_lease(socket: Path, as_json: bool) -> None:
    """Show who commands by hand, and what changed while the key was away from Auto. Role: viewer."""
    body = client.get(socket, "/hand", as_json)
    if as_json:
        client.print_json(body)
        return
    if body["commander"]:
        click.echo(f"{body['commander']} commands, for {body['lease_left_s']:.0f} s after the last command")
    else:
        click.echo("nobody commands by hand")
    for line in body["changes"]:
        click.echo(f"changed: {line}")


@lease.command("take")
@click.option("--force", is_flag=True, help="Take it from whoever holds it.")
@asks
def take_lease(force: bool, socket: Path, as_json: bool) -> None:
    """Be the one who commands; every command by hand does so by itself where nobody else does. Role: technician."""
    client.ask(socket, "/lease", as_json, json={"force": force})


@lease.command("release")
@asks
def release_lease(socket: Path, as_json: bool) -> None:
    """Give the lease back. Role: technician."""
    raise click.exceptions.Exit(client.tell(*client.call(socket, "DELETE", "/lease"), as_json))
