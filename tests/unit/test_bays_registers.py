"""The registers and commands of the bays (registers.csv BAY; plc-if.md 5)."""

from __future__ import annotations

import pytest

from towerd.bays.registers import bay_address, bay_lock, bay_unlock
from towerd.plc.codes import MailboxCommand


def test_commands_carry_the_contracts_numbers() -> None:
    assert bay_unlock(3, 4) == MailboxCommand(10, (3, 4, 0, 0))
    assert bay_lock(3, 4) == MailboxCommand(11, (3, 4, 0, 0))


def test_bay_addresses_rise_along_the_floor() -> None:
    assert bay_address(1024, 6, 1, 1) == 1024
    assert bay_address(1024, 6, 3, 2) == 1037


@pytest.mark.parametrize(("floor", "position"), [(0, 1), (1, 0), (1, 7)])
def test_a_bay_that_cannot_be_has_no_address(floor: int, position: int) -> None:
    with pytest.raises(ValueError, match="no bay"):
        bay_address(1024, 6, floor, position)
