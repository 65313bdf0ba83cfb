"""Codec: what was encoded is decoded, and one flipped bit is noticed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from towerd.plc.codec import check_word, crc16_modbus, decode_block, encode_block, mailbox_words
from towerd.plc.registers import Register, blocks

LIMITS = {
    "u16": (0, 65535),
    "bits": (0, 65535),
    "i16": (-32768, 32767),
    "u32": (0, 2**32 - 1),
    "i32": (-(2**31), 2**31 - 1),
}
word = st.integers(0, 65535)


def values_of(register: Register) -> st.SearchStrategy[int]:
    lowest, highest = LIMITS[register.type]
    return st.integers(
        lowest if register.minimum is None else register.minimum,
        highest if register.maximum is None else register.maximum,
    )


@st.composite
def filled(draw: st.DrawFn) -> tuple[str, dict[str, int]]:
    name = draw(st.sampled_from([name for name in blocks() if name != "BAY"]))
    return name, {register.field: draw(values_of(register)) for register in blocks()[name].fields}


@given(filled())
def test_a_round_trip_keeps_every_field(case: tuple[str, dict[str, int]]) -> None:
    name, values = case
    words = encode_block(name, values)
    assert len(words) == blocks()[name].length
    assert decode_block(name, words) == values


@given(st.lists(word, min_size=8, max_size=8), word, word, st.integers(0, 9), st.integers(0, 15))
def test_one_flipped_bit_spoils_the_check(words: list[int], seq: int, session: int, at: int, bit: int) -> None:
    check = check_word(words, seq, session)
    changed = [*words, seq, session]
    changed[at] ^= 1 << bit
    assert check_word(changed[:8], changed[8], changed[9]) != check


@given(st.binary(max_size=64))
def test_the_crc_of_data_and_its_crc_is_zero(data: bytes) -> None:
    assert crc16_modbus(data + crc16_modbus(data).to_bytes(2, "little")) == 0


@given(word, st.tuples(word, word, word, word), st.integers(1, 65535), word)
def test_every_mailbox_command_passes_its_own_check(
    code: int, args: tuple[int, int, int, int], seq: int, session: int
) -> None:
    values = {"code": code, **{f"arg{n}": arg for n, arg in enumerate(args)}, "job_id": 1, "limit_ds": 1}
    words = mailbox_words("CABIN2", values, seq, session)
    assert words[8] == check_word(words[:8], words[9], session)
