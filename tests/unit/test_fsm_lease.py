"""One commander at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.support.core_kit import MONO_S, answers, machine, state_of, step_row, tables_of, told, turn_of
from towerd.fsm.lease import LEASE_S, holder, lease_denies, lease_released, lease_taken, renew
from towerd.fsm.manual_events import LeaseReleased, LeaseTaken
from towerd.fsm.reply import ReplyTo
from towerd.fsm.state import Lease
from towerd.fsm.turn import Turn

API = ReplyTo("api", "1")
ADA = Lease("ada", MONO_S + 5)


def turn(lease: Lease | None = None, **values: Any) -> Turn:
    return turn_of(state_of(machine(), lease=lease, **values))


def test_whoever_commands_first_holds_the_lease() -> None:
    t = turn()
    assert lease_denies(t, "ada") is None
    renew(t, "ada")
    assert t.volatile.lease == Lease("ada", MONO_S + LEASE_S)
    renew(t, "ada")
    assert told(t) == ["manual_intervention"], "renewing is no news"
    denied = lease_denies(t, "bob")
    assert denied is not None
    assert "ada" in denied.text
    assert "towerctl lease take" in denied.cure


def test_a_lease_ends_by_itself() -> None:
    t = turn(Lease("ada", MONO_S - 1))
    assert holder(t.state, t.mono_s) is None
    assert lease_denies(t, "bob") is None


def test_a_lease_lasts_as_long_as_its_holders_command() -> None:
    running = replace(step_row(state="running"), by="ada")
    state = state_of(machine(), tables_of(steps=[running]), lease=Lease("ada", MONO_S - 1))
    assert holder(state, MONO_S) is not None


def test_it_is_taken_over_by_force_only() -> None:
    t = turn(ADA)
    lease_taken(t, LeaseTaken("bob", False, API))
    assert answers(t)[0].reasons == ("lease_held",)
    lease_taken(t, LeaseTaken("bob", True, API))
    assert t.volatile.lease is not None
    assert t.volatile.lease.holder == "bob"
    assert answers(t)[1].ok
    assert told(t) == ["manual_intervention"]


def test_who_holds_it_may_take_it_again() -> None:
    t = turn(ADA)
    lease_taken(t, LeaseTaken("ada", False, API))
    assert answers(t)[0].result == {"holder": "ada", "lasts_s": LEASE_S}


def test_only_its_holder_gives_it_back() -> None:
    t = turn(ADA)
    lease_released(t, LeaseReleased("bob", API))
    assert answers(t)[0].reasons == ("no_lease",)
    lease_released(t, LeaseReleased("ada", API))
    assert answers(t)[1].ok
    assert t.volatile.lease is None
    lease_released(t, LeaseReleased("ada", API))
    assert not answers(t)[2].ok
