"""`towerctl face`: what the screen at the tower does for somebody who shows the face, from a command line."""

from __future__ import annotations

from typing import Annotated

import typer

from towerd.cli import client
from towerd.cli.client import DEFAULT_SOCKET, JsonOption, SocketOption

app = typer.Typer(no_args_is_help=True, help="Help with faces: compare the next one with one order alone.")


@app.callback()
def _group() -> None:
    """Commands about faces."""


@app.command()
def number(
    number: Annotated[str, typer.Argument(help="The order's four-digit number.")],
    socket: SocketOption = DEFAULT_SOCKET,
    as_json: JsonOption = False,
) -> None:
    """Compare the next face with that order alone, for 30 s. Whether there is such a number is not told. Role: viewer."""
    client.ask(socket, "/number", as_json, json={"number": number})
