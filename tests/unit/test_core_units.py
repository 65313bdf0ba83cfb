from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towerd.units import SEQ_LIMIT, deciseconds, next_seq, rfc3339, seq_distance

seqs = st.integers(1, SEQ_LIMIT)


@pytest.mark.parametrize(("seq", "after"), [(0, 1), (1, 2), (65534, 65535), (65535, 1)])
def test_numbers_count_past_65535_to_1(seq: int, after: int) -> None:
    assert next_seq(seq) == after


@given(seqs, st.integers(0, 1000))
def test_the_distance_is_the_number_of_steps(start: int, steps: int) -> None:
    seq = start
    for _ in range(steps):
        seq = next_seq(seq)
    assert seq != 0
    assert seq_distance(seq, start) == steps


@pytest.mark.parametrize(
    ("ahead", "behind", "distance"), [(1, 65535, 1), (65535, 1, 65534), (1, 0, 1), (1000, 0, 1000), (4, 5, 65534)]
)
def test_what_is_behind_is_almost_a_whole_round_ahead(ahead: int, behind: int, distance: int) -> None:
    assert seq_distance(ahead, behind) == distance


def test_wall_time_is_written_in_utc_with_milliseconds() -> None:
    at = datetime(2026, 11, 25, 9, 0, 0, 123999, timezone(timedelta(hours=1)))
    assert rfc3339(at) == "2026-11-25T08:00:00.123Z"


def test_a_naive_time_is_no_wall_time() -> None:
    with pytest.raises(ValueError, match="zone"):
        rfc3339(datetime(2026, 11, 25, 9, 0, tzinfo=UTC).replace(tzinfo=None))


@pytest.mark.parametrize(
    ("duration_s", "wire"), [(0.0, 1), (-5.0, 1), (0.1, 1), (0.11, 2), (29.96, 300), (600.0, 6000), (9000.0, 6000)]
)
def test_deciseconds_round_up_and_stay_in_the_registers_range(duration_s: float, wire: int) -> None:
    assert deciseconds(duration_s) == wire
