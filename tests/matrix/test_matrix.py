"""Every fault of the catalogue once, each at another moment of a visit. The whole matrix: make test-matrix."""

from __future__ import annotations

from collections import Counter

import pytest

from simulator.faults import CATALOGUE
from tests.matrix.cell import Cell, run
from tests.matrix.hands import run_by_hand
from tests.matrix.page import MARKS, PAGE
from tests.matrix.phases import PHASES, Phase
from tests.matrix.variants import VARIANTS, Variant
from tests.matrix.ways import WAYS, Way


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
    check(run(variant, PHASES[5 * number % len(PHASES)]))


def check(cell: Cell) -> None:
    assert cell.outcome != "stuck", cell
    assert not cell.unsafe, cell
    assert not cell.lost, cell


SAMPLES = [
    pytest.param(way, variant, way.phases[number % len(way.phases)], id=f"{way.name}: {variant.name}")
    for way in WAYS[1:]
    for number, variant in enumerate(way.variants)
    if number % (5 if way.name != "staged" else 20) == 0
]


@pytest.mark.parametrize(("way", "variant", "phase"), SAMPLES)
def test_by_hand_and_with_two_cabins(way: Way, variant: Variant, phase: Phase) -> None:
    check(way.run(variant, phase))


def test_an_override_that_the_plc_does_not_know_leaves_the_car_to_be_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    """So the mark m says something: without 5.11 the same car does not come out by hand."""
    [stuck] = [one for one in VARIANTS if one.params == {"sensor": "front", "value": 0}]
    assert run_by_hand(stuck, PHASES[6]).outcome == "by hand"
    monkeypatch.setattr("tests.matrix.hands.BITS", {})
    assert run_by_hand(stuck, PHASES[6]).outcome == "mended"
