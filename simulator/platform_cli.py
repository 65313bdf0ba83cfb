"""The command line of the order platform's stand-in: `python -m simulator.platform`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from simulator.platform import Platform, fresh_code, fresh_id
from simulator.purchaser import Wish
from simulator.sealing import SigningKeys
from simulator.tower_link import Answer, PlatformError, Where

json_option = click.option("--json", "as_json", is_flag=True, help="print one JSON object")


@dataclass(frozen=True, slots=True)
class _Options:
    folder: Path
    where: Where


@click.group(context_settings={"show_default": True})
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=Path("var/platform"),
    help="the platform's own folder, with its keys",
)
@click.option("--tower", default="demo-1", help="the tower's id")
@click.option("--host", default="127.0.0.1", help="the broker's host")
@click.option("--port", type=click.IntRange(1, 65535), default=1883, help="the broker's port")
@click.option("--root", default="towerd", help="first levels of the topics")
@click.pass_context
def app(context: click.Context, folder: Path, tower: str, host: str, port: int, root: str) -> None:
    """A stand-in for the order platform: orders, cancels, holds, watches."""
    context.obj = _Options(folder, Where(tower, port, host, root))


def _with(context: click.Context, action: Callable[[Platform], Any]) -> Any:
    options: _Options = context.obj
    try:
        with Platform(options.folder, options.where) as platform:
            return action(platform)
    except (PlatformError, LookupError) as error:
        click.echo(f"Error: {error}", err=True)
        raise click.exceptions.Exit(1) from error


def _print(answer: Answer, as_json: bool, text: str) -> None:
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
    elif answer["ok"]:
        click.echo(text)
    else:
        click.echo("Refused: " + ", ".join(answer["reasons"]))
    if not answer["ok"]:
        raise click.exceptions.Exit(2)


@app.command()
@click.option("--issuers", type=click.Path(path_type=Path), required=True, help="the tower's key set file to write")
@click.pass_context
def init(context: click.Context, issuers: Path) -> None:
    """Make the platform's keys, where they are missing, and write the key set file for the tower."""
    SigningKeys(context.obj.folder).write_key_set(issuers)
    click.echo(f"Wrote {issuers}")


@app.command()
@click.option(
    "--selfie", type=click.Path(path_type=Path), help="photo of the customer; without it only the code serves"
)
@click.option("--make", help="such as Ford")
@click.option("--model", help="such as Mondeo")
@click.option("--colour", help="such as blue")
@click.option("--vehicle", help="one vehicle's id")
@click.option("--customer", help="pseudonym; without it a new one")
@click.option(
    "--slot-in-s", type=click.FloatRange(0), help="seconds until the slot begins; without it the order is for now"
)
@json_option
@click.pass_context
def order(  # noqa: PLR0913, PLR0917 - one option each
    context: click.Context,
    selfie: Path | None,
    make: str | None,
    model: str | None,
    colour: str | None,
    vehicle: str | None,
    customer: str | None,
    slot_in_s: float | None,
    as_json: bool,
) -> None:
    """Order a test drive and print number and code. Ends with 2 where the tower refuses."""
    jpeg = None
    if selfie is not None:
        from simulator.photos import order_selfie

        jpeg = order_selfie(selfie)
    wish = Wish(customer or fresh_id("c"), fresh_code(), jpeg, vehicle, make, model, colour, slot_in_s=slot_in_s)
    placed = _with(context, lambda platform: platform.order(wish))
    result = placed.answer["result"] or {}
    text = f"Order {placed.order}: {result.get('vehicle')}, number {placed.number}, code {placed.code}"
    _print(placed.as_json(), as_json, text + (", code only" if result.get("code_only") else ""))


@app.command()
@click.argument("order", help="the order's id")
@click.option("--reason", default="changed_mind", help="why")
@click.option("--customer", help="where the order was not made from this folder")
@json_option
@click.pass_context
def cancel(context: click.Context, order: str, reason: str, customer: str | None, as_json: bool) -> None:
    """Cancel an order."""
    answer = _with(context, lambda platform: platform.cancel(order, reason, customer))
    _print(answer, as_json, f"Order {order} is cancelled.")


@app.command()
@click.argument("order", help="the order's id")
@click.option("--in-s", type=float, required=True, help="seconds until the customer arrives")
@click.option("--sd-s", type=click.FloatRange(0), default=30.0, help="standard deviation of that, s")
@click.option("--customer", help="where the order was not made from this folder")
@json_option
@click.pass_context
def eta(context: click.Context, order: str, in_s: float, sd_s: float, customer: str | None, as_json: bool) -> None:
    """Say when the customer of an order arrives: the car waits in a cabin before that."""
    answer = _with(context, lambda platform: platform.eta(order, in_s, sd_s, customer))
    _print(answer, as_json, f"The customer of order {order} is expected in {in_s:g} s.")


@app.command()
@click.option("--reason", default="operator", help="why")
@json_option
@click.pass_context
def hold(context: click.Context, reason: str, as_json: bool) -> None:
    """Stop the tower's motion."""
    _print(_with(context, lambda platform: platform.hold(reason)), as_json, "The tower holds.")


@app.command()
@json_option
@click.pass_context
def resume(context: click.Context, as_json: bool) -> None:
    """Let the tower go on after a hold over MQTT."""
    _print(_with(context, lambda platform: platform.resume()), as_json, "The tower goes on.")


@app.command()
@json_option
@click.pass_context
def state(context: click.Context, as_json: bool) -> None:
    """Ask the tower for its state."""
    answer = _with(context, lambda platform: platform.state())
    shown = answer["result"]["state"]
    text = f"{shown['mode']}, {shown['packml']}: {shown['activity']['what']}"
    text += "" if shown["can_deliver"] else "; cannot deliver: " + ", ".join(shown["why_not"])
    _print(answer, as_json, text + (" [SIMULATED]" if shown["simulated"] else ""))


@app.command()
@click.option("--for-s", type=float, help="end after so many seconds")
@click.pass_context
def watch(context: click.Context, for_s: float | None) -> None:
    """Print every message of the tower, one a line."""

    def show(topic: str, payload: bytes) -> None:
        click.echo(f"{topic} {payload.decode('utf-8', 'replace')}")

    _with(context, lambda platform: platform.watch(show, for_s))
