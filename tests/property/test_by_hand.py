"""Whatever a technician does by hand, among customers, faults and a bad network, some things never happen."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.property.test_core import BY_HAND, walk


@settings(
    max_examples=int(os.environ.get("TOWERD_EXAMPLES", "12")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.lists(BY_HAND, min_size=5, max_size=60))
def test_whatever_a_technician_does(acts: list[tuple[Any, ...]]) -> None:
    # most examples begin where it matters: the key at Manual, the switch held
    walk([("manual",), *acts])
