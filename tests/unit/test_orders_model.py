"""Orders and vehicles as rows."""

from __future__ import annotations

import pytest

from tests.support.orders_kit import order, vehicle


@pytest.mark.parametrize(("state", "open_"), [("accepted", True), ("handed_over", True), ("completed", False)])
def test_an_order_is_open_until_it_has_ended(state: str, open_: bool) -> None:
    assert order(state=state).open is open_


def test_a_vehicle_is_named_by_its_record() -> None:
    assert vehicle("v_9").id == vehicle("v_9").record.id == "v_9"
