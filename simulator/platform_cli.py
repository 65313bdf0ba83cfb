"""The command line of the order platform's stand-in: `python -m simulator.platform`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from simulator.platform import Platform, fresh_code, fresh_id
from simulator.purchaser import Wish
from simulator.sealing import SigningKeys
from simulator.tower_link import Answer, PlatformError, Where

app = typer.Typer(help="A stand-in for the order platform: orders, cancels, holds, watches.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="print one JSON object")]


@dataclass(frozen=True, slots=True)
class _Options:
    folder: Path
    where: Where


@app.callback()
def where(
    context: typer.Context,
    folder: Annotated[Path, typer.Option(help="the platform's own folder, with its keys")] = Path("var/platform"),
    tower: Annotated[str, typer.Option(help="the tower's id")] = "demo-1",
    host: Annotated[str, typer.Option(help="the broker's host")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="the broker's port")] = 1883,
    root: Annotated[str, typer.Option(help="first levels of the topics")] = "towerd",
) -> None:
    """Where the tower is reached."""
    context.obj = _Options(folder, Where(tower, port, host, root))


def _with(context: typer.Context, action: Callable[[Platform], Any]) -> Any:
    options: _Options = context.obj
    try:
        with Platform(options.folder, options.where) as platform:
            return action(platform)
    except (PlatformError, LookupError) as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(1) from error


def _print(answer: Answer, as_json: bool, text: str) -> None:
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
    elif answer["ok"]:
        typer.echo(text)
    else:
        typer.echo("Refused: " + ", ".join(answer["reasons"]))
    if not answer["ok"]:
        raise typer.Exit(2)


@app.command()
def init(
    context: typer.Context,
    issuers: Annotated[Path, typer.Option(help="the tower's key set file to write")],
) -> None:
    """Make the platform's keys, where they are missing, and write the key set file for the tower."""
    SigningKeys(context.obj.folder).write_key_set(issuers)
    typer.echo(f"Wrote {issuers}")


@app.command()
def order(  # noqa: PLR0913, PLR0917 - one option each
    context: typer.Context,
    selfie: Annotated[Path | None, typer.Option(help="photo of the customer; without it only the code serves")] = None,
    make: Annotated[str | None, typer.Option(help="such as Ford")] = None,
    model: Annotated[str | None, typer.Option(help="such as Mondeo")] = None,
    colour: Annotated[str | None, typer.Option(help="such as blue")] = None,
    vehicle: Annotated[str | None, typer.Option(help="one vehicle's id")] = None,
    customer: Annotated[str | None, typer.Option(help="pseudonym; without it a new one")] = None,
    as_json: AsJson = False,
) -> None:
    """Order a test drive for now and print number and code. Ends with 2 where the tower refuses."""
    jpeg = None
    if selfie is not None:
        from simulator.photos import order_selfie

        jpeg = order_selfie(selfie)
    wish = Wish(customer or fresh_id("c"), fresh_code(), jpeg, vehicle, make, model, colour)
    placed = _with(context, lambda platform: platform.order(wish))
    result = placed.answer["result"] or {}
    text = f"Order {placed.order}: {result.get('vehicle')}, number {placed.number}, code {placed.code}"
    _print(placed.as_json(), as_json, text + (", code only" if result.get("code_only") else ""))


@app.command()
def cancel(
    context: typer.Context,
    order: Annotated[str, typer.Argument(help="the order's id")],
    reason: Annotated[str, typer.Option(help="why")] = "changed_mind",
    customer: Annotated[str | None, typer.Option(help="where the order was not made from this folder")] = None,
    as_json: AsJson = False,
) -> None:
    """Cancel an order."""
    answer = _with(context, lambda platform: platform.cancel(order, reason, customer))
    _print(answer, as_json, f"Order {order} is cancelled.")


@app.command()
def hold(
    context: typer.Context,
    reason: Annotated[str, typer.Option(help="why")] = "operator",
    as_json: AsJson = False,
) -> None:
    """Stop the tower's motion."""
    _print(_with(context, lambda platform: platform.hold(reason)), as_json, "The tower holds.")


@app.command()
def resume(context: typer.Context, as_json: AsJson = False) -> None:
    """Let the tower go on after a hold over MQTT."""
    _print(_with(context, lambda platform: platform.resume()), as_json, "The tower goes on.")


@app.command()
def state(context: typer.Context, as_json: AsJson = False) -> None:
    """Ask the tower for its state."""
    answer = _with(context, lambda platform: platform.state())
    shown = answer["result"]["state"]
    text = f"{shown['mode']}, {shown['packml']}: {shown['activity']['what']}"
    text += "" if shown["can_deliver"] else "; cannot deliver: " + ", ".join(shown["why_not"])
    _print(answer, as_json, text + (" [SIMULATED]" if shown["simulated"] else ""))


@app.command()
def watch(
    context: typer.Context,
    for_s: Annotated[float | None, typer.Option(help="end after so many seconds")] = None,
) -> None:
    """Print every message of the tower, one a line."""

    def show(topic: str, payload: bytes) -> None:
        typer.echo(f"{topic} {payload.decode('utf-8', 'replace')}")

    _with(context, lambda platform: platform.watch(show, for_s))
