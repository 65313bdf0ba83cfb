"""`python -m simulator.demo`: a whole tower in one terminal."""

from __future__ import annotations

import io
import json
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import click
from rich.console import Console
from rich.live import Live

from simulator.config import SimulatorConfig
from simulator.demo.board import Board
from simulator.demo.house import House, Options, fresh_folder
from simulator.demo.picture import PICTURE_WIDTH, picture
from simulator.demo.processes import DemoError
from simulator.demo.story import Story
from simulator.demo.summary import page, summarise
from simulator.photos import DEFAULT_DIR, PhotosError, fetch_photos

_FRAMES_HZ = 8
_ENGINES = ("opencv", "face_recognition")
_BOARDS_S = 20.0
_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _interrupted(_number: int, _frame: FrameType | None) -> None:
    # once is enough: a second one must not cut the ending short, which is bounded in time
    for number in _ENDS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _renderer(house: House) -> Callable[[], Any]:
    cars = {vehicle["id"]: vehicle for vehicle in house.stock["vehicles"]}
    floor_mm = float(SimulatorConfig().floor_height_mm)
    return lambda: picture(house.board, cars, floor_mm)


@contextmanager
def _screen(house: House, console: Console, quiet: bool) -> Iterator[None]:
    """A live picture on a terminal; a line for each thing that happens elsewhere."""
    if console.is_terminal and not quiet:
        with Live(get_renderable=_renderer(house), console=console, refresh_per_second=_FRAMES_HZ):
            yield
        return
    begin_s = time.monotonic()

    def line(text: str) -> None:
        mark = "SIMULATED " if house.board.simulated else ""
        out = sys.stderr if quiet else sys.stdout
        # one write: two threads tell what happens
        out.write(f"{mark}{time.monotonic() - begin_s:6.1f} s  {text}\n")
        out.flush()

    house.board.on_line = line
    yield


def _save(house: House, file: Path) -> None:
    """The picture as SVG, once the customer is on the way to the car."""
    board = house.board
    board.wait("a person in the cabin", lambda: any(one["person"] for one in (board.status or {})["cabins"]), _BOARDS_S)
    console = Console(record=True, width=PICTURE_WIDTH, file=io.StringIO())
    console.print(_renderer(house)())
    file.parent.mkdir(parents=True, exist_ok=True)
    # the fonts would be loaded from elsewhere by whoever looks at the picture; every machine has a fixed-width one
    svg = re.sub(r"@font-face \{.*?\}\s*", "", console.export_svg(title="make demo"), flags=re.DOTALL)
    file.write_text(svg, encoding="utf-8")


def _how_to_talk(house: House) -> str:
    ports = house.ports
    python = Path(sys.executable)
    return "\n".join(
        (
            "It goes on until Ctrl-C. From another terminal:",
            f"  {python.with_name('towerctl')} --help; status, watch, why, code … --socket {house.socket}",
            f"  {python} -m simulator ctl {ports.control} state        (help lists what can be done to the plant)",
            f"  {' '.join(house.platform('order', '--make', 'Skoda'))}",
            f"  {' '.join(house.platform('watch'))}",
            f"  curl -X PUT 'http://127.0.0.1:{ports.camera}/show?name=obama3.jpg'        (blank: nobody)",
            f"  MQTT 5 broker at 127.0.0.1:{ports.broker}, topics towerd/v1/demo-1/#; logs in {house.folder / 'logs'}",
        )
    )


def _play(house: House, console: Console, as_json: bool, svg: Path | None, keep: bool) -> None:
    begin_s = time.monotonic()
    story = Story(house, house.board, (lambda: _save(house, svg)) if svg else lambda: None)
    with _screen(house, console, as_json):
        house.start()
        story.tell()
        summary = summarise(house, story, time.monotonic() - begin_s)
    if as_json:
        print(json.dumps(summary, indent=1))
    else:
        console.print(page(summary))
    if keep:
        print(_how_to_talk(house), file=sys.stderr if as_json else sys.stdout, flush=True)
        while True:
            house.processes.check()
            time.sleep(0.5)


@click.command(context_settings={"show_default": True})
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=Path("var/demo"),
    help="where keys, journal and logs go; emptied first",
)
@click.option(
    "--photos",
    type=click.Path(path_type=Path),
    default=DEFAULT_DIR,
    help="where the example photos are, or are fetched to",
)
@click.option("--engine", type=click.Choice(_ENGINES), default=_ENGINES[0], help="the face engine")
@click.option("--speed-up", type=click.FloatRange(1, 30), default=8.0, help="how much faster the plant moves")
@click.option("--seed", type=int, default=1, help="draws which car stands where")
@click.option("--keep", is_flag=True, help="leave all of it running afterwards, until Ctrl-C")
@click.option("--json", "as_json", is_flag=True, help="print the summary as JSON, what happens to stderr")
@click.option("--picture", "svg", type=click.Path(path_type=Path), help="write the picture at the hand-over as SVG")
def main(  # noqa: PLR0913, PLR0917 - one option each
    folder: Path, photos: Path, engine: str, speed_up: float, seed: int, keep: bool, as_json: bool, svg: Path | None
) -> None:
    """Show a whole tower at work: two customers order, one shows the face, one types the code; both get their car."""
    for number in _ENDS:
        signal.signal(number, _interrupted)
    options = Options(folder, photos.absolute(), engine, speed_up, seed)
    try:
        fetch_photos(options.photos)
        with fresh_folder(folder), House(options, Board()) as house:
            try:
                _play(house, Console(), as_json, svg, keep)
            except DemoError as error:
                print(f"{house.processes.tails()}\n\ndemo: {error}", file=sys.stderr)
                raise click.exceptions.Exit(1) from error
    except (DemoError, PhotosError, OSError) as error:
        print(f"demo: {error}", file=sys.stderr)
        raise click.exceptions.Exit(1) from error
    except KeyboardInterrupt:
        print("demo: interrupted; everything has ended", file=sys.stderr)
        raise click.exceptions.Exit(0 if keep else 130) from None


if __name__ == "__main__":
    main()
