"""The story: stock, an order with a face, an order with a code. What is told is done by the parts themselves.

The customer's head that turns is made from a photo (`simulator/turning.py`): a simulation, as the camera is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from simulator.demo.asked import do_as_asked
from simulator.demo.board import Board, Event
from simulator.demo.house import House
from simulator.demo.processes import DemoError

STRANGER = "biden.jpg"
SELFIE = "obama2.jpg"
AT_THE_GATE = "obama.jpg"
BLANK = "blank"

_READY_S = 60.0
_LOOK_S = 30.0
_PHASE_S = 60.0


@dataclass(slots=True)
class Visit:
    """One customer's visit: what was asked, and what the tower answered."""

    customer: str
    asked: dict[str, str]
    order: str
    vehicle: str
    number: str
    code: str
    answer: dict[str, Any]


@dataclass(slots=True)
class Story:
    """Tells the story on a house. `at_hand_over` is called once, while the first customer's door stands open."""

    house: House
    board: Board
    at_hand_over: Callable[[], None] = lambda: None
    visits: list[Visit] = field(default_factory=list)

    def tell(self) -> None:
        """From the empty books to two completed orders. Raises DemoError."""
        self._stock()
        self._by_face()
        self._by_code()

    def _wait(self, what: str, reached: Callable[[], Any], within_s: float) -> Any:
        return self.board.wait(what, reached, within_s, self.house.processes.check)

    def _event(self, kind: str, order: str | None, within_s: float = _PHASE_S, after: int = 0) -> Event:
        found: Event = self._wait(kind, lambda: self.board.find(kind, order, after) or self._ended(order), within_s)
        if found["type"] != kind:
            raise DemoError(f"order {order} has ended: {found['type']} {found['data']}")
        return found

    def _ended(self, order: str | None) -> Event | None:
        bad = ("order_failed", "order_cancelled", "order_no_show", "order_expired")
        return next(filter(None, (self.board.find(kind, order) for kind in bad if order)), None)

    def _stock(self) -> None:
        board, cars = self.board, len(self.house.stock["vehicles"])
        board.tell("towerd gets to know the PLC")
        self._wait("the PLC link", lambda: board.status and board.status["plc_good"], _READY_S)
        board.tell(f"`towerd stock import`: {cars} cars")
        self.house.import_stock()
        board.tell("the machine starts and finds its references; the face worker starts")
        self._wait("a tower that can deliver, with its faces", self._serves, _READY_S)
        if not board.simulated:
            raise DemoError("the tower does not say in its payloads that it is simulated")

    def _serves(self) -> bool:
        status, catalogue = self.board.status, self.board.topics.get("catalogue")
        if status is None or not catalogue or not catalogue["vehicles"]:
            return False
        ready = status["can_deliver"] and status["face_available"]
        return bool(ready and status["lift"]["floor"] is not None and status["activity"]["step"] is None)

    def _order(self, customer: str, asked: dict[str, str], *more: object) -> Visit:
        self.board.tell(f"{customer} orders a test drive: {asked['make']} {asked['model']} {asked['colour']}")
        wish = [text for name, value in asked.items() for text in (f"--{name}", value)]
        answer = self.house.order("--customer", customer, *wish, *more)
        result = answer["result"]
        visit = Visit(customer, asked, answer["order"], result["vehicle"], result["number"], answer["code"], answer)
        self.visits.append(visit)
        said = "the code only" if result["code_only"] else "face or code"
        self.board.on_line(f"answer: {visit.vehicle}, number {visit.number}, {said}, ready in {result['ready_in_s']} s")
        return visit

    def _by_face(self) -> None:
        board, house = self.board, self.house
        visit = self._order(
            "customer_1",
            {"make": "Ford", "model": "Mondeo", "colour": "blue"},
            "--selfie",
            house.options.photos / SELFIE,
        )
        self._event("order_accepted", visit.order)
        board.tell("somebody else shows a face")
        house.show(STRANGER)
        board.show("a stranger")
        self._event("look_failed", None, _LOOK_S)
        house.show(BLANK)
        board.show("nobody")
        board.tell("somebody holds a photo of the customer up, and turns it as the screen asks")
        house.show(AT_THE_GATE, "paper")
        board.show("a photo of customer_1")
        self._do_as_asked("look_failed", None)
        house.show(BLANK)
        board.show("nobody")
        board.tell("the customer comes, looks otherwise than on the selfie, and turns the head as the screen asks")
        house.show(AT_THE_GATE, "person")
        board.show("customer_1")
        self._do_as_asked("order_identified", visit.order)
        house.show(BLANK)
        board.show("nobody")
        self._deliver(visit, self.at_hand_over)

    def _do_as_asked(self, kind: str, order: str | None) -> None:
        """Do what the screen asks until an event of that kind comes. Raises DemoError."""
        board, after = self.board, len(self.board.events)
        do_as_asked(
            self.house,
            kind,
            lambda: board.find(kind, order, after),
            _LOOK_S,
            lambda asked: board.on_line(f"the screen asks: {asked}"),
        )

    def _by_code(self) -> None:
        visit = self._order("customer_2", {"make": "Volkswagen", "model": "Golf", "colour": "red"})
        self._event("order_accepted", visit.order)
        self.board.tell("cabin 1 must be seen empty for 10 s before the shaft may open to it")
        self._wait("cabin 1 clear", self._cabin_clear, _PHASE_S)
        self.board.tell(f"customer_2 gave no selfie and types number and code: `towerctl code {visit.number} ********`")
        self.house.code(visit.number, visit.code)
        self._event("order_identified", visit.order)
        self._deliver(visit, lambda: None)

    def _cabin_clear(self) -> bool:
        return bool(self.board.topics.get("cabin/1", {}).get("clear_confirmed"))

    def _deliver(self, visit: Visit, at_hand_over: Callable[[], None]) -> None:
        self.board.tell(f"{visit.vehicle} is fetched for {visit.customer}")
        self._event("order_ready", visit.order)
        self.board.tell(f"the door is open: {visit.customer} gets in and drives off")
        at_hand_over()
        self._event("order_handed_over", visit.order)
        self.board.tell("the door closes behind the car")
        self._event("order_completed", visit.order)
        topics = self.board.topics
        self._wait(
            "loan", lambda: f"loan/{visit.order}" in topics and self.board.order_is(visit.order, "completed"), _PHASE_S
        )
