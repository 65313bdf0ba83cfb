"""Whether the lock fits pyproject.toml: `python -m tools.lock_check`. Reads files only, asks no network."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


def pins(text: str) -> dict[str, set[str]]:
    """Every pinned version by canonical name; a package may have one for each Python."""
    found: dict[str, set[str]] = {}
    for name, version in _PIN.findall(text):
        found.setdefault(canonicalize_name(name), set()).add(version)
    return found


def mismatches(wanted: Iterable[str], pinned: dict[str, set[str]]) -> Iterator[str]:
    """What of `wanted` is not in the lock, or not in a version that fits."""
    for text in wanted:
        requirement = Requirement(text)
        versions = pinned.get(canonicalize_name(requirement.name), set())
        if not versions:
            yield f"{text} is not in the lock"
        for version in sorted(versions):
            if not requirement.specifier.contains(version, prereleases=True):
                yield f"{text} does not admit the locked {version}"


def unhashed(text: str) -> Iterator[str]:
    """Pins without a hash, and lines that name an index."""
    for entry in re.split(r"\n(?=\S)", text):
        if _PIN.match(entry) and "--hash=sha256:" not in entry:
            yield f"{entry.splitlines()[0]} has no hash"
        if entry.startswith(("--index-url", "--extra-index-url", "--find-links")):
            yield f"the lock names an index: {entry.splitlines()[0].split()[0]}"


def problems(root: Path) -> list[str]:
    """Everything that does not fit, each with the name of its file."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    runtime = project["project"]["dependencies"]
    extras = project["project"]["optional-dependencies"]
    wanted = {
        "runtime.txt": runtime,
        "dev.txt": [*runtime, *extras["demo"], *extras["dev"]],
        "build.txt": project["build-system"]["requires"],
    }
    found: list[str] = []
    for name, requirements in wanted.items():
        text = (root / "requirements" / name).read_text(encoding="utf-8")
        found += [f"requirements/{name}: {one}" for one in (*mismatches(requirements, pins(text)), *unhashed(text))]
    return found


def main() -> int:
    """Print what does not fit; 1 where anything does not."""
    found = problems(ROOT)
    for line in found:
        print(line, file=sys.stderr)
    print("the lock is up to date" if not found else "run `make lock`")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
