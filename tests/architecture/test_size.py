"""The sizes that keep the program readable."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(
    path for folder in ("towerd", "simulator", "tools", "bench", "tests") for path in (ROOT / folder).rglob("*.py")
)
SOURCES = [path for path in FILES if path.parts[len(ROOT.parts)] != "tests"]

MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 50
MOST_METHODS = 15
MOST_PARAMETERS = 6

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def _where(path: Path, node: ast.AST, name: str) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)} {name}"


def _parameters(node: Function) -> int:
    spec = node.args
    names = [one.arg for one in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)]
    return len([name for name in names if name not in ("self", "cls")])


def too_large(path: Path) -> list[str]:
    """Everything in a file that is beyond the limits."""
    found = []
    lines = path.read_text(encoding="utf-8").count("\n")
    if lines > MOST_LINES_OF_A_FILE:
        found.append(f"{path.relative_to(ROOT)}: {lines} lines")
    for node in _nodes(path):
        if isinstance(node, Function):
            length = (node.end_lineno or 0) - node.lineno + 1
            if length > MOST_LINES_OF_A_FUNCTION:
                found.append(f"{_where(path, node, node.name)}: {length} lines")
        if isinstance(node, ast.ClassDef):
            methods = sum(isinstance(one, Function) and not one.name.startswith("__") for one in node.body)
            if methods > MOST_METHODS:
                found.append(f"{_where(path, node, node.name)}: {methods} methods")
    return found


def with_many_parameters(path: Path) -> list[str]:
    """Functions that ask for too much. Commands of a terminal are left out: each of their options is a parameter."""
    return [
        f"{_where(path, node, node.name)}: {_parameters(node)} parameters"
        for node in _nodes(path)
        if isinstance(node, Function) and _parameters(node) > MOST_PARAMETERS and not _is_command(node)
    ]


def _is_command(node: Function) -> bool:
    return any("id='click'" in ast.dump(one) for one in node.decorator_list)


def test_there_is_something_to_look_at() -> None:
    assert len(SOURCES) > 50


@pytest.mark.parametrize("folder", ["towerd", "simulator", "tools", "bench", "tests"])
def test_files_functions_and_classes_are_small(folder: str) -> None:
    files = [path for path in FILES if path.parts[len(ROOT.parts)] == folder]
    assert [defect for path in files for defect in too_large(path)] == []


def test_functions_ask_for_little() -> None:
    assert [defect for path in SOURCES for defect in with_many_parameters(path)] == []


def test_the_limits_bite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    path = tmp_path / "x.py"
    methods = "\n".join(f"    def m{number}(self): ..." for number in range(16))
    body = "\n".join("    a = 1" for _ in range(50))
    path.write_text(f"class C:\n{methods}\ndef f(a, b, c, d, e, f, g):\n{body}\n" + "#\n" * 400)
    assert [defect.partition(": ")[2] for defect in too_large(path)] == ["468 lines", "16 methods", "51 lines"]
    assert with_many_parameters(path) == ["x.py:18 f: 7 parameters"]
