"""A decision about a person holds for 300 s of this process's clock, and no longer (invariant 7)."""

from __future__ import annotations

import pytest

from tests.support.core_kit import MONO_S, order_in, state_of, turn_of
from towerd.fsm.decision import decision_holds, forget_decision
from towerd.fsm.state import IdentityDecision, TagReading


@pytest.mark.parametrize(("age_s", "holds"), [(0.0, True), (299.9, True), (300.0, False), (301.0, False)])
def test_a_decision_ages_out(age_s: float, holds: bool) -> None:
    decision = IdentityDecision("ord-1", "face", MONO_S - age_s, "challenge", 0.8)
    turn = turn_of(state_of(decisions={"ord-1": decision}))
    assert decision_holds(turn, order_in("staged")) is holds
    assert not decision_holds(turn, order_in("staged", "ord-2")), "it is that of one order only"


def test_a_new_process_has_decided_nothing() -> None:
    assert not decision_holds(turn_of(state_of()), order_in("identified", identified_by="face"))


def test_what_is_forgotten_is_that_of_one_order() -> None:
    decision, read = IdentityDecision("ord-1", "face", MONO_S, "challenge", 0.8), TagReading(1, 4711, 5)
    turn = turn_of(state_of(decisions={"ord-1": decision, "ord-2": decision}, readings={"ord-1": read, "ord-2": read}))
    forget_decision(turn, order_in("staged"))
    assert list(turn.volatile.decisions) == list(turn.volatile.readings) == ["ord-2"]
    volatile = turn.volatile
    forget_decision(turn, order_in("staged"))
    assert turn.volatile is volatile
