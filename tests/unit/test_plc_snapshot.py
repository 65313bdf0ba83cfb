"""Snapshot and register table: looking things up."""

from __future__ import annotations

import pytest

from tests.support.values import snapshot
from towerd.plc.registers import blocks
from towerd.plc.snapshot import Unit, cabin_unit


def test_cabins_have_their_mailboxes() -> None:
    assert cabin_unit(2) is Unit.CABIN2


def test_outside_of_the_tower_there_is_nothing() -> None:
    seen = snapshot()
    with pytest.raises(IndexError, match="no bay 0-1"):
        seen.bay_word(0, 1)
    with pytest.raises(IndexError, match="no cabin 9"):
        seen.cabin(9)
    assert seen.cabin(1).number == 1


def test_a_field_that_is_not_there() -> None:
    with pytest.raises(KeyError, match="SYS has no field colour"):
        blocks()["SYS"].field("colour")
