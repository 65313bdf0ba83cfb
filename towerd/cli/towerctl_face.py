"""`towerctl face`: what the screen at the tower does for somebody who shows the face, from a command line."""

from __future__ import annotations

from pathlib import Path

import click

from towerd.cli import client
from towerd.cli.options import asks

face = click.Group("face", help="Help with faces: compare the next one with one order alone.")


@face.command()
@click.argument("number", help="The order's four-digit number.")
@asks
def number(number: str, socket: Path, as_json: bool) -> None:
    """Compare the next face with that order alone, for 30 s. Whether there is such a number is not told. Role: viewer."""
    client.ask(socket, "/number", as_json, json={"number": number})
