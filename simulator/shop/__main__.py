"""`python -m simulator.shop`: the shop over towers that run, or a whole stack of broker, simulated towers and shop."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Final

import click

from simulator.demo.house import fresh_folder
from simulator.demo.processes import DemoError
from simulator.shop.config import read_config
from simulator.shop.model import STAND_IN, ShopError
from simulator.shop.shop import Shop
from simulator.shop.stack import Stack, StackOptions, listen

_ENDS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_BUG: Final = 70

host_option = click.option("--host", default="127.0.0.1", help="where the pages are served")
port_option = click.option("--port", type=click.IntRange(1, 65535), default=8080, help="where the pages are served")


def _end_on_a_bug(bug: threading.ExceptHookArgs) -> None:
    """A thread that has failed would leave a shop that looks well and hears nothing."""
    sys.excepthook(bug.exc_type, bug.exc_value or bug.exc_type(), bug.exc_traceback)
    os._exit(_BUG)


def serve(shop: Shop, host: str, port: int, how_it_ends: str = "") -> None:
    """Serve the pages of a shop that is open, until told to end."""
    # it takes its time to load, and `--help` needs none of it
    from simulator.shop.pages.site import server

    click.echo(f"{STAND_IN}\nThe shop is open: http://{host}:{port}/{how_it_ends}")
    server(shop, host, port).run()


@click.group(context_settings={"show_default": True})
def app() -> None:
    """A small shop over several towers: a stand-in of an order platform, with made-up accounts."""
    threading.excepthook = _end_on_a_bug


@app.command()
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="which towers over which broker; config/shop.example.toml is one",
)
@host_option
@port_option
def run(config: Path, host: str, port: int) -> None:
    """Serve the pages for towers that run already."""
    try:
        with Shop(read_config(config)) as shop:
            serve(shop, host, port)
    except (ShopError, OSError) as error:
        raise click.ClickException(str(error)) from error


def _interrupted(_number: int, _frame: FrameType | None) -> None:
    for number in _ENDS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


@app.command()
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=Path("var/shop"),
    help="where keys, books, journals and logs go; emptied first",
)
@click.option("--speed-up", type=click.FloatRange(1, 30), default=8.0, help="how much faster the plants move")
@host_option
@port_option
def stack(folder: Path, speed_up: float, host: str, port: int) -> None:
    """Start a broker, two simulated towers and the shop, to be clicked through; everything ends together.

    What is typed in this terminal is done at the towers: `help` lists it.
    """
    for number in _ENDS:
        signal.signal(number, _interrupted)
    try:
        with fresh_folder(folder), Stack(StackOptions(folder, speed_up)) as made, made.shop:
            threading.Thread(target=listen, args=(made, sys.stdin), name="terminal", daemon=True).start()
            serve(made.shop, host, port, "   (Ctrl-C ends everything)")
    except (DemoError, ShopError, OSError) as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        click.echo("Everything has ended.", err=True)


if __name__ == "__main__":
    app()
