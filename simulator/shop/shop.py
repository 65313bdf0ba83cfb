"""The whole shop: books, towers, mail and the four counters of `desk.Desk`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Self

from simulator.shop.config import ShopConfig, read_stock
from simulator.shop.counter import CounterDesk
from simulator.shop.dealership import DealershipDesk
from simulator.shop.desk import Stage
from simulator.shop.ledger import Ledger
from simulator.shop.mail import Mail
from simulator.shop.model import Account, Position
from simulator.shop.ordering import Ordering
from simulator.shop.people import PeopleDesk, forget
from simulator.shop.rows import AccountRow, VehicleRow
from simulator.shop.settling import Listener, settle
from simulator.shop.telematics import TelematicsDesk
from simulator.shop.towers import Line, Towers, hold, platform_line
from simulator.shop.views import account_row
from simulator.shop.window import WindowDesk

_NANJING: Final = Position(32.06, 118.79)
_SUZHOU: Final = Position(31.30, 120.62)
_SHANGHAI: Final = Position(31.23, 121.47)


def made_up(today: date) -> tuple[Account, ...]:
    """Customers who are there at the first start, each for a case of the rules."""
    later = today + timedelta(days=4 * 365)
    return (
        Account("c_anna", "Anna (member, good credit)", True, 731, later, True, _NANJING),
        Account("c_bo", "Bo (member, low credit)", True, 640, later, True, _SUZHOU),
        Account("c_chen", "Chen (no member)", False, 720, later, True, _SHANGHAI),
        Account("c_dora", "Dora (licence ends tomorrow)", True, 780, today + timedelta(days=1), True, _NANJING),
        Account("c_emil", "Emil (identity not checked)", True, 705, later, False, _SHANGHAI),
    )


class Shop:
    """`desk.Desk`. Use it as a context: it is open inside, and everything has ended after it."""

    def __init__(self, config: ShopConfig, make: Callable[[str], Line] | None = None) -> None:
        """`make` makes the line to a tower; None: over the broker. Raises ShopError, OSError."""
        # a line of a test's own has no session to be lost
        self._held = hold(config.folder) if make is None else None
        self.ledger = Ledger(config.folder / "shop.db")
        self.towers = Towers(config.towers, make or (lambda tower: platform_line(config, tower)))
        self._mail = Mail(self.ledger, self.towers, settle)
        self._listener = Listener(self.ledger, self._mail.wake)
        ordering = Ordering(self.ledger, self.towers, self._mail)
        self._window = WindowDesk(self.ledger, self.towers)
        self._people = PeopleDesk(self.ledger, self.towers, self._mail)
        self._counter = CounterDesk(self.ledger, self.towers, self._window, ordering)
        self._dealership = DealershipDesk(self.ledger, self.towers, ordering)
        self._telematics = TelematicsDesk(self.ledger, ordering)
        self.stage: Stage | None = None
        self._furnish(
            config.accounts or made_up(datetime.now(UTC).date()),
            [path for path in (config.stock, *(one.stock for one in config.towers)) if path is not None],
        )

    def _furnish(self, accounts: Iterable[Account], stocks: Iterable[Any]) -> None:
        """Made-up accounts, once; the dealers' records, where they are not known; and what was to be erased."""
        records = [record for path in stocks for record in read_stock(path)]
        with self.ledger.change() as books:
            if not books.rows(AccountRow):
                for account in accounts:
                    books.put(account_row(account))
            for record in records:
                if books.find(VehicleRow, record["id"]) is None:
                    books.put(VehicleRow(record["id"], record["owner"], json.dumps(record)))
            for row in books.rows(AccountRow, "erased_at IS NOT NULL"):
                forget(books, row.customer)

    @property
    def people(self) -> PeopleDesk:
        """Accounts."""
        return self._people

    @property
    def window(self) -> WindowDesk:
        """Offers."""
        return self._window

    @property
    def counter(self) -> CounterDesk:
        """Orders."""
        return self._counter

    @property
    def dealership(self) -> DealershipDesk:
        """Dealers."""
        return self._dealership

    @property
    def telematics(self) -> TelematicsDesk:
        """Cars on the road."""
        return self._telematics

    def __enter__(self) -> Self:
        self.towers.open(self._listener.heard)
        self._mail.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.towers.close()
        self._mail.close()
        if self._held is not None:
            self._held.close()
