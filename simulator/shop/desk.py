"""What the shop can do: the Protocols that its pages are built on.

Every method may be called from any thread. Those marked *sends* sign a token, send it and wait for the tower's answer,
at most `ANSWER_WAIT_S`; call them off the page's own loop. ShopError says in its text why something cannot be.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Protocol

from simulator.shop.model import (
    Account,
    CollectWish,
    Dashboard,
    DriveWish,
    Filter,
    Happened,
    Offer,
    Order,
    Outcome,
    Plan,
    Reason,
    Service,
    Slot,
    Standing,
    StockRow,
    Tower,
)

ANSWER_WAIT_S = 16.0
"""After so long without an answer a sending method comes back with what it has; the shop goes on asking."""


class People(Protocol):
    """The made-up accounts, one login for all towers."""

    def accounts(self) -> Sequence[Account]:
        """All accounts that can be logged in to, by name."""

    def account(self, customer: str) -> Account:
        """One account. Raises ShopError where there is none."""

    def create(self, account: Account) -> Account:
        """A new account; its `customer` is drawn here, whatever is given. Raises ShopError."""

    def change(self, account: Account) -> Account:
        """The same customer with other facts. Raises ShopError."""

    def standing(self, customer: str) -> Standing:
        """Drives and cars out over all towers. Raises ShopError."""

    def erase(self, customer: str) -> tuple[Reason, ...]:
        """Erase what no open order or loan needs, here and at every tower; empty, or why not all of it went. *Sends.*"""


class Window(Protocol):
    """What can be had."""

    def towers(self, customer: str | None = None) -> Sequence[Tower]:
        """All towers, the nearest to the customer first."""

    def offers(self, wanted: Filter, customer: str | None = None) -> Sequence[Offer]:
        """What all reachable towers offer, the nearest first."""

    def awaited(self, wanted: Filter, customer: str | None = None) -> Sequence[Offer]:
        """What dealers have and no reachable tower (or not the wanted one) offers at once, for each tower to wait at.

        Where a dealer brings such a car is first, else the nearest.
        """

    def choices(self) -> dict[str, tuple[str, ...]]:
        """What there is to filter by: `make`, `model`, `colour`, `propulsion`, each sorted."""

    def find(self, text: str, customer: str | None = None) -> Offer | None:
        """The offer of the vehicle that a scanned text names: its id, or a link that ends with it.

        Of a dealer's car that no tower has: the nearest of its kind.
        """

    def nearest(self, wanted: Filter, customer: str, slot: Slot | None = None) -> Offer | None:
        """The nearest offer of a test drive that fits and can be had at that time."""

    def slots(self, offer: Offer, day: date | None = None) -> Sequence[Slot]:
        """The half hours of a day (None: today) that can be chosen; at most 30 days ahead."""

    def fee_due(self, offer: Offer, customer: str) -> int:
        """What this customer pays for the drive: 0 for members of good credit."""

    def services(self) -> Sequence[Service]:
        """What may be added to an order."""

    def terms(self) -> str:
        """The clauses that a customer accepts."""


class Counter(Protocol):
    """A customer's orders."""

    def drive(self, customer: str, wish: DriveWish) -> Outcome:
        """Order a test drive. Raises ShopError where nothing fits or nothing can be asked. *Sends.*"""

    def collect(self, customer: str, wish: CollectWish) -> Outcome:
        """Order the hand-over of a car that was bought online. Raises ShopError. *Sends.*"""

    def orders(self, customer: str) -> Sequence[Order]:
        """All orders of a customer, the newest first, followed live."""

    def order(self, order: str) -> Order:
        """One order. Raises ShopError where there is none."""

    def history(self, order: str) -> Sequence[Happened]:
        """What its tower told of an order, the oldest first."""

    def cancel(self, order: str) -> Outcome:
        """Cancel an order. Raises ShopError. *Sends.*"""

    def plan(self, price: int, currency: str, down: int, instalments: int) -> Plan:
        """How a car would be paid: in full (`down` is the price, 0 instalments) or at least 10 % now. Raises ShopError."""

    def buy(self, order: str, plan: Plan) -> Outcome:
        """The car of this loan stays with its customer. Raises ShopError. *Sends.*"""

    def price(self, order: str) -> tuple[int, str] | None:
        """Price and currency of the car of a loan; None where it is not for sale."""

    def return_elsewhere(self, order: str, tower: str) -> Outcome:
        """Bring the car of this loan to another tower: its order there has the number and code to type. *Sends.*

        Once that tower has the car, the shop tells the first one. Raises ShopError.
        """

    def on_my_way(self, order: str, in_min: int) -> Outcome:
        """The customer is under way and comes in so many minutes. Raises ShopError. *Sends.*"""

    def withdraw_consent(self, order: str) -> Outcome:
        """No face any more: the code stays. Raises ShopError. *Sends.*"""


class Dealership(Protocol):
    """A dealer's stock and its condition."""

    def dealers(self) -> Sequence[str]:
        """The dealers' ids: owners of vehicles."""

    def stock(self, dealer: str) -> Sequence[StockRow]:
        """The dealer's vehicles, by tower and place."""

    def orders(self, dealer: str) -> Sequence[Order]:
        """The dealer's orders of stock, the newest first, each with number and code."""

    def stock_in(self, dealer: str, tower: str, record: dict[str, Any], slot: Slot | None = None) -> Outcome:
        """Announce a vehicle; `record` as orders-if.md 4.4 `vehicle`, without owner. Raises ShopError. *Sends.*"""

    def stock_out(self, dealer: str, tower: str, vehicle: str) -> Outcome:
        """Take a vehicle out. Raises ShopError. *Sends.*"""

    def cancel(self, order: str) -> Outcome:
        """Cancel an order of stock. Raises ShopError. *Sends.*"""

    def out_of_service(self, dealer: str, vehicle: str, reasons: Sequence[str], note: str = "") -> Outcome:
        """`reasons` from `damage`, `cleaning`, `charge_low`, `service_due`, `recalled`. Raises ShopError. *Sends.*"""

    def release(self, dealer: str, vehicle: str) -> Outcome:
        """The vehicle may be ordered again. Raises ShopError. *Sends.*"""


class Telematics(Protocol):
    """What cars tell of themselves: a stand-in, with drives that are made up."""

    def dashboard(self, order: str) -> Dashboard | None:
        """What the dashboard of an order's car reads; None where the car is not out. Raises ShopError."""

    def drive(self, order: str, km: int) -> Outcome:
        """Drive the car of an order, and let its tower know. Raises ShopError. *Sends.*"""


class Stage(Protocol):
    """Where the towers are simulated and nobody is there: what people would do at them. No real shop has one."""

    def lend_face(self, customer: str, selfie: bytes) -> None:
        """The face of this person, from now on and in memory only, is that of the selfie."""

    def deeds(self, order: Order) -> Sequence[str]:
        """What the person of an order could do now, from `face`, `code`, `drive_in`, `back`."""

    def do(self, deed: str, order: str) -> str:
        """Do it; gives in words what has come of it. May take minutes. Raises ShopError."""


class Desk(Protocol):
    """The shop as its pages see it."""

    @property
    def people(self) -> People:
        """Accounts."""

    @property
    def window(self) -> Window:
        """Offers."""

    @property
    def counter(self) -> Counter:
        """Orders."""

    @property
    def dealership(self) -> Dealership:
        """Dealers."""

    @property
    def telematics(self) -> Telematics:
        """Cars on the road."""

    @property
    def stage(self) -> Stage | None:
        """The stage of `make shop`; None where real people come to real towers."""
