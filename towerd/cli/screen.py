"""Text for people: tables as wide as the terminal is, and a page that is drawn again and again in its place."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from textwrap import wrap
from typing import Final

import click

_GAP: Final = "  "
_UNBOUND: Final = 10_000
_HOME, _REST_OF_LINE, _REST_OF_SCREEN = "\x1b[H", "\x1b[K", "\x1b[J"


def _size() -> tuple[int, int]:
    """Columns and lines of the terminal; without one a row stays a line, as other programs want it."""
    told = [os.environ.get(name, "") for name in ("COLUMNS", "LINES")]
    try:
        found = tuple(os.get_terminal_size(sys.stdout.fileno()))
    except (OSError, ValueError):
        found = (0, 0)
    columns, lines = (int(word) if word.isdecimal() else size for word, size in zip(told, found, strict=True))
    return columns or _UNBOUND, lines or _UNBOUND


def _length(text: str) -> int:
    return max(map(len, click.unstyle(text).split("\n")))


def _longest_word(cell: str) -> int:
    return max(map(len, click.unstyle(cell).split()), default=0)


def _widths(rows: Sequence[Sequence[str]], total: int) -> list[int]:
    """Widths of the columns: what they need, or less of the widest ones so that all have room in `total`. No word is cut."""
    columns = list(zip(*rows, strict=True))
    widths = [max(map(_length, column)) for column in columns]
    least = [max(map(_longest_word, column)) for column in columns]
    left = total - len(_GAP) * (len(columns) - 1)
    while sum(widths) > left:
        spare = [number for number, width in enumerate(widths) if width > least[number]]
        if not spare:
            break
        widths[max(spare, key=widths.__getitem__)] -= 1
    return widths


def _folded(cell: str, width: int) -> list[str]:
    if _length(cell) <= width:
        return cell.split("\n")
    return [part for line in cell.split("\n") for part in wrap(line, width, break_on_hyphens=False) or [""]]


def _row(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    folded = [_folded(cell, width) for cell, width in zip(cells, widths, strict=True)]
    lines = []
    for number in range(max(map(len, folded))):
        parts = [cell[number] if number < len(cell) else "" for cell in folded]
        padded = (part + " " * (width - _length(part)) for part, width in zip(parts, widths, strict=True))
        lines.append(_GAP.join(padded).rstrip())
    return lines


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> str:
    """A table: a title, names of columns (none: rows alone), and what is in them, folded where the terminal is narrow."""
    heads = [tuple(click.style(name, bold=True) for name in columns)] if columns else []
    shown = [*heads, *rows]
    if not shown:
        return title
    widths = _widths(shown, _size()[0])
    lines = [line for cells in shown for line in _row(cells, widths)]
    return "\n".join([click.style(title, underline=True), *lines] if title else lines)


def draw(page: str) -> None:
    """Show a page where the last one was; without a terminal below it. What does not fit is left out."""
    if not sys.stdout.isatty():
        click.echo(page)
        return
    lines = page.split("\n")[: _size()[1] - 1]
    click.echo(_HOME + "".join(f"{line}{_REST_OF_LINE}\n" for line in lines) + _REST_OF_SCREEN, nl=False)
