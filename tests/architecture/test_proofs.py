"""Every pure module that does something is proven by a test file of its own."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def pure_modules(project: dict[str, object], root: Path) -> list[str]:
    """Dotted names of the modules of the contract `pure`, packages taken apart."""
    contracts = project["tool"]["importlinter"]["contracts"]  # type: ignore[index]
    names: list[str] = next(one["source_modules"] for one in contracts if one["id"] == "pure")
    found: list[str] = []
    for name in names:
        path = root.joinpath(*name.split("."))
        below = sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]
        found.extend(".".join(one.relative_to(root).with_suffix("").parts) for one in below if one.stem != "__init__")
    return found


def does_something(path: Path) -> bool:
    """Whether there is a function to prove; rows, events and settings alone are declarations."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    return any(isinstance(node, functions) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def own_tests(module: str) -> tuple[str, ...]:
    """What the test file of a module may be called: package and module, or the module alone at the top."""
    _top, *parts = module.split(".")
    names = ("_".join(parts),) if len(parts) > 1 else (parts[0], f"core_{parts[0]}")
    return tuple(f"test_{name}.py" for name in names)


def unproven(modules: list[str], root: Path) -> list[str]:
    """The modules of those that do something and have no test file of their own."""
    tests = root / "tests" / "unit"
    return [
        module
        for module in modules
        if does_something(root.joinpath(*module.split(".")).with_suffix(".py"))
        and not any((tests / name).exists() for name in own_tests(module))
    ]


def test_every_pure_module_has_its_own_test_file() -> None:
    modules = pure_modules(PROJECT, ROOT)
    assert len(modules) > 80
    assert unproven(modules, ROOT) == []


def test_the_rule_bites(tmp_path: Path) -> None:
    for name, text in {"a": "def f(): ...", "b": "X = 1", "c": "f = lambda: 1"}.items():
        (tmp_path / "p" / "q").mkdir(parents=True, exist_ok=True)
        (tmp_path / "p" / "q" / f"{name}.py").write_text(text)
    (tmp_path / "tests" / "unit").mkdir(parents=True)
    (tmp_path / "tests" / "unit" / "test_q_c.py").write_text("")
    contract = {"tool": {"importlinter": {"contracts": [{"id": "pure", "source_modules": ["p.q"]}]}}}
    modules = pure_modules(contract, tmp_path)
    assert modules == ["p.q.a", "p.q.b", "p.q.c"]
    assert unproven(modules, tmp_path) == ["p.q.a"]
    assert own_tests("p.q") == ("test_q.py", "test_core_q.py")
