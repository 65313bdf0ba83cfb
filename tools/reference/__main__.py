"""Writes docs/reference, or with --check says which pages are not what they should be."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tools.reference import machine, modes, program

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


def drifted(folder: Path) -> list[str]:
    """Pages that are missing or differ from what the program says now."""
    found = []
    for name, make in PAGES.items():
        path = folder / f"{name}.md"
        if not path.is_file() or path.read_text(encoding="utf-8") != make():
            found.append(name)
    return found


def write(folder: Path) -> None:
    """Make every page anew."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in PAGES.items():
        (folder / f"{name}.md").write_text(make(), encoding="utf-8")


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
