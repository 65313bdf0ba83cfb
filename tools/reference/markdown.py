"""Small helpers for Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

NOTE = "<!-- Made by `make reference` from the program itself. Change the program, not this page. -->"


def cell(value: object) -> str:
    """A value for a table: one line, bars escaped, empty for None."""
    return "" if value is None else " ".join(str(value).split()).replace("|", "\\|")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; an empty text where there are no rows."""
    lines = [f"| {' | '.join(cell(value) for value in row)} |" for row in rows]
    if not lines:
        return ""
    return "\n".join([f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}", *lines])


def page(title: str, intro: str, *parts: str) -> str:
    """A whole page, ending in one newline."""
    return "\n\n".join([f"# {title}", NOTE, intro, *(part for part in parts if part)]) + "\n"


def one_line(text: str | None) -> str:
    """The first paragraph of a docstring as one line."""
    return " ".join((text or "").partition("\n\n")[0].split())
