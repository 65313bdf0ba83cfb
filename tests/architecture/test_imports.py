"""The contracts on imports name what there is, and every adapter is in them."""

from __future__ import annotations

import importlib.util
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS: dict[str, dict[str, Any]] = {one["id"]: one for one in PROJECT["tool"]["importlinter"]["contracts"]}


def _layered() -> list[str]:
    return [part.strip(" ()") for layer in CONTRACTS["layers"]["layers"] for part in layer.replace("|", ":").split(":")]


def test_every_module_in_the_layers_exists() -> None:
    missing = [name for name in _layered() if importlib.util.find_spec(name) is None]
    assert missing == []


def test_every_pure_module_exists() -> None:
    missing = [name for name in CONTRACTS["pure"]["source_modules"] if importlib.util.find_spec(name) is None]
    assert missing == []


def test_what_only_app_may_name_is_an_adapter_of_the_layers() -> None:
    protected = set(CONTRACTS["composition"]["protected_modules"])
    assert protected - {"towerd.api.server"} <= set(_layered())
