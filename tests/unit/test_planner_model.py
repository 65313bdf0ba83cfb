from __future__ import annotations

from towerd.places import bay, cabin
from towerd.planner.model import Decision, PlanSnapshot, Wish


def test_equal_values_are_equal() -> None:
    wish = Wish("ord-1", "car-1", bay(1, 1), (cabin(1),), 5.0)
    assert PlanSnapshot(1, (wish,), {}) == PlanSnapshot(1, (wish,), {})
    assert PlanSnapshot(1, (wish,), {}) != PlanSnapshot(2, (wish,), {})
    assert Decision(1, None, None, None, None, "x") == Decision(1, None, None, None, None, "x")
