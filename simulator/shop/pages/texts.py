"""Every word of the pages, by key. Another language is another file beside `texts.en.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
LANGUAGE = "en"


def flat(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Keys with their tables' names before them, and their texts."""
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", str(value)


@cache
def texts(language: str = LANGUAGE) -> Mapping[str, str]:
    """All texts of a language. Raises OSError where there is no file for it."""
    return dict(flat(tomllib.loads((FOLDER / f"texts.{language}.toml").read_text(encoding="utf-8"))))


def say(key: str, **values: object) -> str:
    """A text with its values. Raises KeyError where the text or a value is missing."""
    return texts()[key].format(**values)


def word(table: str, name: str, other: str | None = None) -> str:
    """What a word of the contract is called; where the table has none, `other`, or the word itself, readably."""
    known = texts().get(f"{table}.{name}")
    return known if known is not None else other or name.replace("_", " ")
