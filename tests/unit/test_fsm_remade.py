"""What is derived is made anew where what it is made of was replaced, and only there."""

from __future__ import annotations

from towerd.fsm.remade import remade

calls: list[tuple[object, ...]] = []


@remade
def both(one: list[int], other: list[int]) -> list[int]:
    calls.append((one, other))
    return [*one, *other]


def test_the_very_same_objects_give_the_very_same_result() -> None:
    calls.clear()
    one, other = [1], [2]
    assert both(one, other) is both(one, other)
    assert len(calls) == 1


def test_another_object_is_looked_at_even_where_it_is_equal() -> None:
    one, other = [1], [2]
    first = both(one, other)
    calls.clear()
    for given in (([1], other), (one, [2]), (other, one)):
        both(*given)
    assert [(a, b) for a, b in calls] == [([1], [2]), ([1], [2]), ([2], [1])]
    assert both(one, other) is not first
    assert both(one, other) == first
