"""The made-up accounts: one login for all towers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from simulator.platform import fresh_id
from simulator.purchaser import utc
from simulator.shop import rules, words
from simulator.shop.desk import ANSWER_WAIT_S
from simulator.shop.following import has_car, is_open
from simulator.shop.ledger import Books, Ledger
from simulator.shop.mail import Mail
from simulator.shop.model import Account, Reason, ShopError, Standing
from simulator.shop.rows import AccountRow, HappenedRow, LetterRow, OrderRow
from simulator.shop.settling import letter
from simulator.shop.towers import Towers
from simulator.shop.views import account_of, account_row


def known(books: Books, customer: str) -> Account:
    """An account that can be used. Raises ShopError where there is none."""
    row = books.find(AccountRow, customer)
    if row is None or row.erased_at is not None:
        raise ShopError("There is no such account.")
    return account_of(row)


def _still_needed(row: OrderRow) -> bool:
    return is_open(row) or has_car(row)


def forget(books: Books, customer: str) -> bool:
    """Remove what no open order or loan of a customer needs; whether nothing is left."""
    needed = False
    for row in books.rows(OrderRow, "customer = ?", customer):
        if _still_needed(row):
            needed = True
            continue
        books.remove(HappenedRow, "order_id = ?", row.order_id)
        books.remove(LetterRow, "about = ? AND answer IS NOT NULL", row.order_id)
        books.remove(OrderRow, "order_id = ?", row.order_id)
    if not needed:
        books.remove(AccountRow, "customer = ?", customer)
    return not needed


class PeopleDesk:
    """`desk.People` over the ledger."""

    def __init__(self, ledger: Ledger, towers: Towers, mail: Mail) -> None:
        self._ledger, self._towers, self._mail = ledger, towers, mail

    def accounts(self) -> Sequence[Account]:
        """See `desk.People`."""
        with self._ledger.look() as books:
            rows = books.rows(AccountRow, "erased_at IS NULL")
        return sorted(map(account_of, rows), key=lambda one: (one.name, one.customer))

    def account(self, customer: str) -> Account:
        """See `desk.People`."""
        with self._ledger.look() as books:
            return known(books, customer)

    def create(self, account: Account) -> Account:
        """See `desk.People`."""
        made = replace(account, customer=fresh_id("c"))
        with self._ledger.change() as books:
            books.put(account_row(made))
        return made

    def change(self, account: Account) -> Account:
        """See `desk.People`."""
        with self._ledger.change() as books:
            known(books, account.customer)
            books.put(account_row(account))
        return account

    def standing(self, customer: str) -> Standing:
        """See `desk.People`."""
        now = datetime.now(UTC)
        with self._ledger.look() as books:
            known(books, customer)
            rows = books.rows(OrderRow, "customer = ?", customer)
        drives, out = rules.drives_60_days(rows, now), rules.cars_out(rows)
        return Standing(drives, rules.DRIVES_LIMIT, out, words.reasons(rules.against(rows, now)))

    def erase(self, customer: str) -> tuple[Reason, ...]:
        """See `desk.People`."""
        letters = [letter("erase", tower, customer, {}) for tower in self._towers.lines]
        with self._ledger.change() as books:
            row = account_row(known(books, customer))
            books.put(replace(row, name="", lat_deg=0.0, lon_deg=0.0, erased_at=utc(datetime.now(UTC))))
            gone = forget(books, customer)
            for one in letters:
                books.put(one)
        left = [] if gone else [Reason("customer_has_a_car", "What open orders and loans need stays until they end.")]
        return (*left, *(reason for one in letters for reason in self._against(one)))

    def _against(self, sent: LetterRow) -> tuple[Reason, ...]:
        self._mail.wake(sent.tower)
        name = self._towers.name(sent.tower)
        within_s = ANSWER_WAIT_S if self._towers.line(sent.tower).reachable() else 0.0
        answer = self._mail.answer(sent.letter, within_s)
        if answer is None:
            return (Reason("not_answered", f"{name} has not answered yet; the shop goes on asking."),)
        return tuple(Reason(code, f"{name}: {words.reason(code).text}") for code in answer["reasons"])
