"""Texts of the contract, and what is no command of a unit; link settings."""

from __future__ import annotations

import pytest

from towerd.plc.codes import ERROR_TEXT, REJECT_TEXT, STOP_REASON_TEXT, MailboxCommand, cancel, nop
from towerd.plc.config import LinkConfig


def test_what_serves_every_mailbox_carries_the_contracts_numbers() -> None:
    assert nop() == MailboxCommand(0, (0, 0, 0, 0))
    assert cancel(7) == MailboxCommand(90, (7, 0, 0, 0))


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
