"""Writes docs/reference, or with --check says which pages are not what they should be."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tools.reference import asyncapi, machine, modes, program, schemas

FOLDER: Final = Path(__file__).parents[2] / "docs" / "reference"
PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "registers": machine.registers,
    "faults": machine.faults,
    "states": machine.states,
    "modes": modes.modes,
    "settings": program.settings,
    "api": program.api,
    "cli": program.cli,
    "topics": program.topics,
}


def files() -> dict[str, str]:
    """Every generated file below the folder, with its text."""
    pages = {f"{name}.md": make() for name, make in PAGES.items()}
    return pages | {"asyncapi.json": asyncapi.page()} | dict(schemas.pages())


def drifted(folder: Path) -> list[str]:
    """Files that are missing, differ from what the program says now, or are no schema of it any more."""
    made = files()
    found = [name for name, text in made.items() if not _says(folder / name, text)]
    return found + [name for name in _schemas_in(folder) if name not in made]


def _says(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def _schemas_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in (folder / "schemas").glob("*"))


def write(folder: Path) -> None:
    """Make every file anew; a schema of what there is no more goes."""
    made = files()
    for name, text in made.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for name in _schemas_in(folder):
        if name not in made:
            (folder / name).unlink()


def main(arguments: list[str]) -> int:
    """1 where --check finds drift."""
    if arguments != ["--check"]:
        write(FOLDER)
        return 0
    found = drifted(FOLDER)
    print(f"out of date: {', '.join(found)}; run `make reference`" if found else "the reference is up to date")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
