"""What bays take, by size class (registers.csv BAY)."""

from __future__ import annotations

import pytest

from towerd.bays.model import BayBits
from towerd.bays.sizes import Size, asks_size, known, largest, takes, tightness

LOW, HIGH = Size(5200, 2000, 1600, 2500), Size(5200, 2000, 2100, 3000)
TABLE = (LOW, HIGH)
CAR = Size(4871, 1852, 1482, 1780)
EMPTY = int(BayBits.LOCKED)


def word(index: int) -> int:
    return EMPTY | index << 8


def test_a_bay_takes_what_is_in_no_way_larger_than_its_class() -> None:
    assert takes(word(0), TABLE, CAR)
    assert takes(word(0), TABLE, LOW)
    for larger in (Size(5201, 1, 1, 1), Size(1, 2001, 1, 1), Size(1, 1, 1601, 1), Size(1, 1, 1, 2501)):
        assert not takes(word(0), TABLE, larger)
    assert takes(word(1), TABLE, Size(1, 1, 1601, 2501))


@pytest.mark.parametrize(
    ("index", "table", "taken"), [(0, (), True), (1, (), False), (2, TABLE, False), (15, TABLE, False)]
)
def test_a_class_that_nobody_has_named(index: int, table: tuple[Size, ...], taken: bool) -> None:
    assert takes(word(index), table, CAR) is taken
    assert asks_size(word(index), table) is not taken
    assert tightness(word(index), table) == ()


def test_what_is_measured_counts_where_it_is_larger() -> None:
    assert largest(CAR, Size(4800, 1900, 1950, 0)) == Size(4871, 1900, 1950, 1780)


def test_what_nobody_knows_is_as_large_as_it_may_be() -> None:
    assert known(Size(0, 1852, 0, 1780), HIGH) == Size(5200, 1852, 2100, 1780)


def test_the_lower_bay_is_the_tighter_one() -> None:
    assert tightness(word(0), TABLE) < tightness(word(1), TABLE)
