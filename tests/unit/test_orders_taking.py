"""What every new order has: a slot, a number, its row and its answer (orders-if.md 4.4, 4.5)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.orders_kit import NOW, book, circumstances, claims, order, request, vehicle
from towerd.orders.claims import read_claims
from towerd.orders.model import Slot
from towerd.orders.rules import OrderRules
from towerd.orders.taking import AnOrder, accept, at_json, number_for, slot_fits, slot_json, slot_of, wait_until

RULES = OrderRules()
DAY = timedelta(days=1)


def typed(kind: str, **changes: Any) -> AnOrder:
    raw = claims(kind, **changes)
    for secret in ("selfie", "code"):
        raw.pop(secret, None)
    made = read_claims(raw)
    assert isinstance(made, AnOrder)
    return made


def test_times_are_shown_to_the_second_where_they_are_whole() -> None:
    assert at_json(datetime.fromisoformat("2026-11-21T17:30:00.5+08:00")) == "2026-11-21T09:30:00.500Z"
    assert slot_json(Slot(NOW, NOW)) == {"from": "2026-11-21T09:30:00Z", "until": "2026-11-21T09:30:00Z"}
    assert slot_json(None) is None


def test_who_names_no_slot_is_here_now() -> None:
    now = NOW + timedelta(milliseconds=900)
    walk_in = typed("test_drive", slot=None)
    assert slot_of(walk_in, now, RULES) == Slot(NOW, NOW + timedelta(minutes=30))
    assert slot_of(typed("stock_out"), now, RULES) == Slot(NOW, NOW + timedelta(minutes=30))
    waiting = typed("collect")
    assert wait_until(waiting) == datetime.fromisoformat("2026-12-06T18:00:00Z")
    assert slot_of(waiting, now, RULES) == Slot(NOW, datetime.fromisoformat("2026-12-06T18:00:00Z"))
    assert wait_until(typed("stock_out")) is None


@pytest.mark.parametrize(
    ("begins", "ends", "until", "fits"),
    [
        (0 * DAY, DAY, None, True),
        (-DAY, timedelta(seconds=1), None, True),
        (-DAY, 0 * DAY, None, False),
        (30 * DAY, 31 * DAY, None, True),
        (30 * DAY + timedelta(seconds=31), 31 * DAY, None, False),
        (0 * DAY, DAY + timedelta(seconds=1), None, False),
        (DAY, 400 * DAY, None, False),
        (0 * DAY, DAY, NOW + 30 * DAY, True),
        (0 * DAY, DAY, NOW + 31 * DAY, False),
    ],
)
def test_a_slot_is_not_over_not_too_far_ahead_and_not_too_long(
    begins: timedelta, ends: timedelta, until: datetime | None, fits: bool
) -> None:
    asked = typed("test_drive", wait_until=at_json(until) if until else None)
    assert slot_fits(Slot(NOW + begins, NOW + ends), asked, NOW, RULES) is fits


def test_who_names_no_slot_may_wait_for_longer_than_a_slot_lasts() -> None:
    waiting = typed("collect")
    assert slot_fits(slot_of(waiting, NOW, RULES), waiting, NOW, RULES)


@pytest.mark.parametrize(
    ("kind", "services"), [("test_drive", ("insurance_basic",)), ("collect", ()), ("stock_out", ())]
)
@pytest.mark.parametrize("face", ["enrolled", "none"])
def test_the_order_is_what_the_token_says(kind: str, services: tuple[str, ...], face: Any) -> None:
    asked, slot = typed(kind), Slot(NOW, NOW + DAY)
    made = accept(request(claims(kind), face=face), asked, vehicle(), slot, "0815", circumstances())
    taken = made.order
    assert (taken.kind, taken.state, taken.vehicle, taken.customer) == (kind, "accepted", "v_0042", asked.sub)
    assert (taken.services, bool(taken.terms)) == (services, kind != "stock_out")
    assert taken.code_only is (face == "none" or kind == "stock_out")
    assert made.last_number == 815
    assert made.result["ready_in_s"] == 64.0


def test_a_number_is_nobody_elses() -> None:
    known = book(orders=(order(number="0001"),))
    assert number_for(known, circumstances(last_number=0, number_step=1)) == "0002"
