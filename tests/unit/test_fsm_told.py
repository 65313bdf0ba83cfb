"""What the tower tells has a type that the table knows."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import get_args

from towerd.fsm.told import OPEN, TOLD, EventType

CORE = Path(__file__).parents[2] / "towerd"


def told_in(source: str) -> set[str]:
    """Types that are named in calls of `tell`; those that are put together at run time are not seen here."""
    calls = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "tell"
    ]
    kinds = [node for call in calls for node in ast.walk(call.args[0])]
    return {node.value for node in kinds if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_every_type_has_its_fields() -> None:
    assert set(get_args(EventType)) == set(TOLD)
    assert set(TOLD) >= OPEN


def test_the_core_tells_nothing_else() -> None:
    told = set().union(*(told_in(path.read_text(encoding="utf-8")) for path in (CORE / "fsm").glob("*.py")))
    assert len(told) > 40
    # beginnings of names that are put together are no names
    assert {kind for kind in told if not kind.endswith("_")} - set(TOLD) == set()


def test_calls_are_found() -> None:
    assert told_in('turn.tell("a" if x else "b", {"c": 1})') == {"a", "b"}
