"""Reading the settings: every error at once, each with its line."""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from towerd.errors import ConfigError
from towerd.settings import Settings
from towerd.settings_parts import FOLDER

_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_HEADER = re.compile(r"\s*\[\[?\s*(.+?)\s*\]\]?\s*(?:#.*)?$")
_PART = re.compile(r"""[\w-]+|"([^"]*)"|'([^']*)'""")


@dataclass(frozen=True, slots=True)
class Problem:
    """One error: `line` counts from 1 (0: the file as a whole), `key` is dotted, `text` says what is wrong."""

    line: int
    key: str
    text: str


class SettingsError(ConfigError):
    """The file cannot be used; `problems` in the order of their lines."""

    def __init__(self, path: Path, problems: tuple[Problem, ...]) -> None:
        self.path = path
        self.problems = problems
        super().__init__("\n".join(self.lines()))

    def lines(self) -> list[str]:
        """`file:line: key: text`, as compilers write it."""
        return [": ".join(filter(None, (f"{self.path}:{one.line}", one.key, one.text))) for one in self.problems]


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(match[1] or match[2] or match[0] for match in _PART.finditer(dotted))


def key_lines(text: str) -> dict[tuple[str, ...], int]:
    """The line of every key and table header of a TOML text that has no syntax error."""
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    inside = ""
    for number, line in enumerate(text.splitlines(), start=1):
        within, inside = inside, _open_string(line, inside)
        if within:
            continue
        if header := _HEADER.match(line):
            table = _parts(header[1])
            for depth in range(1, len(table) + 1):
                found.setdefault(table[:depth], number)
        elif key := _KEY.match(line):
            found.setdefault(table + _parts(key[1]), number)
    return found


def _open_string(line: str, inside: str) -> str:
    """Which multi-line quote is open after `line`."""
    for quote in re.findall(r'"""|' + "'''", line):
        if not inside:
            inside = quote
        elif inside == quote:
            inside = ""
    return inside


def _line_of(loc: tuple[str, ...], lines: dict[tuple[str, ...], int]) -> int:
    while loc and loc not in lines:
        loc = loc[:-1]
    return lines.get(loc, 0)


def _known_keys(loc: tuple[str, ...]) -> list[str]:
    model: Any = Settings
    for part in loc:
        info = model.model_fields.get(part) if isinstance(model, type) and issubclass(model, BaseModel) else None
        if info is None:
            return []
        kinds = [info.annotation, *get_args(info.annotation)]
        model = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
    return sorted(model.model_fields) if model else []


def _text(error: Any, loc: tuple[str, ...]) -> str:
    match error["type"]:
        case "extra_forbidden":
            known = _known_keys(loc[:-1])
            near = difflib.get_close_matches(loc[-1], known, 1)
            return f"unknown key; did you mean {near[0]}?" if near else f"unknown key; known here: {', '.join(known)}"
        case "missing":
            return "is missing"
        case "value_error":
            return str(error["ctx"]["error"])
        case _:
            return f"{error['msg']} (is {error['input']!r})"


def _problem(error: Any, lines: dict[tuple[str, ...], int]) -> Problem:
    loc = tuple(str(part) for part in error["loc"])
    return Problem(_line_of(loc, lines), ".".join(loc), _text(error, loc))


def load(path: Path) -> Settings:
    """The settings in the file at `path`. Raises SettingsError with every problem, each with its line."""
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except OSError as error:
        raise SettingsError(path, (Problem(0, "", f"cannot be read: {error.strerror}"),)) from error
    except UnicodeDecodeError as error:
        raise SettingsError(path, (Problem(0, "", "is no UTF-8 text"),)) from error
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"line (\d+)", str(error))
        line = int(where[1]) if where else len(text.splitlines())
        raise SettingsError(path, (Problem(line, "", f"is no TOML: {error}"),)) from error
    token = FOLDER.set(path.absolute().parent)
    try:
        return Settings(**data)
    except ValidationError as error:
        lines = key_lines(text)
        problems = [_problem(one, lines) for one in error.errors()]
        raise SettingsError(path, tuple(sorted(problems, key=lambda one: one.line))) from error
    finally:
        FOLDER.reset(token)
