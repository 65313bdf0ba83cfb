"""Those who have to do with a tower, each living by the same clock, and what holds while they do."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any, TypeVar

from simulator.cars import Car
from simulator.driver import Driver
from tests.property.test_core import check_truth
from tests.property.test_tokens import check_books
from tests.scenario.tower import record
from tests.weeks.shop import Shop, Waiting
from tests.weeks.tower import WeekTower
from towerd.fsm import events as ev
from towerd.fsm.commands import Answer
from towerd.fsm.intake_events import CarSecured
from towerd.fsm.reply import ReplyTo
from towerd.orders.stock import parse_record
from towerd.places import Place

Kind = TypeVar("Kind")
WRONG = ("tag", "mass", "length")
"""What may be wrong with a car that is brought back."""
PATIENCE = 400
"""How often somebody at the tower looks again, before going home."""
MODELS = (("Ford", "Mondeo", "hybrid"), ("Ford", "Kuga", "petrol"), ("BYD", "Seal", "electric"))


def car_record(number: int) -> dict[str, Any]:
    """The record of car `number`: three models, one of them electric."""
    make, model, propulsion = MODELS[number % len(MODELS)]
    return record(number, make=make, model=model, propulsion=propulsion)


_FIELDS = {"tag": "tag", "mass": "mass_kg", "length": "length_mm"}


def wish_for(number: int) -> dict[str, str]:
    """Any car like that one."""
    return {name: car_record(number)[name] for name in ("make", "model", "colour")}


def physical(number: int, wrong: str = "") -> Car:
    """The car itself; or one that is `wrong` in its stead."""
    raw = car_record(number)
    car = Car(raw["tag"], raw["mass_kg"], raw["length_mm"], raw["width_mm"], raw["height_mm"], raw)
    changes = {"tag": car.tag + 500, "mass": round(car.mass_kg * 1.2), "length": car.length_mm + 300}
    return replace(car, **{_FIELDS[wrong]: changes[wrong]}) if wrong else car


class City:
    """A tower, a platform, chance, and the lives of people. `seen` is what somebody on the street saw of each car, `sent_off`
    which cars drivers had to take away again, and why; `did` counts what nobody tells but those who did it.
    """

    def __init__(self, tower: WeekTower, shop: Shop, rng: Random) -> None:
        self.tower, self.shop, self.rng = tower, shop, rng
        self._lives: list[tuple[float, int, Waiting]] = []
        self._count = itertools.count()
        self._inside = self._cars_inside()
        self.seen: list[tuple[int, str]] = []
        self.sent_off: list[tuple[str, str]] = []
        self.did: Counter[str] = Counter()
        self._dealt = defaultdict[str, list[Any]](list)

    def _cars_inside(self) -> set[int]:
        # whoever drives in has not come before the door is shut behind the car
        at_the_door = {
            booth.car.tag
            for booth in self.tower.simulator.plant.booths
            if booth.car is not None and not booth.delivered and booth.outer.position_ratio > 0.0
        }
        return {tag for tag, place in self.tower.simulator.truth().items() if place != "gone"} - at_the_door

    def deal(self, what: str, kinds: Sequence[Kind]) -> Kind:
        """One of `kinds` by chance, each as often as it stands there before any comes again."""
        left: list[Kind] = self._dealt[what]
        if not left:
            left += self.rng.sample(kinds, len(kinds))
        return left.pop()

    def add(self, life: Waiting, after_s: float = 0.0) -> None:
        """Somebody's life begins."""
        heapq.heappush(self._lives, (self.tower.now_s + after_s, next(self._count), life))

    def live(self, until_s: float) -> None:
        """Let everybody live until then."""
        while self._lives and self._lives[0][0] <= until_s:
            due_s, _, life = heapq.heappop(self._lives)
            self.tower.run_to(due_s)
            self.look()
            pause_s = next(life, None)
            if pause_s is not None:
                self.add(life, pause_s)
        self.tower.run_to(until_s)
        self.look()

    def look(self) -> None:
        """What may never be is not, and the street is watched."""
        inside = self._cars_inside()
        self.seen += [(tag, "left") for tag in sorted(self._inside - inside)]
        self.seen += [(tag, "came") for tag in sorted(inside - self._inside)]
        self._inside = inside
        check_books(self.tower)
        if self.tower.life is not None:
            check_truth(self.tower)

    def reply(self) -> ReplyTo:
        """Where somebody on the spot hears the answer."""
        return ReplyTo("api", self.shop.fresh("k"))

    def tell(self, make: Any, *args: Any) -> Answer | None:
        """Somebody on the spot asks for something; the answer, None where nobody is there to give it."""
        reply = self.reply()
        self.tower.take(make(*args, reply))
        return next((one for one in reversed(self.tower.answers) if one.reply == reply), None)

    def import_stock(self, stock: Sequence[tuple[Place, int]]) -> Answer | None:
        """A technician's stock file."""
        entries = tuple(ev.StockEntry(parse_record(car_record(number)), place) for place, number in stock)
        return self.tell(ev.StockImported, entries, "ada")

    def order_state(self, order: str) -> str:
        """The state of an order, "gone" where the tower does not know it any more."""
        row = self.tower.state.tables.orders.get(order)
        return "gone" if row is None else row.state

    def driving_in(self, vehicle: str, wrong: str = "") -> Waiting:
        """Drive a car into whichever cabin opens for it, and do what is asked; gives whether it was taken.

        `wrong`: it is another car than is expected there, by its tag, its mass or its length.
        """
        car = physical(int(vehicle.removeprefix("v_")), wrong)
        turned_away = False
        while True:
            rows = [row for row in self.tower.state.tables.intakes.values() if row.vehicle == vehicle]
            row = max(rows, key=lambda one: one.asked_at, default=None)
            if row is None or not row.open:
                return row is not None and row.state == "done"
            inside = self.tower.simulator.plant.booths[row.cabin - 1].car is car
            if row.state == "turned_away" and inside and not turned_away:
                turned_away = True
                self.sent_off.append((vehicle, " ".join(row.reasons)))
            self._drive_in(row.cabin, row.state, car)
            # nobody goes home from a car that stands in the cabin
            yield 1.0

    def _drive_in(self, cabin: int, state: str, car: Car) -> None:
        driver = Driver(self.tower.simulator.plant, cabin)
        if state == "waiting" and driver.may_drive_in:
            driver.drive_in(car)
        elif state == "securing":
            self.tell(CarSecured, cabin, "kiosk")
        elif state in ("positioning", "turned_away") and driver.door_open:
            if self.tower.simulator.plant.booths[cabin - 1].car is car:
                driver.drive_out()
        elif state in ("clearing", "closing"):
            driver.get_out()
            driver.press()
