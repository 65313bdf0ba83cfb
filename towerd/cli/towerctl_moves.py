"""`towerctl` for moves: fetch any car, move it, put it back; take stock by tags."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from towerd.cli import client
from towerd.cli.options import asks
from towerd.cli.screen import table

stock = click.Group("stock", help="Which car is where, and taking stock by tags.")

CONDITIONS: Final = ("available", "inspection", "out_of_service")
REASONS: Final = ("damage", "cleaning", "charge_low", "service_due", "recalled")
_MOVE_COLUMNS: Final = ("id", "purpose", "vehicle", "source", "target", "state", "by", "next")
_TAKE_COLUMNS: Final = ("move", "bay", "state", "vehicle", "tag", "why")
_STOCK_COLUMNS: Final = ("place", "vehicle", "make", "model", "condition", "tag")

what_argument = click.argument("what", help="A vehicle's id, or where it stands: 3-4, cabin:1, carriage.")
cabin_argument = click.argument(
    "cabin", type=click.IntRange(1, 2), required=False, help="The cabin; any that is free, if left out."
)
reason_option = click.option("--reason", help="Why a car that an order needs is fetched all the same; the order fails.")


def _want(socket: Path, as_json: bool, **wanted: Any) -> None:
    client.ask(socket, "/moves", as_json, json={key: value for key, value in wanted.items() if value is not None})


def _show(rows: list[dict[str, Any]], columns: tuple[str, ...], nothing: str) -> None:
    if not rows:
        click.echo(nothing)
        return
    shown = [["" if row[column] is None else str(row[column]) for column in columns] for row in rows]
    click.echo(table(columns, shown))


def _listed(socket: Path, as_json: bool, route: str, rows: str, columns: tuple[str, ...], nothing: str) -> None:
    body = client.get(socket, route, as_json)
    if as_json:
        client.print_json(body)
    else:
        _show(body[rows], columns, nothing)


@click.command()
@what_argument
@cabin_argument
@reason_option
@asks
def fetch(what: str, cabin: int | None, reason: str | None, socket: Path, as_json: bool) -> None:
    """Get any car out, with no order: to a cabin, where its door opens for you. Role: technician."""
    target = f"cabin:{cabin}" if cabin else None
    _want(socket, as_json, purpose="fetch", what=what, target=target, reason=reason)


@click.command()
@what_argument
@click.argument("bay", help="The bay where it is to go, as 3-4.")
@asks
def move(what: str, bay: str, socket: Path, as_json: bool) -> None:
    """Move a car into another bay. Role: technician."""
    _want(socket, as_json, purpose="move", what=what, target=bay)


@click.command()
@what_argument
@cabin_argument
@asks
def bring(what: str, cabin: int | None, socket: Path, as_json: bool) -> None:
    """Bring a car to a cabin and hold it there, the outer door shut. Role: technician."""
    _want(socket, as_json, purpose="bring", what=what, target=f"cabin:{cabin}" if cabin else None)


@click.command()
@what_argument
@asks
def put_back(what: str, socket: Path, as_json: bool) -> None:
    """Put a car from a cabin or the carriage into the best free bay. Role: technician."""
    _want(socket, as_json, purpose="put_back", what=what)


@click.command()
@click.argument("cabin", type=click.IntRange(1, 2), default=1, help="The cabin where it stands.")
@asks
def store(cabin: int, socket: Path, as_json: bool) -> None:
    """Put the car that stands in a cabin into the best free bay, known or not. Role: technician."""
    _want(socket, as_json, purpose="store", what=f"cabin:{cabin}")


@click.command()
@asks
def moves(socket: Path, as_json: bool) -> None:
    """List the moves that people have asked for, how far each is and what it waits for, and why one has just ended. Role: viewer."""
    _listed(socket, as_json, "/moves", "moves", _MOVE_COLUMNS, "nobody has asked for a move")


@click.command()
@click.argument("number", type=click.IntRange(1), help="The move's number.")
@asks
def cancel_move(number: int, socket: Path, as_json: bool) -> None:
    """End a move; a car that is under way goes into a free bay. Role: technician."""
    client.ask(socket, f"/moves/{number}", as_json, "DELETE")


@stock.command("list")
@asks
def stock_list(socket: Path, as_json: bool) -> None:
    """List which vehicle is where, by the books. Role: viewer."""
    _listed(socket, as_json, "/stock", "vehicles", _STOCK_COLUMNS, "no vehicle is known")


@stock.command("condition")
@click.argument("vehicle", help="The vehicle's id.")
@click.argument("condition", type=click.Choice(CONDITIONS), help="What it is from now on.")
@click.option("--reason", required=True, help="What you have seen; kept in the audit log.")
@click.option(
    "--because", type=click.Choice(REASONS), multiple=True, help="Why it is out of service; more than one may be."
)
@asks
def stock_condition(
    vehicle: str, condition: str, reason: str, because: tuple[str, ...], socket: Path, as_json: bool
) -> None:
    """Release a vehicle, have it looked at, or put it out of service. Role: technician."""
    said = {"condition": condition, "because": because, "reason": reason}
    client.ask(socket, f"/vehicles/{vehicle}/condition", as_json, json=said)


@stock.command()
@click.argument("bays", nargs=-1, help="Bays as 3-4; all that are occupied, if left out.")
@asks
def take(bays: tuple[str, ...], socket: Path, as_json: bool) -> None:
    """Read the tags of the cars in these bays when nothing else waits, and correct the books. Role: technician."""
    client.ask(socket, "/stock/take", as_json, json={"bays": bays or []})


@stock.command()
@asks
def progress(socket: Path, as_json: bool) -> None:
    """Show what taking stock has read so far. Role: viewer."""
    _listed(socket, as_json, "/stock/take", "bays", _TAKE_COLUMNS, "no stock is being taken")


@stock.command()
@asks
def stop(socket: Path, as_json: bool) -> None:
    """Stop taking stock; a car that is under way goes home first. Role: technician."""
    client.ask(socket, "/stock/take", as_json, "DELETE")
