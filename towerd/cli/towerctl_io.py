"""`towerctl io`: every register of the PLC interface as it was last read or written."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import click

from towerd.cli import client, screen
from towerd.cli.client import Exit
from towerd.cli.options import asks

_EVERY_S: Final = 0.5


@click.command()
@click.argument("name", default="", help="Show registers with this in their name only.")
@click.option("--block", default="", help="Show this block only, such as SYS, AX_LIFT, CAB1, BAY or CTL.")
@click.option("--watch", is_flag=True, help="Go on until Ctrl-C.")
@asks
def io(name: str, block: str, watch: bool, socket: Path, as_json: bool) -> None:
    """Show every register by name: value, raw words, age and meaning. W registers show what was written. Role: viewer.

    `?` before an age: what was read no longer holds. Exit 2 where no register has this name.
    """
    route = f"/io?{urlencode({'block': block, 'name': name})}"
    body = client.get(socket, route, as_json)
    if not body["registers"]:
        raise client.fail("no register has this name; see docs/reference/registers.md", Exit.USAGE)
    if as_json:
        _print_all(socket, route, body, watch=watch)
    elif watch:
        _watch(socket, route, body)
    else:
        click.echo(_table(body))


def _bodies(socket: Path, route: str, first: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield first
    while True:
        time.sleep(_EVERY_S)
        yield client.get(socket, route, as_json=False)


def _print_all(socket: Path, route: str, body: dict[str, Any], *, watch: bool) -> None:
    for one in _bodies(socket, route, body) if watch else (body,):
        client.print_json(one)


def _watch(socket: Path, route: str, first: dict[str, Any]) -> None:
    try:
        for body in _bodies(socket, route, first):
            screen.draw(_table(body))
    except KeyboardInterrupt:
        raise click.exceptions.Exit(Exit.DONE) from None


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    where = f"{row['address']} {row['access']}"
    if row["value"] is None:
        return row["block"], row["field"], where, "?", "", "never", ""
    raw = " ".join(f"{word:04X}" for word in row["raw"])
    value = f"{row['value']} {row['unit']}".rstrip()
    age = f"{'' if row['good'] else '? '}{row['age_s']:.1f} s"
    return row["block"], row["field"], where, value, raw, age, row["meaning"]


def _table(body: dict[str, Any]) -> str:
    columns = ("block", "register", "address", "value", "raw", "age", "meaning")
    return screen.table(columns, [_cells(row) for row in body["registers"]], "SIMULATED" if body["simulated"] else "")
