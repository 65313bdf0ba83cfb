"""Command constructors, texts, link settings."""

from __future__ import annotations

import pytest

from towerd.bays.registers import bay_address, bay_lock, bay_unlock
from towerd.cabin.model import Signal
from towerd.cabin.registers import inner_door, outer_door, signal
from towerd.lift.registers import HomeAxis, fork_get, fork_put, home, lift_to
from towerd.plc.codes import ERROR_TEXT, REJECT_TEXT, STOP_REASON_TEXT, Code, MailboxCommand, cancel, nop
from towerd.plc.config import LinkConfig


@pytest.mark.parametrize(
    ("command", "code", "args"),
    [
        (nop(), 0, (0, 0, 0, 0)),
        (cancel(7), 90, (7, 0, 0, 0)),
        (lift_to(2, 3), 1, (2, 3, 0, 0)),
        (lift_to(2, 3, 16), 1, (2, 3, 0, 16)),
        (fork_get(0, 1, 55), 2, (0, 1, 55, 0)),
        (fork_put(4, 2, override=1), 3, (4, 2, 0, 1)),
        (home(), 4, (9, 0, 0, 0)),
        (home(HomeAxis.FORK), 4, (2, 0, 0, 0)),
        (bay_unlock(3, 4), 10, (3, 4, 0, 0)),
        (bay_lock(3, 4), 11, (3, 4, 0, 0)),
        (inner_door(True, 9), 20, (1, 9, 0, 0)),
        (inner_door(False), 20, (0, 0, 0, 0)),
        (outer_door(True, 9), 21, (1, 9, 0, 0)),
        (outer_door(False, 9), 21, (0, 0, 0, 0)),
        (signal(Signal.GREEN), 22, (2, 0, 0, 0)),
    ],
)
def test_commands_carry_the_contract_s_numbers(
    command: MailboxCommand, code: int, args: tuple[int, int, int, int]
) -> None:
    assert command == MailboxCommand(code, args)
    assert Code(command.code) is command.code or int(command.code) == code


def test_numbers_that_the_contract_does_not_know_are_refused() -> None:
    with pytest.raises(ValueError, match="3"):
        home(3)
    with pytest.raises(ValueError, match="7"):
        signal(7)


def test_bay_addresses_rise_along_the_floor() -> None:
    assert bay_address(1024, 6, 1, 1) == 1024
    assert bay_address(1024, 6, 3, 2) == 1037
    for floor, position in ((0, 1), (1, 0), (1, 7)):
        with pytest.raises(ValueError, match="no bay"):
            bay_address(1024, 6, floor, position)


def test_every_number_of_the_contract_has_its_text() -> None:
    assert set(REJECT_TEXT) == set(range(1, 13))
    assert set(ERROR_TEXT) == set(range(1, 10))
    assert set(STOP_REASON_TEXT) == set(range(17))


def test_link_settings() -> None:
    assert LinkConfig(host="plc", timeout_ms=300).timeout_s == 0.3
    assert LinkConfig(serial_port="/dev/ttyS0", timeout_ms=300).timeout_s == 0.25
    assert LinkConfig(host="plc", poll_ms=50).poll_s == 0.05
    with pytest.raises(ValueError, match="one of them"):
        LinkConfig()
    with pytest.raises(ValueError, match="one of them"):
        LinkConfig(host="plc", serial_port="/dev/ttyS0")
    with pytest.raises(ValueError, match="max_registers must be 48 to 100, not 47"):
        LinkConfig(host="plc", max_registers=47)
