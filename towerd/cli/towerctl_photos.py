"""`towerctl photos`: what the cabins' cameras saw of a car before its loan and after."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path
from typing import Final

import click

from towerd.cli import client
from towerd.cli.options import asks
from towerd.cli.private import write_private
from towerd.cli.screen import table

photos = click.Group("photos", help="Photos of a car's condition before its loan and after.")

_COLUMNS: Final = ("loan", "when", "vehicle", "cabin", "taken_at", "pictures", "reason", "destroy_at")


@photos.command("list")
@asks
def photos_list(socket: Path, as_json: bool) -> None:
    """List of which loans there are photos, why some are missing, and when they are destroyed. Role: viewer."""
    body = client.get(socket, "/photos", as_json)
    if as_json:
        client.print_json(body)
        return
    rows = [{**row, "pictures": len(row["sha256s"])} for row in body["photos"]]
    shown = [["" if row[name] is None else str(row[name]) for name in _COLUMNS] for row in rows]
    click.echo(table(_COLUMNS, shown) if shown else "no photos are kept")


@photos.command()
@click.argument("loan", help="The loan's id, which is its order's.")
@click.argument("when", type=click.Choice(("out", "back")), help="Before the loan, or after it.")
@click.option(
    "--to", "folder", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="Where the files go."
)
@asks
def export(loan: str, when: str, folder: Path, socket: Path, as_json: bool) -> None:
    """Write the photos of a loan's car as JPEG files; the audit log names you. Role: technician."""
    status, body = client.call(socket, "POST", f"/photos/{loan}/{when}")
    if status != 200:
        raise click.exceptions.Exit(client.tell(status, body, as_json))
    files = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number, picture in enumerate(body["result"]["pictures"], start=1):
            path = folder / f"{loan}-{when}-{number}.jpg"
            write_private(path, b64decode(picture["jpeg"]))
            files.append({"file": str(path), "sha256": picture["sha256"]})
    except OSError as error:
        raise client.fail(f"{error.filename}: {error.strerror}", client.Exit.FAILED) from error
    if as_json:
        client.print_json({"ok": True, "reasons": [], "result": {"files": files}})
        return
    for row in files:
        click.echo(f"{row['file']}  sha256 {row['sha256']}")
