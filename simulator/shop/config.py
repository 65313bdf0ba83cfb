"""The shop's settings: which towers, where they stand, over which broker, and who the made-up customers are."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulator.shop.model import Account, Position, ShopError
from simulator.tower_link import Where


@dataclass(frozen=True, slots=True)
class TowerConfig:
    """A tower: its id, what people call it, and where it stands. `stock`: a stock file, for the dealers' books."""

    tower: str
    name: str
    position: Position
    stock: Path | None = None


@dataclass(frozen=True, slots=True)
class ShopConfig:
    """Everything the shop is told. `folder` holds its keys and books. `stock`: a stock file of cars that stand in no tower."""

    folder: Path
    towers: tuple[TowerConfig, ...]
    host: str = "127.0.0.1"
    port: int = 1883
    root: str = "towerd"
    accounts: tuple[Account, ...] = field(default_factory=tuple)
    stock: Path | None = None

    def where(self, tower: str) -> Where:
        """How a tower is reached."""
        return Where(tower, self.port, self.host, self.root)


_TOP = {"folder", "stock", "broker", "towers"}
_BROKER = {"host", "port", "root"}
_TOWER = {"id", "name", "lat_deg", "lon_deg", "stock"}


def _check(names: set[str], known: set[str], where: str) -> None:
    if unknown := sorted(names - known):
        raise ShopError(f"{where}: unknown: {', '.join(unknown)}; there is {', '.join(sorted(known))}")


def _tower(content: dict[str, Any], beside: Path) -> TowerConfig:
    _check(set(content), _TOWER, "[[towers]]")
    place = Position(float(content["lat_deg"]), float(content["lon_deg"]))
    stock = beside / content["stock"] if "stock" in content else None
    return TowerConfig(content["id"], content.get("name", content["id"]), place, stock)


def read_config(path: Path) -> ShopConfig:
    """The settings file (`config/shop.example.toml`). Raises ShopError with what is wrong."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        _check(set(content), _TOP, str(path))
        broker = content.get("broker", {})
        _check(set(broker), _BROKER, "[broker]")
        towers = tuple(_tower(one, path.parent) for one in content["towers"])
        stock = path.parent / content["stock"] if "stock" in content else None
        return ShopConfig(path.parent / content["folder"], towers, stock=stock, **broker)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ShopError(f"{path} cannot be used: {error!r}") from error


def read_stock(path: Path) -> list[dict[str, Any]]:
    """The vehicle records of a stock file, without their bays. Raises ShopError."""
    try:
        vehicles = json.loads(path.read_text(encoding="utf-8"))["vehicles"]
        return [{name: value for name, value in one.items() if name != "bay"} for one in vehicles]
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise ShopError(f"{path} is no stock file: {error!r}") from error
