"""How long ended jobs are remembered (orders-if.md 7.1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.support.core_kit import job, machine, order_in, state_of, tables_of, turn_of
from tests.support.values import AT
from towerd.fsm.orders import every_minute

LONG_AGO = AT - timedelta(days=2)


@pytest.mark.parametrize(
    ("values", "order", "kept"),
    [
        ({}, "accepted", False),
        ({"stopped_by": "lin"}, "accepted", True),
        ({"stopped_by": "lin"}, "cancelled", False),
        ({"stopped_by": "lin", "order": None}, "accepted", False),
    ],
    ids=["not stopped", "its order waits for a word", "its order has ended", "no order"],
)
def test_a_job_that_a_technician_cancelled_is_kept_while_its_order_waits_for_a_word(
    values: Any, order: str, kept: bool
) -> None:
    ended = job(state="cancelled", ended_at=LONG_AGO, **values)
    tables = tables_of(jobs=[ended], orders=[order_in(order)])
    turn = turn_of(state_of(machine(), tables))
    every_minute(turn)
    assert (1 in turn.tables.jobs) is kept
