"""`towerctl job` and `towerctl bay`: jobs and places in a technician's hands."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from towerd.cli import client
from towerd.cli.client import DEFAULT_SOCKET, Exit, JsonOption, SocketOption

job = typer.Typer(help="Vehicles on their way: look, hold, resume, step, cancel, finish.", no_args_is_help=True)
bay = typer.Typer(help="What stands where, and where the planner may go.", no_args_is_help=True)
_STEP_LIMIT_S: Final = 630.0

JobArgument = Annotated[int, typer.Argument(metavar="ID", help="The job's number.", min=1)]
PlaceArgument = Annotated[str, typer.Argument(metavar="PLACE", help="A bay as 3-4, cabin:1, or carriage.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; kept in the audit log.")]


def _jobs(socket: SocketOption, as_json: bool) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(socket, "/jobs", as_json)["jobs"]
    return found


def _line(row: dict[str, Any]) -> tuple[str, ...]:
    asker = row["order"] or row["by"] or ""
    held = f"stopped by {row['stopped_by']}" if row["stopped_by"] else row["state"]
    return (str(row["id"]), row["purpose"], held, row["vehicle"], row["source"], row["target"], asker)


@job.command("list")
def list_jobs(socket: SocketOption = DEFAULT_SOCKET, as_json: JsonOption = False) -> None:
    """List the newest jobs and all that are open. Role: viewer."""
    rows = _jobs(socket, as_json)
    if as_json:
        client.print_json({"jobs": rows})
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("job", "for", "state", "vehicle", "from", "to", "asked by")
    for row in rows:
        table.add_row(*_line(row))
    Console().print(table if rows else "no jobs")


@job.command("show")
def show_job(number: JobArgument, socket: SocketOption = DEFAULT_SOCKET, as_json: JsonOption = False) -> None:
    """Show one job. Role: viewer."""
    row = next((row for row in _jobs(socket, as_json) if row["id"] == number), None)
    if row is None:
        raise client.fail(f"no job {number} among the newest", Exit.USAGE)
    if as_json:
        client.print_json(row)
        return
    for key, value in row.items():
        typer.echo(f"{key:12} {'' if value is None else value}")


def _command(number: int, verb: str, socket: SocketOption, as_json: bool) -> None:
    try:
        answer = client.call(socket, "POST", f"/jobs/{number}/{verb}", _STEP_LIMIT_S)
    except KeyboardInterrupt:
        text = "It goes on. Letting go of the enabling switch holds it; towerctl cancel ends it."
        raise client.fail(text, Exit.NO_ANSWER) from None
    raise typer.Exit(client.tell(*answer, as_json))


@job.command()
def hold(number: JobArgument, socket: SocketOption = DEFAULT_SOCKET, as_json: JsonOption = False) -> None:
    """Give no further command for a job; the one that runs ends. Role: technician."""
    _command(number, "hold", socket, as_json)


@job.command()
def resume(number: JobArgument, socket: SocketOption = DEFAULT_SOCKET, as_json: JsonOption = False) -> None:
    """Let a held job go on; of a cancelled one: let its order be planned again. Role: technician."""
    _command(number, "resume", socket, as_json)


@job.command()
def step(number: JobArgument, socket: SocketOption = DEFAULT_SOCKET, as_json: JsonOption = False) -> None:
    """Let a job give one more command, then hold it; in Manual under the enabling switch. Role: technician."""
    _command(number, "step", socket, as_json)


@job.command("cancel")
def cancel_job(number: JobArgument, socket: SocketOption = DEFAULT_SOCKET, as_json: JsonOption = False) -> None:
    """End a job: its vehicle is put back, its order waits until the job is resumed. Role: technician."""
    _command(number, "cancel", socket, as_json)


@job.command()
def finish(
    number: JobArgument,
    place: PlaceArgument,
    reason: ReasonOption,
    socket: SocketOption = DEFAULT_SOCKET,
    as_json: JsonOption = False,
) -> None:
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
def show_bays(
    place: Annotated[str | None, typer.Argument(metavar="[BAY]", help="A bay as 3-4; all if left out.")] = None,
    socket: SocketOption = DEFAULT_SOCKET,
    as_json: JsonOption = False,
) -> None:
    """Show bays by books, sensors, technician and PLC. Role: viewer."""
    rows = [row for row in client.get(socket, "/bays", as_json)["bays"] if place in (None, row["place"])]
    if not rows:
        raise client.fail("no such bay, or the PLC is not known", Exit.USAGE)
    if as_json:
        client.print_json({"bays": rows})
        return
    for row in rows:
        typer.echo(_content(row))


@bay.command("set")
def set_content(
    place: PlaceArgument,
    vehicle: Annotated[str, typer.Argument(help="The vehicle's id, or `empty`.")],
    reason: ReasonOption,
    override: Annotated[
        bool, typer.Option("--override", help="The sensors say otherwise, and they are wrong.")
    ] = False,
    socket: SocketOption = DEFAULT_SOCKET,
    as_json: JsonOption = False,
) -> None:
    """Write down what stands in a place, as you see it; refused where the sensors contradict. Role: technician."""
    content = {"vehicle": None if vehicle == "empty" else vehicle, "reason": reason, "override": override}
    client.ask(socket, f"/places/{place}/set", as_json, json=content)


@bay.command()
def disable(
    place: PlaceArgument, reason: ReasonOption, socket: SocketOption = DEFAULT_SOCKET, as_json: JsonOption = False
) -> None:
    """Keep the planner from a bay: nothing is brought there or fetched. Role: technician."""
    client.ask(socket, f"/bays/{place}/disable", as_json, json={"reason": reason})


@bay.command()
def enable(
    place: PlaceArgument, reason: ReasonOption, socket: SocketOption = DEFAULT_SOCKET, as_json: JsonOption = False
) -> None:
    """Give a bay back to the planner. Role: technician."""
    client.ask(socket, f"/bays/{place}/enable", as_json, json={"reason": reason})
