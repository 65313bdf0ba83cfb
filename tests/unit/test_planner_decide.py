"""Invariant 10: decided from a snapshot alone, and checked before it is carried out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towerd.places import CARRIAGE, Place, bay, cabin
from towerd.planner.decide import decide, guard, nothing
from towerd.planner.model import PlanSnapshot, Want, Wish

LATE = Wish("ord-2", "car-2", bay(1, 2), (cabin(1), cabin(2)), 20.0)
EARLY = Wish("ord-1", "car-1", bay(1, 1), (cabin(1), cabin(2)), 10.0)
CARRIED = Wish(None, "car-3", CARRIAGE, (bay(3, 1),), 30.0)


def snapshot(*wishes: Wish, **distance_s: float) -> PlanSnapshot:
    return PlanSnapshot(7, wishes, {key.replace("_", ":"): value for key, value in distance_s.items()})


def test_who_has_waited_longest_comes_first() -> None:
    decision = decide(snapshot(LATE, EARLY), 1, 0)
    assert (decision.version, decision.order, decision.vehicle, decision.source) == (7, "ord-1", "car-1", bay(1, 1))


def test_equal_waits_are_decided_by_name_not_by_order() -> None:
    other = replace(LATE, waiting_since_s=10.0)
    assert decide(snapshot(other, EARLY), 1, 0) == decide(snapshot(EARLY, other), 1, 0)


def test_the_closest_place_is_taken() -> None:
    assert decide(snapshot(EARLY, cabin_1=9.0, cabin_2=4.0), 1, 0).target == cabin(2)
    assert decide(snapshot(EARLY, cabin_1=4.0, cabin_2=4.0), 1, 0).target == cabin(1)


def test_a_wish_that_cannot_be_met_is_passed_over() -> None:
    assert decide(snapshot(replace(EARLY, targets=()), LATE), 1, 0).vehicle == "car-2"


def test_what_is_on_the_carriage_goes_first() -> None:
    # to fetch another car with a loaded carriage would wait at its bay for ever
    assert decide(snapshot(EARLY, CARRIED), 1, 0).vehicle == "car-3"
    assert decide(snapshot(EARLY, replace(CARRIED, targets=())), 1, 0).vehicle is None


@pytest.mark.parametrize("wishes", [(), (replace(EARLY, targets=()),)])
def test_nothing_to_do_is_an_answer(wishes: tuple[Wish, ...]) -> None:
    decision = decide(snapshot(*wishes), 1, 0)
    assert decision == nothing(7, "no wish that could be met")
    assert guard(decision, snapshot(*wishes)) is None


@pytest.mark.parametrize("iterations", [0, -1])
def test_a_search_has_at_least_one_iteration(iterations: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        decide(snapshot(EARLY), iterations, 0)


def test_a_stale_decision_is_refused() -> None:
    decision = decide(snapshot(EARLY), 1, 0)
    assert guard(decision, snapshot(EARLY)) is None
    assert guard(replace(decision, version=6), snapshot(EARLY)) == "made for 6, now it is 7"


def test_a_decision_nobody_asked_for_is_refused() -> None:
    decision = decide(snapshot(EARLY), 1, 0)
    for wrong in (
        replace(decision, vehicle="car-9"),
        replace(decision, order="ord-9"),
        replace(decision, order=None),
        replace(decision, source=bay(9, 9)),
    ):
        assert "nobody asks" in (guard(wrong, snapshot(LATE, EARLY)) or "")


@pytest.mark.parametrize("target", [bay(1, 1), cabin(3), None])
def test_a_place_that_is_not_open_is_refused(target: Place | None) -> None:
    wrong = replace(decide(snapshot(EARLY), 1, 0), target=target)
    assert "not open" in (guard(wrong, snapshot(EARLY)) or "")


def test_nothing_is_fetched_with_a_loaded_carriage() -> None:
    decision = decide(snapshot(EARLY), 1, 0)
    assert guard(decision, snapshot(EARLY, CARRIED)) == "the carriage is loaded"
    assert guard(decide(snapshot(CARRIED), 1, 0), snapshot(EARLY, CARRIED)) is None


STAGE = Wish("ord-5", "car-5", bay(2, 1), (cabin(1), cabin(2)), 50.0, "stage")
GIVE_WAY = Wish(None, "car-6", cabin(1), (bay(3, 3),), 0.0, "give_way")
IDLE = Wish(None, "car-7", bay(2, 3), (CARRIAGE,), 1.0, "idle")
BOTH = (cabin(1), cabin(2))


def ahead(*wishes: Wish, **facts: Any) -> PlanSnapshot:
    """Two cabins, both free, a minute after the car could be brought forward."""
    return replace(snapshot(*wishes), **{"at_s": 110.0, "cabins": 2, "free_cabins": BOTH, **facts})


def chosen(asked: PlanSnapshot) -> str | None:
    decision = decide(asked, 1, 0)
    assert guard(decision, asked) is None
    return decision.vehicle


def test_a_car_is_brought_forward_in_time_and_where_nobody_waits() -> None:
    assert chosen(ahead(STAGE, IDLE)) == "car-5"
    assert chosen(ahead(STAGE, IDLE, at_s=49.9)) == "car-7"
    assert chosen(ahead(STAGE, EARLY)) == "car-1"
    earlier = replace(STAGE, order="ord-4", vehicle="car-4", waiting_since_s=49.0)
    assert chosen(ahead(STAGE, earlier)) == "car-4"
    early = replace(decide(ahead(STAGE), 1, 0), version=7)
    assert "nobody asks" in (guard(early, ahead(STAGE, at_s=49.9)) or "")


def test_a_car_brought_forward_takes_the_last_free_cabin_of_a_tower_with_one_only() -> None:
    assert chosen(ahead(STAGE, free_cabins=(cabin(1),))) is None
    assert chosen(ahead(replace(STAGE, targets=(cabin(1),)), free_cabins=(cabin(1),), cabins=1)) == "car-5"
    assert chosen(ahead(replace(STAGE, targets=()))) is None


def test_nobodys_cabin_is_taken_from_who_waits_for_one() -> None:
    assert chosen(ahead(STAGE, wants=(Want(BOTH, 100.0),))) is None


def test_a_car_makes_room_for_whoever_waits_for_its_cabin_in_vain() -> None:
    assert chosen(ahead(GIVE_WAY)) is None
    wants = (Want(BOTH, 15.0), Want((cabin(2),), 3.0))
    assert chosen(ahead(GIVE_WAY, wants=wants)) is None, "another is free"
    assert chosen(ahead(GIVE_WAY, wants=wants, free_cabins=())) == "car-6"
    assert chosen(ahead(GIVE_WAY, wants=wants[1:], free_cabins=())) is None, "it stands in no cabin that would do"
    assert chosen(ahead(GIVE_WAY, EARLY, wants=wants, free_cabins=())) == "car-1", "who has waited longer goes first"
    assert chosen(ahead(GIVE_WAY, LATE, wants=wants, free_cabins=())) == "car-6"


PLACES = st.sampled_from([bay(1, 1), bay(2, 2), cabin(1), cabin(2)])
WISHES = st.lists(
    st.builds(
        Wish,
        st.sampled_from([None, "ord-1", "ord-2"]),
        st.sampled_from(["car-1", "car-2", "car-3"]),
        st.sampled_from([bay(1, 1), bay(2, 2), CARRIAGE]),
        st.lists(PLACES, max_size=3).map(tuple),
        st.floats(0, 100),
        st.sampled_from(["serve", "stage", "give_way", "idle"]),
    ),
    max_size=4,
    unique_by=lambda wish: (wish.order, wish.vehicle, wish.source),
).map(tuple)


WANTS = st.lists(st.builds(Want, st.lists(PLACES, max_size=2).map(tuple), st.floats(0, 100)), max_size=2).map(tuple)


@given(
    st.builds(
        PlanSnapshot,
        st.just(3),
        WISHES,
        st.dictionaries(PLACES.map(str), st.floats(0, 100)),
        st.floats(0, 100),
        st.integers(1, 2),
        st.lists(PLACES, max_size=2).map(tuple),
        WANTS,
    ),
    st.integers(1, 9),
    st.integers(),
)
def test_what_is_decided_passes_the_guard_and_is_the_same_each_time(
    asked: PlanSnapshot, iterations: int, seed: int
) -> None:
    decision = decide(asked, iterations, seed)
    assert guard(decision, asked) is None
    assert decide(asked, iterations, seed) == decision
