"""Codec: words, ranges, check words, what makes a read good."""

from __future__ import annotations

import pytest

from towerd.plc.codec import (
    BadBlockError,
    RangeError,
    TornReadError,
    check_read,
    check_word,
    crc16_modbus,
    decode_block,
    encode_block,
    jog_check,
    jog_words,
    mailbox_words,
)
from towerd.plc.registers import blocks

JOG = {"token": 9, "axis": 1, "direction": -1, "speed_pct": 50, "step": 0}
COMMAND = {"code": 1, "arg0": 2, "arg1": 3, "arg2": 0, "arg3": 0, "job_id": 0x12345678, "limit_ds": 600}


def good(name: str) -> list[int]:
    block = blocks()[name]
    return [block.block_id or 0, 7, *[0] * (block.length - 3), 7]


def test_crc_is_the_one_every_modbus_text_shows() -> None:
    assert crc16_modbus(b"123456789") == 0x4B37
    assert crc16_modbus(b"") == 0xFFFF


def test_32_bits_lie_high_word_first_and_signs_are_applied() -> None:
    words = good("AX_LIFT")
    words[4:6] = [0xFFFF, 0xFFFE]
    words[8] = 0x8000
    words[12:14] = [0x0001, 0x0002]
    values = decode_block("AX_LIFT", words)
    assert values["position"] == -2
    assert values["velocity"] == -32768
    assert values["cycles"] == 0x10002


def test_a_block_of_another_length_is_not_decoded() -> None:
    with pytest.raises(BadBlockError, match="LOAD: 3 words instead of 16"):
        decode_block("LOAD", [1, 2, 3])


def test_encode_wants_every_field_and_no_other() -> None:
    with pytest.raises(RangeError, match="check"):
        encode_block("JOG", JOG)
    with pytest.raises(RangeError, match="colour"):
        encode_block("JOG", {**JOG, "check": 0, "colour": 1})


@pytest.mark.parametrize(
    ("field", "value"),
    [("direction", -2), ("direction", 2), ("speed_pct", 0), ("step", 201), ("token", -1), ("token", 65536)],
)
def test_encode_holds_to_the_table(field: str, value: int) -> None:
    with pytest.raises(RangeError, match=field):
        encode_block("JOG", {**JOG, "check": 0, field: value})


def test_mailbox_words_carry_their_check() -> None:
    words = mailbox_words("CARRIAGE", COMMAND, 5, 4711)
    assert words[:8] == [1, 2, 3, 0, 0, 0x1234, 0x5678, 600]
    assert words[9] == 5
    raw = b"".join(word.to_bytes(2, "big") for word in [*words[:8], 5, 4711])
    assert words[8] == crc16_modbus(raw) == check_word(words[:8], 5, 4711)


def test_the_check_belongs_to_seq_and_session() -> None:
    words = mailbox_words("BAYS", COMMAND, 5, 4711)
    assert len({words[8], check_word(words[:8], 6, 4711), check_word(words[:8], 5, 4712)}) == 3


def test_jog_words_carry_their_check() -> None:
    words = jog_words(JOG, 4711)
    assert words[:5] == [9, 1, 0xFFFF, 50, 0]
    assert words[5] == jog_check(words[:5], 4711)


def test_checks_want_their_number_of_words() -> None:
    with pytest.raises(ValueError, match="8 words"):
        check_word([1], 1, 1)
    with pytest.raises(ValueError, match="5 words"):
        jog_check([1], 1)


def test_a_good_read_passes() -> None:
    check_read("SYS", good("SYS"))
    check_read("ID", [0] * blocks()["ID"].length)


def test_a_short_read_a_foreign_block_and_a_torn_one_are_told_apart() -> None:
    with pytest.raises(BadBlockError, match="31 words instead of 32"):
        check_read("SYS", good("SYS")[:-1])
    with pytest.raises(BadBlockError, match="block_id"):
        check_read("SYS", [1, *good("SYS")[1:]])
    with pytest.raises(TornReadError, match="counter 7, counter_copy 8"):
        check_read("SYS", [*good("SYS")[:-1], 8])
