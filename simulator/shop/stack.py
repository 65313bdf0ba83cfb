"""Broker, two simulated towers and the shop over them, for `make shop`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from simulator.demo import files
from simulator.demo.board import Board
from simulator.demo.house import House, Options
from simulator.photos import DEFAULT_DIR
from simulator.sealing import SigningKeys
from simulator.shop.config import ShopConfig, TowerConfig
from simulator.shop.model import Position, ShopError
from simulator.shop.passer import Passer, PasserError
from simulator.shop.shop import Shop
from simulator.shop.stage import StackStage

TOWERS: Final = (
    ("nanjing-1", "Nanjing", Position(32.06, 118.79)),
    ("shanghai-2", "Shanghai", Position(31.23, 121.47)),
)
CARS_APART: Final = 100
SHOWROOM_AFTER: Final = 900
"""The numbers of the cars that stand in no tower begin after this one."""
_READY_S: Final = 90.0

HELP: Final = """What can be done at the towers, from this terminal:
  come NUMBER CODE   type number and code of an order; a dealer's or a returned car is driven in as well
  back NUMBER        bring the car of a loan back to its own tower
  quit               say no more here; Ctrl-C ends everything"""


@dataclass(frozen=True, slots=True)
class StackOptions:
    """What the stack is asked for."""

    folder: Path
    speed_up: float = 8.0


class Stack:
    """Use it as a context: everything that it started has ended after it. `shop` is not open by itself."""

    def __init__(self, options: StackOptions) -> None:
        self._options = options
        self._folder = options.folder.absolute()
        self._ends = ExitStack()
        self.houses: dict[str, House] = {}
        self.shop: Shop
        self.stage: StackStage

    def __enter__(self) -> Self:
        """Raises DemoError, OSError."""
        with self._ends:
            keys = self._folder / "shop" / "keys"
            SigningKeys(keys)
            for number, (tower, _, _) in enumerate(TOWERS):
                self.houses[tower] = self._ends.enter_context(self._house(tower, number, keys))
                self.houses[tower].start()
            for house in self.houses.values():
                self._furnish(house)
            self.shop = self._shop()
            self.stage = StackStage(self.houses, self.shop.ledger)
            self.shop.stage = self.stage
            self._ends = self._ends.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        self._ends.close()

    def _house(self, tower: str, number: int, keys: Path) -> House:
        board = Board(on_line=lambda line: print(f"SIMULATED {tower}: {line}", flush=True))
        first = next(iter(self.houses.values()), None)
        (self._folder / tower).mkdir()
        options = Options(
            self._folder / tower,
            DEFAULT_DIR,
            speed_up=self._options.speed_up,
            seed=number + 1,
            tower=tower,
            broker_port=first.ports.broker if first else 0,
            keys=keys,
            cars_after=number * CARS_APART,
        )
        return House(options, board)

    @staticmethod
    def _furnish(house: House) -> None:
        board, check = house.board, house.processes.check
        board.wait("the PLC link", lambda: board.status and board.status["plc_good"], _READY_S, check)
        house.import_stock()
        board.wait("a tower that can deliver, with its faces", lambda: _serves(board), _READY_S, check)

    def _shop(self) -> Shop:
        port = next(iter(self.houses.values())).ports.broker
        towers = tuple(
            TowerConfig(tower, name, place, self._folder / tower / "stock.json") for tower, name, place in TOWERS
        )
        showroom = self._folder / "showroom.json"
        showroom.write_text(json.dumps({"vehicles": files.showroom(SHOWROOM_AFTER)}), encoding="utf-8")
        return Shop(ShopConfig(self._folder / "shop", towers, port=port, stock=showroom))

    def passer(self, number: str) -> Passer:
        """Somebody at the tower that gave an order this number. Raises ShopError."""
        found = [tower for tower, house in self.houses.items() if number in self.numbers(house)]
        if len(found) != 1:
            raise ShopError(f"{len(found)} towers know the number {number}")
        return self.stage.passer(found[0])

    @staticmethod
    def numbers(house: House) -> list[str]:
        """The numbers of a tower's orders and loans, as its local API shows them."""
        status = house.board.status or {"orders": [], "loans": []}
        return [str(one["number"]) for one in (*status["orders"], *status["loans"])]


def _serves(board: Board) -> bool:
    status = board.status
    return bool(status and status["can_deliver"] and status["face_available"])


def listen(stack: Stack, lines: Iterable[str]) -> None:
    """Do what is typed, until `quit` or the end."""
    print(HELP, flush=True)
    for line in lines:
        words = line.split()
        if words == ["quit"]:
            return
        try:
            if len(words) == 3 and words[0] == "come":
                print(stack.passer(words[1]).come(words[1], words[2]), flush=True)
            elif len(words) == 2 and words[0] == "back":
                print(stack.passer(words[1]).back(words[1]), flush=True)
            elif words:
                print(HELP, flush=True)
        except (ShopError, PasserError) as error:
            print(f"shop: {error}", flush=True)
