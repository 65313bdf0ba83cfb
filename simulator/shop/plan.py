"""How a car is paid (orders-if.md 1.4, 4.4): at least a tenth at once, the rest in equal months without interest."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from simulator.shop.model import Due, Plan, ShopError

DOWN_PERCENT = 10
INSTALMENTS_MOST = 96


def month_later(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def least_down(price: int) -> int:
    """The smallest down payment, in minor units: a tenth, rounded up."""
    return -(-price * DOWN_PERCENT // 100)


def payment_plan(price: int, currency: str, down: int, instalments: int, today: date) -> Plan:
    """The plan; what does not divide evenly is paid with the first instalments. Raises ShopError.

    `down` is the price where `instalments` is 0.
    """
    if price <= 0 or not least_down(price) <= down <= price:
        raise ShopError("Between a tenth of the price and the whole of it is paid at once.")
    rest = price - down
    if (rest == 0) != (instalments == 0):
        raise ShopError("What is not paid at once is paid in monthly instalments, and there are none without a rest.")
    if not 0 <= instalments <= INSTALMENTS_MOST or rest < instalments:
        raise ShopError(f"At most {INSTALMENTS_MOST} instalments, each of at least the smallest coin.")
    if not instalments:
        return Plan(price, currency, down, ())
    each, more = divmod(rest, instalments)
    dues = tuple(Due(month_later(today, 1 + n), each + (n < more)) for n in range(instalments))
    return Plan(price, currency, down, dues)
