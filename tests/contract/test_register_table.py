"""The register table in the package is the contract's, and fits together."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import towerd.plc
from towerd.plc.registers import alarm_types, blocks, registers

ROOT = Path(__file__).resolve().parents[2]


def contract_folder() -> Path:
    folder = Path(os.environ.get("TOWERD_SHARED") or ROOT.parent / "shared") / "plc"
    if not folder.is_dir():
        pytest.skip(f"the contract is not at hand: no folder {folder} (TOWERD_SHARED names another)")
    return folder


@pytest.mark.parametrize("name", ["registers.csv", "alarms.csv"])
def test_the_copy_is_the_contract_s_file(name: str) -> None:
    copy = Path(towerd.plc.__file__).with_name(name)
    assert copy.read_bytes() == (contract_folder() / name).read_bytes()


def test_no_word_belongs_to_two_fields() -> None:
    taken = [word for register in registers() for word in range(register.address, register.address + register.words)]
    assert len(taken) == len(set(taken))


def test_every_block_id_stands_alone() -> None:
    ids = [block.block_id for block in blocks().values() if block.block_id is not None]
    assert len(ids) == len(set(ids)) == 12
    assert all(block.fields[-1].field == "counter_copy" for block in blocks().values() if block.block_id is not None)


def test_every_alarm_that_stops_has_a_reason() -> None:
    assert all(
        bool(alarm.stop_reason) == (alarm.stops != "no") for alarm in alarm_types().values() if alarm.number != 1
    )
