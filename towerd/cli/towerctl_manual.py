"""`towerctl home`, `goto`, `fork`, `lock`, `door`, `signal`, `cancel`, `lease`: single commands by hand."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from towerd.cli import client
from towerd.cli.client import DEFAULT_SOCKET, Exit, JsonOption, SocketOption

_AXES: Final = {"lift": 0, "turntable": 1, "fork": 2, "all": 9}
_SIGNS: Final = {"off": 0, "red": 1, "green": 2, "forward": 3, "back": 4, "stop": 5, "leave": 6}
_COMMAND_LIMIT_S: Final = 630.0

lease = typer.Typer(help="Who commands by hand: one at a time, everybody may look.", no_args_is_help=True)


class Axis(StrEnum):
    """What HOME homes."""

    LIFT = "lift"
    TURNTABLE = "turntable"
    FORK = "fork"
    ALL = "all"


class ForkVerb(StrEnum):
    """Take a vehicle, or leave it."""

    GET = "get"
    PUT = "put"


class Leaf(StrEnum):
    """The door to the shaft, or the one to the street."""

    INNER = "inner"
    OUTER = "outer"


class Way(StrEnum):
    """Open or close."""

    OPEN = "open"
    CLOSE = "close"


class Sign(StrEnum):
    """What a cabin's sign shows."""

    OFF = "off"
    RED = "red"
    GREEN = "green"
    FORWARD = "forward"
    BACK = "back"
    STOP = "stop"
    LEAVE = "leave"


class Mailbox(StrEnum):
    """Units that carry out commands."""

    CARRIAGE = "carriage"
    BAYS = "bays"
    CABIN1 = "cabin1"
    CABIN2 = "cabin2"


class Sensor(StrEnum):
    """A sensor that can be left out of the question: of a place, of the carriage, of a bay's lock."""

    FIRST = "first"
    SECOND = "second"
    FRONT = "front"
    REAR = "rear"
    LOCK = "lock"


TakeOption = Annotated[bool, typer.Option("--take", help="Take the lease from whoever holds it.")]
NoWaitOption = Annotated[bool, typer.Option("--no-wait", help="Do not wait for the end of the command.")]
LeaveOutOption = Annotated[
    list[Sensor] | None,
    typer.Option("--leave-out", help="A sensor that is wrong (only in Manual; you have looked; it is recorded)."),
]
PlaceArgument = Annotated[str, typer.Argument(metavar="PLACE", help="A bay as 3-4, or cabin:1.")]
BayArgument = Annotated[str, typer.Argument(metavar="BAY", help="A bay as 3-4.")]
CabinArgument = Annotated[int, typer.Argument(metavar="CABIN", help="The cabin's number.", min=1, max=2)]


def take_first(socket: Path, as_json: bool, take: bool) -> None:
    """Take the lease by force where that is asked for. Raises typer.Exit where it is refused."""
    if take:
        status, body = client.call(socket, "POST", "/lease", json={"force": True})
        if status != 200:
            raise typer.Exit(client.tell(status, body, as_json))


def command(socket: Path, as_json: bool, take: bool, **content: Any) -> None:
    """One command by hand, and its end. Raises typer.Exit always."""
    take_first(socket, as_json, take)
    try:
        answer = client.call(socket, "POST", "/manual", _COMMAND_LIMIT_S, json=content)
    except KeyboardInterrupt:
        text = "It goes on. Letting go of the enabling switch holds it; towerctl cancel ends it."
        raise client.fail(text, Exit.NO_ANSWER) from None
    raise typer.Exit(client.tell(*answer, as_json))


def home(
    axis: Annotated[Axis, typer.Argument(help="The axis.")] = Axis.ALL,
    take: TakeOption = False,
    no_wait: NoWaitOption = False,
    socket: SocketOption = DEFAULT_SOCKET,
    as_json: JsonOption = False,
) -> None:
    """Home an axis; a fork that is out comes in slowly, with what is on it. Role: technician."""
    command(socket, as_json, take, verb="home", value=_AXES[axis.value], wait=not no_wait)


def goto(
    place: PlaceArgument,
    leave_out: LeaveOutOption = None,
    take: TakeOption = False,
    no_wait: NoWaitOption = False,
    socket: SocketOption = DEFAULT_SOCKET,
    as_json: JsonOption = False,
) -> None:
    """Send lift and turntable to a station. Role: technician."""
    sensors = [one.value for one in leave_out or ()]
    command(socket, as_json, take, verb="goto", place=place, leave_out=sensors, wait=not no_wait)


