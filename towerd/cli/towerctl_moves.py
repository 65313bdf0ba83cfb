"""`towerctl` for moves: fetch any car, move it, put it back; take stock by tags."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from towerd.cli import client
from towerd.cli.client import DEFAULT_SOCKET, JsonOption, SocketOption

app = typer.Typer()
stock = typer.Typer(help="Which car is where, and taking stock by tags.", no_args_is_help=True)
app.add_typer(stock, name="stock")

_MOVE_COLUMNS: Final = ("id", "purpose", "vehicle", "source", "target", "state", "by", "next")
_TAKE_COLUMNS: Final = ("move", "bay", "state", "vehicle", "tag", "why")
_STOCK_COLUMNS: Final = ("place", "vehicle", "make", "model", "condition", "tag")

What = Annotated[str, typer.Argument(help="A vehicle's id, or where it stands: 3-4, cabin:1, carriage.")]
Cabin = Annotated[int | None, typer.Argument(help="The cabin; any that is free, if left out.", min=1, max=2)]
Reason = Annotated[
    str | None, typer.Option("--reason", help="Why a car that an order needs is fetched all the same; the order fails.")
]


def _want(socket: SocketOption, as_json: bool, **wanted: Any) -> None:
    client.ask(socket, "/moves", as_json, json={key: value for key, value in wanted.items() if value is not None})


def _show(rows: list[dict[str, Any]], columns: tuple[str, ...], nothing: str) -> None:
    if not rows:
        typer.echo(nothing)
        return
    # loaded late: it takes as long as the rest of the command
    from rich.console import Console
    from rich.table import Table

    table = Table(*columns, box=None)
    for row in rows:
        table.add_row(*("" if row[column] is None else str(row[column]) for column in columns))
    Console().print(table)


def _listed(socket: SocketOption, as_json: bool, route: str, rows: str, columns: tuple[str, ...], nothing: str) -> None:
    body = client.get(socket, route, as_json)
    if as_json:
        client.print_json(body)
    else:
        _show(body[rows], columns, nothing)


@app.command()
def fetch(
    what: What,
    cabin: Cabin = None,
    reason: Reason = None,
    socket: SocketOption = DEFAULT_SOCKET,
    as_json: JsonOption = False,
) -> None:
    """Get any car out, with no order: to a cabin, where its door opens for you. Role: technician."""
    target = f"cabin:{cabin}" if cabin else None
    _want(socket, as_json, purpose="fetch", what=what, target=target, reason=reason)


@app.command()
def move(
    what: What,
    bay: Annotated[str, typer.Argument(help="The bay where it is to go, as 3-4.")],
    socket: SocketOption = DEFAULT_SOCKET,
    as_json: JsonOption = False,
) -> None:
    """Move a car into another bay. Role: technician."""
    _want(socket, as_json, purpose="move", what=what, target=bay)


@app.command()
def bring(what: What, cabin: Cabin = None, socket: SocketOption = DEFAULT_SOCKET, as_json: JsonOption = False) -> None:
    """Bring a car to a cabin and hold it there, the outer door shut. Role: technician."""
    _want(socket, as_json, purpose="bring", what=what, target=f"cabin:{cabin}" if cabin else None)


@app.command()
def put_back(what: What, socket: SocketOption = DEFAULT_SOCKET, as_json: JsonOption = False) -> None:
    """Put a car from a cabin or the carriage into the best free bay. Role: technician."""
    _want(socket, as_json, purpose="put_back", what=what)


@app.command()
def store(
    cabin: Annotated[int, typer.Argument(help="The cabin where it stands.", min=1, max=2)] = 1,
    socket: SocketOption = DEFAULT_SOCKET,
    as_json: JsonOption = False,
) -> None:
    """Put the car that stands in a cabin into the best free bay, known or not. Role: technician."""
    _want(socket, as_json, purpose="store", what=f"cabin:{cabin}")


@app.command()
def moves(socket: SocketOption = DEFAULT_SOCKET, as_json: JsonOption = False) -> None:
    """List the moves that people have asked for, how far each is and what it waits for. Role: viewer."""
    _listed(socket, as_json, "/moves", "moves", _MOVE_COLUMNS, "nobody has asked for a move")


@app.command()
def cancel_move(
    number: Annotated[int, typer.Argument(help="The move's number.", min=1)],
    socket: SocketOption = DEFAULT_SOCKET,
    as_json: JsonOption = False,
) -> None:
    """End a move; a car that is under way goes into a free bay. Role: technician."""
    client.ask(socket, f"/moves/{number}", as_json, "DELETE")


@stock.command("list")
def stock_list(socket: SocketOption = DEFAULT_SOCKET, as_json: JsonOption = False) -> None:
    """List which vehicle is where, by the books. Role: viewer."""
    _listed(socket, as_json, "/stock", "vehicles", _STOCK_COLUMNS, "no vehicle is known")


@stock.command()
def take(
    bays: Annotated[list[str] | None, typer.Argument(help="Bays as 3-4; all that are occupied, if left out.")] = None,
    socket: SocketOption = DEFAULT_SOCKET,
    as_json: JsonOption = False,
) -> None:
    """Read the tags of the cars in these bays when nothing else waits, and correct the books. Role: technician."""
    client.ask(socket, "/stock/take", as_json, json={"bays": bays or []})


@stock.command()
def progress(socket: SocketOption = DEFAULT_SOCKET, as_json: JsonOption = False) -> None:
    """Show what taking stock has read so far. Role: viewer."""
    _listed(socket, as_json, "/stock/take", "bays", _TAKE_COLUMNS, "no stock is being taken")


@stock.command()
def stop(socket: SocketOption = DEFAULT_SOCKET, as_json: JsonOption = False) -> None:
    """Stop taking stock; a car that is under way goes home first. Role: technician."""
    client.ask(socket, "/stock/take", as_json, "DELETE")
