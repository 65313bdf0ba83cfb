"""`python -m simulator`: run a simulated tower, or speak to one that runs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from simulator.cars import Car, read_stock
from simulator.config import Actors, SimulatorConfig
from simulator.control import ask
from simulator.core import Simulator
from simulator.listing import as_text
from simulator.runner import SerialLine, serve
from simulator.scenario import from_option
from simulator.scenario import read as read_scenario

app = typer.Typer(
    add_completion=False, help="A simulated car tower that speaks the PLC interface 1.0 over Modbus TCP or RTU."
)


Port = Annotated[int, typer.Option(min=0, max=65535, help="Modbus TCP port; 0 takes a free one and prints it.")]
ControlPort = Annotated[
    int | None, typer.Option(min=0, max=65535, help="Port of the control interface; 0 takes a free one.")
]
Pty = Annotated[bool, typer.Option("--pty", help="Modbus RTU on a new pseudo-terminal, whose path is printed.")]
Faults = Annotated[
    list[str] | None, typer.Option(help="NAME[:param=value,…]@10s[+5s]: a fault at a time; may be repeated.")
]


@app.callback(invoke_without_command=True)
def run(  # noqa: PLR0913, PLR0917 - one option each
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Port = 5020,
    serial: Annotated[str | None, typer.Option(help="Serial device for Modbus RTU instead of TCP.")] = None,
    pty: Pty = False,
    baud: Annotated[int, typer.Option(help="Of the serial line: 19200, 38400, 57600 or 115200.")] = 115200,
    control_port: ControlPort = None,
    floors: Annotated[int, typer.Option(min=1, max=40)] = 5,
    positions: Annotated[int, typer.Option(min=1, max=24)] = 6,
    cabins: Annotated[int, typer.Option(min=1, max=2)] = 1,
    stock: Annotated[Path | None, typer.Option(help="JSON stock file: which vehicle stands in which bay.")] = None,
    speed_up: Annotated[float, typer.Option(min=0.1, max=30, help="Scales the plant's motions, no clock.")] = 1.0,
    seed: Annotated[int, typer.Option(help="For boot_id and epochs.")] = 1,
    homed: Annotated[bool, typer.Option(help="Start with all axes homed.")] = False,
    rated: Annotated[bool, typer.Option(help="Rated person detection, capabilities bit 4.")] = True,
    auto_drive_off: Annotated[bool, typer.Option(help="Customers drive delivered cars away.")] = False,
    customer_delay_s: Annotated[float, typer.Option(min=0)] = 4.0,
    boarding_s: Annotated[float, typer.Option(min=0, help="How long a customer takes to get in.")] = 3.0,
    driving_s: Annotated[float, typer.Option(min=0, help="How long a vehicle takes to leave the cabin.")] = 2.0,
    scenario: Annotated[Path | None, typer.Option(help="TOML file: what happens when.")] = None,
    fault: Faults = None,
    list_faults: Annotated[bool, typer.Option(help="Print every fault that can be injected, and end.")] = False,
    auto_press_clear: Annotated[bool, typer.Option(help="Staff press the clear button after each driver.")] = False,
) -> None:
    """Run a simulated tower until SIGTERM or SIGINT."""
    if context.invoked_subcommand is not None:
        return
    if list_faults:
        typer.echo(as_text())
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
    line = SerialLine(serial, baud) if serial is not None or pty else None
    _run(config, stock, (scenario, fault or []), lambda simulator: serve(simulator, host, port, control_port, line))


def _run(
    config: SimulatorConfig,
    stock: Path | None,
    happens: tuple[Path | None, list[str]],
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
        typer.echo(f"simulator: {error}", err=True)
        raise typer.Exit(1) from error


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


@app.command()
def ctl(
    port: Annotated[int, typer.Argument(min=1, max=65535, help="Control port of the running simulator.")],
    do: Annotated[str, typer.Argument(help="Act or question, such as drive_off, fault, state; `help` lists them.")],
    arguments: Annotated[list[str] | None, typer.Argument(help="key=value pairs.")] = None,
) -> None:
    """Ask a running simulator to do something, and print its answer as JSON."""
    request: dict[str, Any] = {"do": do}
    for pair in arguments or []:
        key, separator, value = pair.partition("=")
        if not separator:
            raise typer.BadParameter(f"{pair} is no key=value pair")
        request[key] = _value(value)
    try:
        answer = ask(port, request)
    except (OSError, ValueError) as error:
        typer.echo(f"simulator: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo(json.dumps(answer, indent=2))
    if not answer.get("ok"):
        raise typer.Exit(2)


if __name__ == "__main__":
    app(prog_name="python -m simulator")
