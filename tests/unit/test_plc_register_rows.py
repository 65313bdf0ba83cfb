"""Registers as rows: value, raw words, age, and what still holds."""

from __future__ import annotations

from towerd.plc.register_rows import Words, meaning, register_rows
from towerd.plc.registers import blocks, registers


def words(block: str, **fields: int) -> tuple[int, ...]:
    table = blocks()[block]
    row = [0] * table.length
    for name, value in fields.items():
        register = table.field(name)
        at = register.address - table.start
        row[at : at + register.words] = [value & 0xFFFF] if register.words == 1 else [value >> 16, value & 0xFFFF]
    return tuple(row)


SEEN = {
    "ID": Words(words("ID", positions=4, floors=2, boot_id=0x12345), 10.0),
    "SYS": Words(words("SYS", key_switch=2, safety=5), 99.5),
    "AX_LIFT": Words(words("AX_LIFT", position=0xFFFFFFFF, plcopen_state=3), 98.0),
    "CTL": Words(words("CTL", packml_command=4), 20.0),
    "CMD_BAYS": Words((1, 2), 20.0),
    "BAY+0": Words((7, 0, 0, 0), 50.0),
    "BAY+4": Words((4,), 50.0),
}


def row(block: str, field: str, now_s: float = 100.0, seen: dict[str, Words] = SEEN):  # type: ignore[no-untyped-def]
    [found] = [one for one in register_rows(seen, now_s) if (one.block, one.field) == (block, field)]
    return found


def test_every_register_has_a_row_also_where_nothing_was_seen() -> None:
    rows = register_rows({}, 0.0)
    assert [(one.block, one.field) for one in rows] == [
        (one.block, one.field) for one in registers() if one.block != "BAY"
    ]
    assert {(one.value, one.raw, one.age_s, one.good, one.meaning) for one in rows} == {(None, None, None, False, "")}


def test_value_raw_words_age_and_meaning() -> None:
    boot = row("ID", "boot_id")
    assert (boot.value, boot.raw, boot.address, boot.access) == (0x12345, (1, 0x2345), 5, "R")
    lift = row("AX_LIFT", "position")
    assert (lift.value, lift.unit, lift.age_s, lift.good) == (-1, "mm", 2.0, False)
    assert row("SYS", "key_switch").meaning == "manual"
    assert row("SYS", "safety").meaning == "estop_chain_ok, shaft_clear"
    assert row("SYS", "scan_max_ms").meaning == ""


def test_what_is_read_by_its_counter_holds_as_long_as_sys() -> None:
    assert row("ID", "floors").good
    assert row("BAY", "bay 1-1").good
    assert row("SYS", "key_switch").good
    assert not row("ID", "floors", 101.0).good
    assert not row("ALM", "first_out").good


def test_bays_have_their_floor_and_position() -> None:
    assert (row("BAY", "bay 1-1").value, row("BAY", "bay 2-1").value) == (7, 4)
    assert row("BAY", "bay 2-1").address == blocks()["BAY"].start + 4
    assert row("BAY", "bay 1-1").meaning == "occupied_a, occupied_b, locked"


def test_bays_before_id_are_a_single_column() -> None:
    assert row("BAY", "bay 2-1", seen={"BAY+0": Words((1, 2), 0.0)}).value == 2


def test_what_was_written_stays_good_and_a_part_of_a_block_is_nothing() -> None:
    written = row("CTL", "packml_command")
    assert (written.value, written.access, written.good, written.meaning) == (4, "W", True, "hold")
    assert row("CMD_BAYS", "code").value is None


def test_a_value_without_a_name_means_nothing() -> None:
    assert meaning(blocks()["SYS"].field("key_switch"), 9) == ""
