from __future__ import annotations

import pytest

from towerd.faceid.policy import MatchPolicy, decide_claim, decide_match
from towerd.faceid.thresholds import alike, default_policy, same_person

POLICY = MatchPolicy(accept=0.5, margin=0.1, frames=3)
CUSTOMERS = {"a": "anna", "a2": "anna", "b": "ben"}


def decide(*frames: dict[str, float]) -> tuple[str, str | None]:
    decision = decide_match(frames, CUSTOMERS, POLICY)
    return decision.outcome, decision.customer


def test_the_best_person_who_is_clear_of_the_others() -> None:
    assert decide(*[{"a": 0.8, "b": 0.2}] * 3) == ("matched", "anna")


def test_two_orders_of_one_person_do_not_rival_each_other() -> None:
    assert decide(*[{"a": 0.8, "a2": 0.79, "b": 0.2}] * 3) == ("matched", "anna")


def test_too_close_to_another_person() -> None:
    assert decide(*[{"a": 0.8, "b": 0.75}] * 3) == ("not_sure", None)


def test_below_the_threshold() -> None:
    assert decide(*[{"a": 0.4, "b": 0.1}] * 3) == ("nobody", None)


def test_first_in_too_few_frames() -> None:
    assert decide({"a": 0.9, "b": 0.1}, {"a": 0.9, "b": 0.1}, {"a": 0.3, "b": 0.4}) == ("not_sure", None)


def test_too_few_frames() -> None:
    assert decide(*[{"a": 0.9}] * 2) == ("nobody", None)
    assert decide({"a": 0.9}, {"a": 0.9}, {"unknown": 0.9}) == ("nobody", None)


def test_nobody_in_every_frame() -> None:
    assert decide({"a": 0.9}, {"b": 0.9}, {"a": 0.9}) == ("nobody", None)


def test_one_person_alone_needs_no_margin() -> None:
    assert decide(*[{"a": 0.6}] * 3) == ("matched", "anna")


@pytest.mark.parametrize("engine", ["opencv", "face_recognition"])
def test_one_among_many_is_stricter_than_one_person_in_two_frames(engine: str) -> None:
    assert default_policy(engine).accept > same_person(engine)  # type: ignore[arg-type]
    assert default_policy(engine).margin > 0  # type: ignore[arg-type]


def claim(*frames: dict[str, float]) -> tuple[str, str | None]:
    policy = MatchPolicy(accept=0.8, margin=0.3, frames=3, accept_one=0.5)
    decision = decide_claim(frames, CUSTOMERS, "anna", policy)
    return decision.outcome, decision.customer


def test_one_against_one_needs_neither_the_high_threshold_nor_a_lead() -> None:
    assert claim(*[{"a": 0.6, "b": 0.55}] * 3) == ("matched", "anna")
    assert claim(*[{"a": 0.4, "a2": 0.6, "b": 0.1}] * 3) == ("matched", "anna")


def test_one_against_one_is_refused_below_its_threshold_or_where_another_is_nearer() -> None:
    assert claim(*[{"a": 0.4, "b": 0.1}] * 3) == ("nobody", None)
    assert claim(*[{"a": 0.6, "b": 0.7}] * 3) == ("not_sure", None)
    assert claim(*[{"a": 0.9}] * 2) == ("nobody", None)
    assert claim(*[{"b": 0.9}] * 3) == ("nobody", None)


@pytest.mark.parametrize("engine", ["opencv", "face_recognition"])
def test_a_number_lowers_the_threshold_to_no_less_than_what_looks_alike(engine: str) -> None:
    policy = default_policy(engine)  # type: ignore[arg-type]
    assert alike(engine) <= policy.accept_one < policy.accept  # type: ignore[arg-type]
