"""Every fault of the catalogue once, each at another moment of a visit. The whole matrix: make test-matrix."""

from __future__ import annotations

from collections import Counter

import pytest

from simulator.faults import CATALOGUE
from tests.matrix.cell import run
from tests.matrix.page import MARKS, PAGE
from tests.matrix.phases import PHASES
from tests.matrix.variants import VARIANTS, Variant


def test_every_fault_of_the_catalogue_has_a_row() -> None:
    assert {variant.fault for variant in VARIANTS} == set(CATALOGUE)
    assert max(Counter(variant.name for variant in VARIANTS).values()) == 1


def test_the_page_has_every_row_and_no_car_that_is_stuck() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [variant.name for variant in VARIANTS if f"| {variant.name} |" not in page] == []
    assert MARKS["stuck"] not in page


@pytest.mark.parametrize(("number", "variant"), list(enumerate(VARIANTS)), ids=[variant.name for variant in VARIANTS])
def test_whatever_fails_the_car_comes_out_and_nothing_is_unsafe_or_lost(number: int, variant: Variant) -> None:
    # steps of five through fourteen moments meet every moment
    cell = run(variant, PHASES[5 * number % len(PHASES)])
    assert cell.outcome != "stuck", cell
    assert not cell.unsafe, cell
    assert not cell.lost, cell
