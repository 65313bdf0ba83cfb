"""The stage of `make shop`: what people do at its simulated towers, done for them by a button. Of the stand-in only.

A person who comes to a tower has a face. People of the stand-in have none: whoever uploads a selfie lends them that one.
It is kept in memory alone, and put before the tower's camera when the person walks up.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any, Final

from simulator.demo.asked import do_as_asked, pose
from simulator.demo.board import Board, Event
from simulator.demo.house import House
from simulator.demo.processes import DemoError
from simulator.shop.ledger import Ledger
from simulator.shop.model import WITH_CUSTOMER, Order, ShopError
from simulator.shop.ordering import found, record_of
from simulator.shop.passer import Passer, PasserError
from simulator.shop.rows import OrderRow, VehicleRow
from simulator.shop.telematics import dashboard_of, readings

AT_THE_TOWER: Final = frozenset({"accepted", "staged", "arrived"})
"""States of an order whose customer may come."""
LOOK_S: Final = 40.0
BLANK: Final = "blank"
_ENDS: Final = ("order_failed", "order_cancelled", "order_no_show", "order_expired")


class StackStage:
    """`desk.Stage` over the houses of a stack."""

    def __init__(self, houses: Mapping[str, House], ledger: Ledger) -> None:
        self._houses, self._ledger = houses, ledger
        self._faces: dict[str, bytes] = {}
        self._cameras = {tower: threading.Lock() for tower in houses}

    def lend_face(self, customer: str, selfie: bytes) -> None:
        """See `desk.Stage`."""
        self._faces[customer] = selfie

    def deeds(self, order: Order) -> Sequence[str]:
        """See `desk.Stage`."""
        comes = order.state in AT_THE_TOWER
        has_face = order.code_only is False and order.customer in self._faces
        held = {
            "face": comes and has_face,
            "code": comes and order.kind != "stock_in",
            "drive_in": comes and order.kind == "stock_in",
            "back": order.state == "completed" and order.loan is not None and order.loan.state in WITH_CUSTOMER,
        }
        return tuple(deed for deed, holds in held.items() if holds)

    def do(self, deed: str, order: str) -> str:
        """See `desk.Stage`."""
        with self._ledger.look() as books:
            row = found(books, order)
        passer = self.passer(row.tower)
        try:
            if deed == "face":
                return self._walk_up(row)
            if deed == "back":
                return passer.back(row.number or "")
            return passer.come(row.number or "", row.code or "")
        except (PasserError, DemoError) as error:
            raise ShopError(str(error)) from error

    def passer(self, tower: str) -> Passer:
        """Somebody at a tower."""
        house = self._houses[tower]
        return Passer(house.socket, house.ports.control, self._record, self._reads)

    def _vehicle(self, vehicle: str) -> VehicleRow:
        with self._ledger.look() as books:
            row = books.find(VehicleRow, vehicle)
        if row is None:
            raise PasserError(f"nobody knows how large {vehicle} is")
        return row

    def _record(self, vehicle: str) -> Mapping[str, Any]:
        return record_of(self._vehicle(vehicle).record)

    def _reads(self, vehicle: str) -> Mapping[str, Any]:
        row = self._vehicle(vehicle)
        return readings(dashboard_of(row), str(record_of(row.record)["propulsion"]))

    def _walk_up(self, row: OrderRow) -> str:
        """Stand before the camera, and turn the head as the screen asks. Raises ShopError, DemoError."""
        if row.customer not in self._faces:
            raise ShopError("This person has no face on the stage: it is the selfie that was uploaded last.")
        if not self._cameras[row.tower].acquire(blocking=False):
            raise ShopError("Somebody else stands before this tower's camera.")
        try:
            return self._look(row, self._houses[row.tower])
        finally:
            self._cameras[row.tower].release()

    def _look(self, row: OrderRow, house: House) -> str:
        board, after = house.board, len(house.board.events)
        # where a kind of order asks for the code as well, the face alone only makes the customer known
        known = ("order_identified",) if row.kind == "test_drive" else ("order_identified", "order_arrived")

        def reached() -> Event | None:
            return next(filter(None, (board.find(kind, row.order_id, after) for kind in (*known, *_ENDS))), None)

        pose(house, self._faces[row.customer])
        try:
            event = do_as_asked(house, "the tower to know the face", reached, LOOK_S)
        except DemoError as error:
            raise ShopError(f"The tower does not know the face{_why(board, after)}. {error}") from error
        finally:
            house.show(BLANK)
        if event["type"] not in known:
            raise ShopError("The order has ended.")
        return "The tower knows the face."


def _why(board: Board, after: int) -> str:
    failed = [event for event in board.events[after:] if event.get("type") == "look_failed"]
    return f" ({failed[-1]['data']['why']})" if failed else ""
