"""`towerctl jog`: an axis moves as long as a key is held down in this terminal (plc-if.md 7).

Letting go, another window in front, a terminal or a line that is gone: no more words reach the daemon, and the axis stops.
"""

from __future__ import annotations

import os
import select
import sys
import termios
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from json import dumps
from pathlib import Path
from typing import Any, Final

import click

from towerd.cli import client
from towerd.cli.client import Exit
from towerd.cli.held_key import HeldKey
from towerd.cli.options import asks
from towerd.cli.towerctl_manual import COMMAND_LIMIT_S, take_first, take_option
from towerd.cli.wire import Wire

WORD_S: Final = 0.1
"""How often the daemon hears of a key that is held down; after 200 ms of silence it stops the axis."""
_AXES: Final = ("lift", "turntable", "fork")
_LOOK_S: Final = 0.02
_ANSWER_LIMIT_S: Final = 0.5
_STALLED_S: Final = 0.1
_FOCUS_ON, _FOCUS_OFF = b"\x1b[?1004h", b"\x1b[?1004l"
_HELP: Final = """\
Hold the enabling switch in one hand.
  up, right, +  hold down: {axis} forward      1 to 9  10 to 90 % of the manual speed
  down, left, - hold down: {axis} back         0       100 %
  q             leave
Movement begins when the key repeats and ends when you let go, or when this window is not in front any more.
"""


@contextmanager
def raw_terminal(fd: int) -> Iterator[None]:
    """Keys as they come, unseen, with word of the window's focus; put back as it was at the end."""
    before = termios.tcgetattr(fd)
    try:
        tty.setraw(fd)
        os.write(sys.stdout.fileno(), _FOCUS_ON)
        yield
    finally:
        # a terminal that is gone needs nothing put back
        with suppress(OSError, termios.error):
            os.write(sys.stdout.fileno(), _FOCUS_OFF)
            termios.tcsetattr(fd, termios.TCSAFLUSH, before)


class Hand:
    """Says to the daemon what a terminal's keys mean. `say` gives one word: direction and speed."""

    def __init__(self, wire: Wire, axis: str) -> None:
        self._wire = wire
        self._axis = axis
        self._said_s = float("-inf")
        self._way = 0
        self.refusal: dict[str, Any] | None = None

    def follow(self, held: HeldKey, now_s: float) -> None:
        """Repeat the word while a key is held down, and say at once that it was let go."""
        way = held.direction(now_s)
        changed = way != self._way
        if not changed and (way == 0 or now_s - self._said_s < WORD_S):
            return
        self._way, self._said_s = way, now_s
        status, body = self._say(way, held.speed_pct)
        if time.monotonic() - now_s > _STALLED_S:
            # keys that came meanwhile say nothing about now
            termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
            held.release()
        if status != 200 and way != 0:
            held.release()
            self._way = 0
            self._show(body)

    def _say(self, way: int, speed_pct: int) -> tuple[int, dict[str, Any]]:
        word = {"axis": self._axis, "direction": way, "speed_pct": speed_pct}
        return self._wire.ask("POST", "/jog", dumps(word).encode())

    @staticmethod
    def _show(body: dict[str, Any]) -> None:
        result = body.get("result") or {}
        text = f"\r\n{body.get('text') or result.get('text', '')}. {result.get('cure', '')}\r\n"
        os.write(sys.stdout.fileno(), text.encode())


def _read(fd: int) -> bytes:
    """What was typed; nothing where the terminal is gone."""
    try:
        return os.read(fd, 1024)
    except OSError:
        return b""


def _hold_down(socket: Path, axis: str) -> None:
    fd = sys.stdin.fileno()
    click.echo(_HELP.format(axis=axis))
    held = HeldKey()
    with client.speaking(socket, _ANSWER_LIMIT_S) as wire, raw_terminal(fd):
        hand = Hand(wire, axis)
        while not held.quit:
            ready, _, _ = select.select([fd], [], [], _LOOK_S)
            now_s = time.monotonic()
            if ready:
                data = _read(fd)
                if not data:
                    break
                held.feed(data, now_s)
            hand.follow(held, now_s)
        held.release()
        hand.follow(held, time.monotonic())


@click.command()
@click.argument("axis", type=click.Choice(_AXES), help="The axis.")
@click.option(
    "--step",
    type=click.IntRange(-200, 200),
    default=0,
    help="One step forward (or back, below 0) of so many mm, or 0.01° of the turntable.",
)
@click.option(
    "--speed", "speed_pct", type=click.IntRange(1, 100), default=100, help="Percent of the manual speed, for steps."
)
@take_option
@asks
def jog(axis: str, step: int, speed_pct: int, take: bool, socket: Path, as_json: bool) -> None:
    """Move an axis by hand as long as a key is held down, or by one step. Only in Manual, with the enabling switch held.
    Role: technician.
    """
    take_first(socket, as_json, take)
    if step:
        word = {"axis": axis, "direction": 1 if step > 0 else -1, "speed_pct": speed_pct, "step": abs(step)}
        client.ask(socket, "/jog", as_json, limit_s=COMMAND_LIMIT_S, json=word)
    if not sys.stdin.isatty():
        raise client.fail("keys can be held down in a terminal only; elsewhere: --step", Exit.USAGE)
    _hold_down(socket, axis)
