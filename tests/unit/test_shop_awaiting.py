"""What may be ordered and waited for: kinds that dealers have and no tower offers at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from simulator.shop.awaiting import Site, announced, awaited
from simulator.shop.rows import OrderRow
from tests.scenario.tower import record

NEAR, FAR = Site("near-1", "Near", 2.0), Site("far-2", "Far", 300.0)
COMING = OrderRow(
    *("o_1", "far-2", "dealer_3", "stock_in", "v_0050", "Ford", "Mondeo", "blue", "2026-11-21T09:00:00Z"),
    slot_from="2026-11-22T09:00:00Z",
    state="accepted",
)


def kind_of(raw: dict[str, Any]) -> tuple[str, str, str]:
    return raw["make"], raw["model"], raw["colour"]


def test_a_kind_that_is_there_is_not_waited_for() -> None:
    blue, red = record(50), record(51, colour="red")
    found = awaited([blue, red, record(52, colour="red")], {kind_of(blue)}, {}, [NEAR, FAR])
    assert [(one.vehicle.id, one.tower, one.condition) for one in found] == [
        ("v_0051", "near-1", "awaited"),
        ("v_0051", "far-2", "awaited"),
    ]
    assert all(one.awaited for one in found)
    assert (found[0].drive_deposit, found[0].purchase_price, found[0].currency) == (100000, 21900000, "CNY")
    assert awaited([record(50, offers={})], set(), {}, [NEAR]) == []


def test_where_a_dealer_brings_one_is_first() -> None:
    later = replace(COMING, order_id="o_2", slot_from="2026-11-23T09:00:00Z")
    ended = replace(COMING, order_id="o_3", slot_from="2026-11-21T09:00:00Z", state="cancelled")
    returned = replace(COMING, order_id="o_4", slot_from=None, back_for="o_9")
    coming = announced([later, ended, returned, COMING])
    assert list(coming.values()) == [COMING]
    found = awaited([record(50)], set(), coming, [NEAR, FAR])
    assert [(one.tower, one.condition, one.orderable_from) for one in found] == [
        ("far-2", "announced", datetime(2026, 11, 22, 9, tzinfo=UTC)),
        ("near-1", "awaited", None),
    ]
