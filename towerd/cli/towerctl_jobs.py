"""`towerctl job` and `towerctl bay`: jobs and places in a technician's hands."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from towerd.cli import client
from towerd.cli.client import Exit
from towerd.cli.options import asks
from towerd.cli.screen import table

job = click.Group("job", help="Vehicles on their way: look, hold, resume, step, cancel, finish.")
bay = click.Group("bay", help="What stands where, and where the planner may go.")
_STEP_LIMIT_S: Final = 630.0

job_argument = click.argument("number", type=click.IntRange(1), metavar="ID", help="The job's number.")
place_argument = click.argument("place", metavar="PLACE", help="A bay as 3-4, cabin:1, or carriage.")
reason_option = click.option("--reason", required=True, help="Why; kept in the audit log.")


def _jobs(socket: Path, as_json: bool) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(socket, "/jobs", as_json)["jobs"]
    return found


def _line(row: dict[str, Any]) -> tuple[str, ...]:
    asker = row["order"] or row["by"] or ""
    held = f"stopped by {row['stopped_by']}" if row["stopped_by"] else row["state"]
    if row["waits_for"]:
        held = f"waits: {', '.join(row['waits_for'])}"
    return (str(row["id"]), row["purpose"], held, row["vehicle"], row["source"], row["target"], asker)


@job.command("list")
@asks
def list_jobs(socket: Path, as_json: bool) -> None:
    """List the newest jobs and all that are open. Role: viewer."""
    rows = _jobs(socket, as_json)
    if as_json:
        client.print_json({"jobs": rows})
        return
    columns = ("job", "for", "state", "vehicle", "from", "to", "asked by")
    click.echo(table(columns, [_line(row) for row in rows]) if rows else "no jobs")


@job.command("show")
@job_argument
@asks
def show_job(number: int, socket: Path, as_json: bool) -> None:
    """Show one job. Role: viewer."""
    row = next((row for row in _jobs(socket, as_json) if row["id"] == number), None)
    if row is None:
        raise client.fail(f"no job {number} among the newest", Exit.USAGE)
    if as_json:
        client.print_json(row)
        return
    for key, value in row.items():
        click.echo(f"{key:12} {'' if value is None else value}")


def _command(number: int, verb: str, socket: Path, as_json: bool) -> None:
    try:
        answer = client.call(socket, "POST", f"/jobs/{number}/{verb}", _STEP_LIMIT_S)
    except KeyboardInterrupt:
        text = "It goes on. Letting go of the enabling switch holds it; towerctl cancel ends it."
        raise client.fail(text, Exit.NO_ANSWER) from None
    raise click.exceptions.Exit(client.tell(*answer, as_json))


@job.command()
@job_argument
@asks
def hold(number: int, socket: Path, as_json: bool) -> None:
    """Give no further command for a job; the one that runs ends. Role: technician."""
    _command(number, "hold", socket, as_json)


@job.command()
@job_argument
@asks
def resume(number: int, socket: Path, as_json: bool) -> None:
    """Let a held job go on; of a cancelled one: let its order be planned again. Role: technician."""
    _command(number, "resume", socket, as_json)


@job.command()
@job_argument
@asks
def step(number: int, socket: Path, as_json: bool) -> None:
    """Let a job give one more command, then hold it; in Manual under the enabling switch. Role: technician."""
    _command(number, "step", socket, as_json)


@job.command("cancel")
@job_argument
@asks
def cancel_job(number: int, socket: Path, as_json: bool) -> None:
    """End a job: its vehicle is put back, its order waits until the job is resumed. Role: technician."""
    _command(number, "cancel", socket, as_json)


@job.command()
@job_argument
@place_argument
@reason_option
@asks
def finish(number: int, place: str, reason: str, socket: Path, as_json: bool) -> None:
    """Declare a job finished by hand, its vehicle standing at PLACE; the sensors must agree. Role: technician."""
    client.ask(socket, f"/jobs/{number}/finish", as_json, json={"place": place, "reason": reason})


def _content(row: dict[str, Any]) -> str:
    marks = {
        "unknown": "UNKNOWN",
        "accepted": "a technician's word against the sensors",
        "disabled": "disabled",
        "plc_disabled": "disabled at the PLC",
    }
    shown = [text for key, text in marks.items() if row[key]]
    reason = f" ({row['reason']})" if row["reason"] and shown else ""
    return f"{row['place']:6} {row['vehicle'] or '-':20} {row['sensors']:9} {', '.join(shown)}{reason}".rstrip()


@bay.command("show")
@click.argument("place", required=False, metavar="[BAY]", help="A bay as 3-4; all if left out.")
@asks
def show_bays(place: str | None, socket: Path, as_json: bool) -> None:
    """Show bays by books, sensors, technician and PLC. Role: viewer."""
    rows = [row for row in client.get(socket, "/bays", as_json)["bays"] if place in (None, row["place"])]
    if not rows:
        raise client.fail("no such bay, or the PLC is not known", Exit.USAGE)
    if as_json:
        client.print_json({"bays": rows})
        return
    for row in rows:
        click.echo(_content(row))


@bay.command("set")
@click.argument("place", metavar="PLACE", help="A bay as 3-4, cabin:1, carriage; or out: the car is outside after all.")
@click.argument("vehicle", help="The vehicle's id, or `empty`.")
@reason_option
@click.option(
    "--override",
    is_flag=True,
    help="The sensors say otherwise and are wrong; or the car is out by the books, and is back.",
)
@asks
def set_content(place: str, vehicle: str, reason: str, override: bool, socket: Path, as_json: bool) -> None:
    """Write down what stands in a place, as you see it; refused where sensors contradict, or a loan would end. Role: technician."""
    content = {"vehicle": None if vehicle == "empty" else vehicle, "reason": reason, "override": override}
    client.ask(socket, f"/places/{place}/set", as_json, json=content)


@bay.command()
@place_argument
@reason_option
@asks
def disable(place: str, reason: str, socket: Path, as_json: bool) -> None:
    """Keep the planner from a bay: nothing is brought there or fetched. Role: technician."""
    client.ask(socket, f"/bays/{place}/disable", as_json, json={"reason": reason})


@bay.command()
@place_argument
@reason_option
@asks
def enable(place: str, reason: str, socket: Path, as_json: bool) -> None:
    """Give a bay back to the planner. Role: technician."""
    client.ask(socket, f"/bays/{place}/enable", as_json, json={"reason": reason})
