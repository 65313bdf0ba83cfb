"""`python -m simulator`: run a simulated tower, or speak to one that runs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import click

from simulator.cars import Car, read_stock
from simulator.config import Actors, SimulatorConfig
from simulator.control import ask
from simulator.core import Simulator
from simulator.listing import as_text
from simulator.runner import SerialLine, Served, serve
from simulator.scenario import from_option
from simulator.scenario import read as read_scenario


@click.group(invoke_without_command=True, context_settings={"show_default": True})
@click.option("--host", default="127.0.0.1", help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=5020, help="Modbus TCP port; 0 takes a free one and prints it."
)
@click.option("--serial", help="Serial device for Modbus RTU instead of TCP.")
@click.option("--pty", is_flag=True, help="Modbus RTU on a new pseudo-terminal, whose path is printed.")
@click.option("--baud", type=int, default=115200, help="Of the serial line: 19200, 38400, 57600 or 115200.")
@click.option(
    "--control-port", type=click.IntRange(0, 65535), help="Port of the control interface; 0 takes a free one."
)
@click.option("--floors", type=click.IntRange(1, 40), default=5)
@click.option("--positions", type=click.IntRange(1, 24), default=6)
@click.option("--cabins", type=click.IntRange(1, 2), default=1)
@click.option("--stock", type=click.Path(path_type=Path), help="JSON stock file: which vehicle stands in which bay.")
@click.option("--speed-up", type=click.FloatRange(0.1, 30), default=1.0, help="Scales the plant's motions, no clock.")
@click.option("--seed", type=int, default=1, help="For boot_id and epochs.")
@click.option("--homed/--no-homed", default=False, help="Start with all axes homed.")
@click.option("--rated/--no-rated", default=True, help="Rated person detection, capabilities bit 4.")
@click.option("--auto-drive-off/--no-auto-drive-off", default=False, help="Customers drive delivered cars away.")
@click.option("--customer-delay-s", type=click.FloatRange(0), default=4.0)
@click.option("--boarding-s", type=click.FloatRange(0), default=3.0, help="How long a customer takes to get in.")
@click.option("--driving-s", type=click.FloatRange(0), default=2.0, help="How long a vehicle takes to leave the cabin.")
@click.option("--scenario", type=click.Path(path_type=Path), help="TOML file: what happens when.")
@click.option("--fault", multiple=True, help="NAME[:param=value,…]@10s[+5s]: a fault at a time; may be repeated.")
@click.option("--list-faults", is_flag=True, help="Print every fault that can be injected, and end.")
@click.option(
    "--auto-press-clear/--no-auto-press-clear", default=False, help="Staff press the clear button after each driver."
)
@click.option(
    "--cabin-pictures", type=click.Path(path_type=Path), help="Folder for what the cabins' cameras see: cabin1.jpg, ..."
)
@click.pass_context
def app(  # noqa: PLR0913, PLR0917 - one option each
    context: click.Context,
    host: str,
    port: int,
    serial: str | None,
    pty: bool,
    baud: int,
    control_port: int | None,
    floors: int,
    positions: int,
    cabins: int,
    stock: Path | None,
    speed_up: float,
    seed: int,
    homed: bool,
    rated: bool,
    auto_drive_off: bool,
    customer_delay_s: float,
    boarding_s: float,
    driving_s: float,
    scenario: Path | None,
    fault: tuple[str, ...],
    list_faults: bool,
    auto_press_clear: bool,
    cabin_pictures: Path | None,
) -> None:
    """A simulated car tower that speaks the PLC interface 1.0 over Modbus TCP or RTU; it runs until SIGTERM or SIGINT."""
    if context.invoked_subcommand is not None:
        return
    if list_faults:
        click.echo(as_text())
        return
    config = SimulatorConfig(
        floors=floors,
        positions=positions,
        cabins=cabins,
        speed_up=speed_up,
        seed=seed,
        homed=homed,
        rated_person_detection=rated,
        actors=Actors(
            auto_drive_off=auto_drive_off,
            customer_delay_s=customer_delay_s,
            boarding_s=boarding_s,
            driving_s=driving_s,
            auto_press_clear=auto_press_clear,
        ),
    )
    served = Served(host, port, control_port, _line(serial, pty, baud), cabin_pictures)
    _run(config, stock, (scenario, fault), lambda simulator: serve(simulator, served))


def _line(serial: str | None, pty: bool, baud: int) -> SerialLine | None:
    return SerialLine(serial, baud) if serial is not None or pty else None


def _run(
    config: SimulatorConfig,
    stock: Path | None,
    happens: tuple[Path | None, Sequence[str]],
    serving: Callable[[Simulator], Coroutine[Any, Any, None]],
) -> None:
    try:
        vehicles: list[tuple[str, Car]] = read_stock(stock) if stock is not None else []
        simulator = Simulator(config, vehicles)
        path, options = happens
        simulator.play(read_scenario(path, config) if path is not None else [])
        simulator.play([from_option(option, config) for option in options])
        asyncio.run(serving(simulator))
    except (OSError, ValueError) as error:
        click.echo(f"simulator: {error}", err=True)
        raise click.exceptions.Exit(1) from error


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


@app.command()
@click.argument("port", type=click.IntRange(1, 65535), help="Control port of the running simulator.")
@click.argument("do", help="Act or question, such as drive_off, fault, state; `help` lists them.")
@click.argument("arguments", nargs=-1, help="key=value pairs.")
def ctl(port: int, do: str, arguments: tuple[str, ...]) -> None:
    """Ask a running simulator to do something, and print its answer as JSON."""
    request: dict[str, Any] = {"do": do}
    for pair in arguments:
        key, separator, value = pair.partition("=")
        if not separator:
            raise click.BadParameter(f"{pair} is no key=value pair")
        request[key] = _value(value)
    try:
        answer = ask(port, request)
    except (OSError, ValueError) as error:
        click.echo(f"simulator: {error}", err=True)
        raise click.exceptions.Exit(1) from error
    click.echo(json.dumps(answer, indent=2))
    if not answer.get("ok"):
        raise click.exceptions.Exit(2)


if __name__ == "__main__":
    app(prog_name="python -m simulator")
