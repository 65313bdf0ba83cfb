"""`towerctl maintenance`: how devices wear, what is due, and that one was serviced."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from towerd.cli import client
from towerd.cli.options import asks
from towerd.cli.screen import table

maintenance = click.Group("maintenance", help="Cycles, times and due dates of axes, locks and doors.")


def _percent(ratio: float | None) -> str:
    return "?" if ratio is None else f"{ratio * 100:+.0f} %"


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    limit = row["cycles_between_services"]
    since = f"{row['cycles_since_service']}" + (f" of {limit}" if limit else "")
    time = "?" if row["recent_ratio"] is None else f"{row['recent_ratio']:.2f}"
    due = {"no": "", "soon": "soon", "now": "NOW"}[row["due"]]
    date = (row["due_at"] or "")[:10]
    return (
        row["device"],
        str(row["cycles"]),
        since,
        time,
        _percent(row["drift_ratio"]),
        f"{row['tries_ratio']:.0%}",
        date,
        due,
    )


@maintenance.command("list")
@asks
def list_devices(socket: Path, as_json: bool) -> None:
    """Show every device that has worked: cycles, time over the mechanical minimum and its drift since the last service,
    share of second tries, and when it is due. Role: viewer.
    """
    body = client.get(socket, "/upkeep", as_json)
    if as_json:
        client.print_json(body)
        return
    columns = ("device", "cycles", "since service", "time / minimum", "drift", "second tries", "due at", "due")
    rows = [_cells(row) for row in body["devices"]]
    click.echo(table(columns, rows) if rows else "no device has worked yet")


@maintenance.command()
@click.argument("device", help="The device as the list shows it, such as lift, or 'lock 3-4'.")
@click.option("--note", default="", help="What was done; kept in the audit log.")
@asks
def done(device: str, note: str, socket: Path, as_json: bool) -> None:
    """Say that a device was serviced: its counts and references begin anew. Role: technician."""
    client.ask(socket, "/upkeep/serviced", as_json, json={"device": device, "note": note})
