"""The register table as data (plc-if.md 1.6, 8)."""

from __future__ import annotations

import pytest

from towerd.plc import registers as table
from towerd.plc.registers import alarm_types, blocks, registers


def test_every_field_of_a_block_lies_in_it_and_overlaps_no_other() -> None:
    for block in blocks().values():
        at = block.start
        for field in block.fields:
            assert field.address >= at
            at = field.address + field.words
        assert at == block.start + block.length
    assert sum(len(block.fields) for block in blocks().values()) == len(registers())


def test_a_field_is_found_by_name_and_takes_the_words_of_its_type() -> None:
    assert blocks()["SYS"].field("boot_id").words == 2
    assert blocks()["SYS"].field("key_switch").words == 1
    with pytest.raises(KeyError, match="SYS has no field nothing"):
        blocks()["SYS"].field("nothing")


def test_a_block_that_is_marked_names_its_constant() -> None:
    ids = [block.block_id for block in blocks().values() if block.block_id is not None]
    assert ids
    assert len(set(ids)) == len(ids)
    assert blocks()["BAY"].block_id is None


def test_an_alarm_has_a_stop_reason_only_where_it_stops() -> None:
    assert {one.number for one in alarm_types().values()} == set(alarm_types())
    assert all(one.stop_reason == 0 for one in alarm_types().values() if one.stops == "no")
    assert any(one.stop_reason for one in alarm_types().values())


def test_a_type_that_nobody_knows_is_refused() -> None:
    row = {"block": "X", "field": "y", "type": "f64", "address": "0"}
    with pytest.raises(ValueError, match="unknown type 'f64'"):
        table._register(row)
