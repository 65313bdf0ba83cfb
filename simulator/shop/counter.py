"""A customer's orders: placed, followed, cancelled, bought, brought back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from simulator.purchaser import utc
from simulator.shop import rules, words
from simulator.shop.ledger import Ledger
from simulator.shop.model import (
    WITH_CUSTOMER,
    CollectWish,
    DriveWish,
    Filter,
    Happened,
    Offer,
    Order,
    Outcome,
    Plan,
    ShopError,
)
from simulator.shop.ordering import Draft, Ordering, face_claims, found, payment_claim, record_of, stock_row
from simulator.shop.people import known
from simulator.shop.plan import payment_plan
from simulator.shop.rows import HappenedRow, OrderRow, VehicleRow
from simulator.shop.towers import Towers
from simulator.shop.views import order_of, plan_text
from simulator.shop.window import WindowDesk


def _facts(offer: Offer) -> dict[str, Any]:
    vehicle = offer.vehicle
    price = {"price": offer.purchase_price, "currency": offer.currency}
    return {"make": vehicle.make, "model": vehicle.model, "colour": vehicle.colour, **price}


def _claim(wish: DriveWish | CollectWish, offer: Offer) -> dict[str, Any]:
    """The claim `vehicle`: the very one, or any of its kind."""
    if wish.vehicle is not None:
        return {"id": wish.vehicle}
    return dict(zip(("make", "model", "colour"), offer.vehicle.kind, strict=True))


class CounterDesk:
    """`desk.Counter` over the ledger."""

    def __init__(self, ledger: Ledger, towers: Towers, window: WindowDesk, ordering: Ordering) -> None:
        self._ledger, self._towers, self._window, self._ordering = ledger, towers, window, ordering

    def _offer(self, customer: str, wish: DriveWish | CollectWish) -> Offer:
        """The nearest offer that fits, whenever it can be had; for who waits, also one that is still to come. Raises ShopError."""
        if wish.tower is not None:
            self._towers.line(wish.tower)
        wanted = Filter(wish.make, wish.model, wish.colour, None, wish.tower)
        fitting = list(self._window.offers(wanted, customer))
        if wish.wait_until is not None:
            fitting += self._window.awaited(wanted, customer)
        if wish.vehicle is not None:
            fitting = [offer for offer in fitting if offer.vehicle.id == wish.vehicle]
        if not fitting:
            raise ShopError("No tower offers such a car at the moment.")
        # where none can be had at that time, the tower says so
        return self._window.best(fitting, wish.slot) or fitting[0]

    def drive(self, customer: str, wish: DriveWish) -> Outcome:
        """See `desk.Counter`."""
        offer = self._offer(customer, wish)
        deposit = {"amount": offer.drive_deposit or 0, "currency": offer.currency, "paid": wish.deposit_paid}
        return self._ordering.place(
            Draft(
                "test_drive",
                customer,
                offer.tower,
                _claim(wish, offer),
                deposit,
                {**_facts(offer), "vehicle": wish.vehicle},
                slot=wish.slot,
                wait_until=wish.wait_until,
                jpeg=face_claims(wish.selfie, wish.face_consent),
                terms_accepted=wish.terms_accepted,
                fee_paid=wish.fee_paid,
                services=wish.services,
            )
        )

    def collect(self, customer: str, wish: CollectWish) -> Outcome:
        """See `desk.Counter`."""
        offer = self._offer(customer, wish)
        # a price is that of one car: another of its kind is taken only by who waits for it
        meant = wish if wish.wait_until is not None else replace(wish, vehicle=offer.vehicle.id)
        price = {"price": wish.plan.price, "currency": wish.plan.currency}
        return self._ordering.place(
            Draft(
                "collect",
                customer,
                offer.tower,
                _claim(meant, offer),
                {"amount": 0, "currency": wish.plan.currency, "paid": True},
                {**_facts(offer), **price, "vehicle": meant.vehicle},
                slot=wish.slot,
                wait_until=wish.wait_until,
                jpeg=face_claims(wish.selfie, wish.face_consent),
                terms_accepted=wish.terms_accepted,
                services=wish.services,
                plan=wish.plan,
            )
        )

    def orders(self, customer: str) -> Sequence[Order]:
        """See `desk.Counter`."""
        with self._ledger.look() as books:
            known(books, customer)
            mine = books.rows(
                OrderRow,
                "customer = ? OR back_for IN (SELECT order_id FROM orders WHERE customer = ?)",
                customer,
                customer,
            )
        return [order_of(row, self._towers) for row in reversed(mine)]

    def order(self, order: str) -> Order:
        """See `desk.Counter`."""
        with self._ledger.look() as books:
            return order_of(found(books, order), self._towers)

    def history(self, order: str) -> Sequence[Happened]:
        """See `desk.Counter`."""
        with self._ledger.look() as books:
            rows = books.rows(HappenedRow, "order_id = ?", order)
        return [
            Happened(datetime.fromisoformat(row.at), self._towers.name(row.tower), words.told(row.type))
            for row in sorted(rows, key=lambda one: one.event_seq)
        ]

    def cancel(self, order: str) -> Outcome:
        """See `desk.Counter`."""
        return self._ordering.cancel(order)

    def plan(self, price: int, currency: str, down: int, instalments: int) -> Plan:
        """See `desk.Counter`."""
        return payment_plan(price, currency, down, instalments, datetime.now(UTC).date())

    def price(self, order: str) -> tuple[int, str] | None:
        """See `desk.Counter`."""
        with self._ledger.look() as books:
            row = found(books, order)
        return None if row.price is None else (row.price, row.currency or "")

    def buy(self, order: str, plan: Plan) -> Outcome:
        """See `desk.Counter`."""
        now = datetime.now(UTC)
        with self._ledger.change() as books:
            row = found(books, order)
            if row.loan_state not in WITH_CUSTOMER or row.plan is not None:
                raise ShopError("The car of this order is not with you, or is bought already.")
            mine = books.rows(OrderRow, "customer = ?", row.customer)
            said = rules.eligibility(
                known(books, row.customer), mine, {"amount": 0, "currency": plan.currency, "paid": True}, False, now
            )
            books.put(replace(row, plan=plan_text(plan)))
        claims = {"order": order, "payment": payment_claim(plan), "eligibility": said}
        return self._ordering.send("purchase", row.tower, row.customer, claims, order)

    def return_elsewhere(self, order: str, tower: str) -> Outcome:
        """See `desk.Counter`."""
        with self._ledger.look() as books:
            row = found(books, order)
            vehicle = books.find(VehicleRow, row.vehicle)
        if row.loan_state not in WITH_CUSTOMER:
            raise ShopError("The car of this order is not with you.")
        if tower == row.tower:
            raise ShopError("At its own tower the car is simply brought back: type the number, or scan the car's code.")
        if vehicle is None:
            raise ShopError("The shop does not have this car's record: it has to go back to its own tower.")
        record = record_of(vehicle.record)
        back = replace(stock_row("stock_in", tower, vehicle.owner, record, None), back_for=order)
        return self._ordering.place_stock(back, {"vehicle": record})

    def on_my_way(self, order: str, in_min: int) -> Outcome:
        """See `desk.Counter`."""
        with self._ledger.look() as books:
            row = found(books, order)
        arrives_at = datetime.now(UTC) + timedelta(minutes=in_min)
        # traffic: a fifth of the way, give or take
        claims = {"order": order, "arrives_at": utc(arrives_at), "sd_s": in_min * 12, "source": "app"}
        return self._ordering.send("eta", row.tower, row.customer, claims, order)

    def withdraw_consent(self, order: str) -> Outcome:
        """See `desk.Counter`."""
        with self._ledger.look() as books:
            row = found(books, order)
        claims = {"order": order, "face": False, "at": utc(datetime.now(UTC))}
        return self._ordering.send("consent", row.tower, row.customer, claims, order)
