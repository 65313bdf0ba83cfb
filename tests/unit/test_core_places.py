from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towerd.places import CARRIAGE, OUT, UNKNOWN, Place, bay, cabin, parse_place

places = st.one_of(
    st.builds(bay, st.integers(1, 999), st.integers(1, 999)),
    st.builds(cabin, st.integers(1, 2)),
    st.sampled_from([CARRIAGE, OUT, UNKNOWN]),
)


@given(places)
def test_what_is_written_is_read_back(place: Place) -> None:
    assert parse_place(str(place)) == place


def test_a_bare_pair_is_a_bay() -> None:
    assert parse_place("3-4") == bay(3, 4)


@pytest.mark.parametrize(
    "text", ["", "0-1", "1-0", "1-1000", "cabin:3", "cabin:0", "carriage ", "bay:carriage", "3-4-5", "bay 3-4", "-1-2"]
)
def test_other_text_names_no_place(text: str) -> None:
    with pytest.raises(ValueError, match="no place"):
        parse_place(text)


def test_stations_are_those_of_the_contract() -> None:
    assert bay(3, 4).station == (3, 4)
    assert cabin(2).station == (0, 2)


@pytest.mark.parametrize("place", [CARRIAGE, OUT, UNKNOWN])
def test_what_has_no_station_says_so(place: Place) -> None:
    with pytest.raises(ValueError, match="no station"):
        _ = place.station
