"""One catalogue: everything the PLC and the daemon can say has a cause and a cure."""

from __future__ import annotations

import pytest

from towerd.alarm_catalogue import catalogue, kind_of, plc_code
from towerd.faults import FAULTS
from towerd.plc.registers import alarm_types


def test_every_alarm_of_both_is_in_it_once() -> None:
    codes = {fault.code for fault in FAULTS.values()} | {plc_code(number) for number in alarm_types()}
    assert set(catalogue()) == codes
    assert all(code == kind.code for code, kind in catalogue().items())


@pytest.mark.parametrize("code", sorted(catalogue()))
def test_each_says_why_it_comes_and_what_to_do(code: str) -> None:
    kind = kind_of(code)
    assert min(len(kind.cause), len(kind.cure)) > 20
    assert kind.text != kind.cause != kind.cure
    assert all(
        text[0].isupper() or text.startswith("towerctl") or text.startswith("systemctl")
        for text in (kind.cause, kind.cure)
    )


def test_what_they_stop_is_as_their_own_tables_say() -> None:
    assert kind_of("PLC-000").stops == "abort"
    assert kind_of("PLC-022").stops == "no"
    assert (kind_of("TWR-2001").stops, kind_of("TWR-4001").stops) == ("hold", "no")


def test_one_that_nobody_knows_is_taken_for_grave() -> None:
    kind = kind_of("PLC-127")
    assert (kind.name, kind.priority, kind.stops) == ("PLC-127", "high", "no")
    assert kind.cure


def test_priorities_have_a_rising_order() -> None:
    assert kind_of("PLC-000").at_least("high")
    assert kind_of("PLC-005").at_least("high")
    assert not kind_of("PLC-022").at_least("high")
    assert kind_of("PLC-022").at_least("low")
