"""Snapshot and register table: looking things up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.values import snapshot
from towerd.places import bay
from towerd.plc.registers import blocks
from towerd.plc.snapshot import Unit, cabin_unit


def test_cabins_have_their_mailboxes() -> None:
    assert cabin_unit(2) is Unit.CABIN2


def test_every_bay_comes_with_its_word_in_the_contracts_order() -> None:
    seen = replace(snapshot(), bay_words=tuple(range(120)))
    rows = list(seen.bays())
    assert [rows[0], rows[6], rows[-1]] == [(bay(1, 1), 0), (bay(2, 1), 6), (bay(20, 6), 119)]
    assert all(seen.bay_word(place.floor, place.position) == word for place, word in rows)


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
