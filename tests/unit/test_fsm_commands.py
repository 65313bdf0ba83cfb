"""Which commands leave before the journal is written (invariant 3)."""

from __future__ import annotations

import pytest

from towerd.fsm.commands import WritePackml
from towerd.plc.snapshot import PackmlCommand


@pytest.mark.parametrize("command", PackmlCommand)
def test_only_what_stops_leaves_first(command: PackmlCommand) -> None:
    stops = command in (PackmlCommand.STOP, PackmlCommand.HOLD, PackmlCommand.ABORT)
    assert WritePackml(command, 5, 3).stops is stops
