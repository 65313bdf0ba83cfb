from __future__ import annotations

import pytest

from towerd.bays.model import BayBits, content, is_locked, is_usable, size_class

REST = 0xFFFF & ~(BayBits.OCCUPIED_A | BayBits.OCCUPIED_B)


@pytest.mark.parametrize(("sensors", "what"), [(0, "empty"), (1, "disagree"), (2, "disagree"), (3, "occupied")])
@pytest.mark.parametrize("rest", [0, REST])
def test_content_is_what_both_sensors_say_whatever_else_is_set(sensors: int, what: str, rest: int) -> None:
    assert content(sensors | rest) == what


def test_the_lock_has_its_own_bit() -> None:
    assert is_locked(BayBits.LOCKED)
    assert not is_locked(0xFFFF & ~BayBits.LOCKED)


@pytest.mark.parametrize("bit", [BayBits.FAULT, BayBits.DISABLED, BayBits.OVERHANG])
def test_in_auto_a_faulty_disabled_or_overhanging_bay_is_not_touched(bit: BayBits) -> None:
    assert not is_usable(7 | bit)
    assert is_usable(0xFFFF & ~(BayBits.FAULT | BayBits.DISABLED | BayBits.OVERHANG))


@pytest.mark.parametrize(("word", "index"), [(0x0F00, 15), (0xF0FF, 0), (0x0307, 3)])
def test_the_size_class_is_bits_8_to_11(word: int, index: int) -> None:
    assert size_class(word) == index