def fork(
    verb: Annotated[ForkVerb, typer.Argument(help="get takes the vehicle, put leaves it.")],
    place: PlaceArgument,
    leave_out: LeaveOutOption = None,
    take: TakeOption = False,
    no_wait: NoWaitOption = False,
    socket: SocketOption = DEFAULT_SOCKET,
    as_json: JsonOption = False,
) -> None:
    """Take a vehicle with the fork, or leave it, at the place where the carriage stands. Role: technician."""
    sensors = [one.value for one in leave_out or ()]
    command(socket, as_json, take, verb=verb.value, place=place, leave_out=sensors, wait=not no_wait)


def lock(
    way: Annotated[Way, typer.Argument(help="open unlocks, close locks.")],
    bay: BayArgument,
    take: TakeOption = False,
    no_wait: NoWaitOption = False,
    socket: SocketOption = DEFAULT_SOCKET,
    as_json: JsonOption = False,
) -> None:
    """Open or close the lock of a bay. Role: technician."""
    verb = "unlock" if way is Way.OPEN else "lock"
    command(socket, as_json, take, verb=verb, place=bay, wait=not no_wait)


def door(
    leaf: Annotated[Leaf, typer.Argument(help="inner: to the shaft; outer: to the street.")],
    way: Annotated[Way, typer.Argument(help="open or close.")],
    cabin: CabinArgument,
    take: TakeOption = False,
    no_wait: NoWaitOption = False,
    socket: SocketOption = DEFAULT_SOCKET,
    as_json: JsonOption = False,
) -> None:
    """Open or close a door of a cabin; closing the inner and opening the outer one also in Held, Stopped and Idle, so that
    nobody is shut in. Role: technician.
    """
    value = int(way is Way.OPEN)
    command(socket, as_json, take, verb=f"{leaf.value}_door", place=f"cabin:{cabin}", value=value, wait=not no_wait)


def signal(
    cabin: CabinArgument,
    sign: Annotated[Sign, typer.Argument(help="What the sign shows.")],
    take: TakeOption = False,
    socket: SocketOption = DEFAULT_SOCKET,
    as_json: JsonOption = False,
) -> None:
    """Set the sign of a cabin. In Auto the machine sets it back. Role: technician."""
    command(socket, as_json, take, verb="signal", place=f"cabin:{cabin}", value=_SIGNS[sign.value], wait=True)


def cancel(
    unit: Annotated[Mailbox, typer.Argument(help="Whose command.")] = Mailbox.CARRIAGE,
    socket: SocketOption = DEFAULT_SOCKET,
    as_json: JsonOption = False,
) -> None:
    """Stop the command that runs, on its ramp; a job whose command it was is held. Role: technician."""
    client.ask(socket, f"/manual/{unit.value}/cancel", as_json)


def confirm_changes(socket: SocketOption = DEFAULT_SOCKET, as_json: JsonOption = False) -> None:
    """Confirm what changed while the key was away from Auto (`towerctl why` lists it); then Auto goes on. Role: technician."""
    client.ask(socket, "/changes/confirm", as_json)


@lease.command("show")
def show_lease(socket: SocketOption = DEFAULT_SOCKET, as_json: JsonOption = False) -> None:
    """Show who commands by hand, and what changed while the key was away from Auto. Role: viewer."""
    body = client.get(socket, "/hand", as_json)
    if as_json:
        client.print_json(body)
        return
    if body["commander"]:
        typer.echo(f"{body['commander']} commands, for {body['lease_left_s']:.0f} s after the last command")
    else:
        typer.echo("nobody commands by hand")
    for line in body["changes"]:
        typer.echo(f"changed: {line}")


@lease.command("take")
def take_lease(
    force: Annotated[bool, typer.Option("--force", help="Take it from whoever holds it.")] = False,
    socket: SocketOption = DEFAULT_SOCKET,
    as_json: JsonOption = False,
) -> None:
    """Be the one who commands; every command by hand does so by itself where nobody else does. Role: technician."""
    client.ask(socket, "/lease", as_json, json={"force": force})


@lease.command("release")
def release_lease(socket: SocketOption = DEFAULT_SOCKET, as_json: JsonOption = False) -> None:
    """Give the lease back. Role: technician."""
    raise typer.Exit(client.tell(*client.call(socket, "DELETE", "/lease"), as_json))


def register(app: typer.Typer) -> None:
    """Put the commands of this module into `app`."""
    for one in (home, goto, fork, lock, door, signal, cancel, confirm_changes):
        app.command()(one)
    app.add_typer(lease, name="lease")
