"""Quantities carry their unit in their name, and public names say what they are."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for folder in ("towerd", "simulator", "tools") for path in (ROOT / folder).rglob("*.py"))
UNITLESS = frozenset({"timeout", "speed", "delay", "duration", "distance_to", "interval"})
"""Names that leave open what is counted. `position` alone is the contract's word for a bay's or cabin's number."""


def _bound(node: ast.AST) -> Iterator[tuple[str, ast.expr | None]]:
    """Every name that `node` binds, with its annotation."""
    if isinstance(node, ast.arg):
        yield node.arg, node.annotation
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id, node.annotation
    elif isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Store):
        yield (node.id if isinstance(node, ast.Name) else node.attr), None


def unitless(text: str) -> list[tuple[int, str]]:
    """Line and name of every quantity without a unit: also a `position` that is no whole number."""
    return [
        (getattr(node, "lineno", 0), name)
        for node in ast.walk(ast.parse(text))
        for name, annotation in _bound(node)
        if name in UNITLESS or (name == "position" and isinstance(annotation, ast.Name) and annotation.id == "float")
    ]


def undocumented(text: str) -> list[tuple[int, str]]:
    """Public modules' classes and functions without a docstring; methods that implement a port may leave it there."""
    tree = ast.parse(text)
    found = [] if ast.get_docstring(tree) or not tree.body else [(1, "module")]
    return found + [
        (node.lineno, node.name)
        for node in tree.body
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and not node.name.startswith("_")
        and ast.get_docstring(node) is None
    ]


def test_quantities_carry_their_unit() -> None:
    assert [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for path in SOURCES
        for line, name in unitless(path.read_text(encoding="utf-8"))
    ] == []


def test_public_names_say_what_they_are() -> None:
    assert [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for path in SOURCES
        for line, name in undocumented(path.read_text(encoding="utf-8"))
    ] == []


def test_the_rules_bite() -> None:
    text = "def f(timeout, position: int): speed: float = 1\nclass C:\n    position: float\n"
    assert sorted(name for _line, name in unitless(text)) == ["position", "speed", "speed", "timeout"]
    assert [name for _line, name in undocumented(text)] == ["module", "f", "C"]
