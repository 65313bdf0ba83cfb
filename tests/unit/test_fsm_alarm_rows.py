"""States of an alarm (ISA-18.2)."""

from __future__ import annotations

from typing import get_args

import pytest

from tests.support.values import AT
from towerd.fsm.alarm_rows import AlarmRow, AlarmState

UNACKED = {"unacked_active", "unacked_cleared", "latched_unacked"}
STANDING = {"unacked_active", "acked_active", "latched_unacked", "latched_acked"}


@pytest.mark.parametrize("state", get_args(AlarmState))
def test_what_waits_for_somebody_and_what_stands(state: AlarmState) -> None:
    row = AlarmRow("TWR-2001", state, AT)
    assert (row.unacked, row.stands) == (state in UNACKED, state in STANDING)
