"""Single commands by hand: what is refused early, what goes out, and that it is recorded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.core_kit import (
    MONO_S,
    answers,
    job,
    later,
    machine,
    state_of,
    step_row,
    tables_of,
    told,
    turn_of,
    with_mailbox,
    with_safety,
    with_system,
    writes,
)
from towerd.fsm.inventory import FORK
from towerd.fsm.manual import command_of, manual_cancelled, manual_requested, send_by_hand
from towerd.fsm.manual_events import HandAction, HandVerb, ManualCancelled, ManualRequested
from towerd.fsm.reply import ReplyTo
from towerd.fsm.state import Lease, Tables
from towerd.fsm.turn import Turn
from towerd.jobs.model import Act
from towerd.lift.registers import lift_to
from towerd.places import CARRIAGE, Place, bay, cabin
from towerd.plc.codes import Code
from towerd.plc.snapshot import KeySwitch, PackmlState, Safety, Snapshot, Unit

API = ReplyTo("api", "1")
READY = with_safety(with_system(machine(), key_switch=KeySwitch.MANUAL), on=Safety.ENABLING_SWITCH)
BAY, CABIN = bay(2, 3), cabin(1)


def turn(seen: Snapshot | None = READY, tables: Tables | None = None, **volatile: Any) -> Turn:
    return turn_of(state_of(seen, tables, **volatile))


def ask(t: Turn, verb: HandVerb, place: Place | None = None, value: int = 0, override: int = 0, **more: Any) -> Any:
    manual_requested(t, ManualRequested(HandAction(verb, place, value, override), "ada", API, **more))
    given = answers(t)
    return given[-1] if given else None


@pytest.mark.parametrize(
    ("verb", "place", "value", "override", "unit", "code", "args"),
    [
        ("home", None, 9, 0, Unit.CARRIAGE, Code.HOME, (9, 0, 0, 0)),
        ("goto", BAY, 0, 16, Unit.CARRIAGE, Code.LIFT_TO, (2, 3, 0, 16)),
        ("get", BAY, 0, 6, Unit.CARRIAGE, Code.FORK_GET, (2, 3, 0, 6)),
        ("put", CABIN, 0, 0, Unit.CARRIAGE, Code.FORK_PUT, (0, 1, READY.cabin(1).occupancy_epoch, 0)),
        ("unlock", BAY, 0, 0, Unit.BAYS, Code.BAY_UNLOCK, (2, 3, 0, 0)),
        ("lock", BAY, 0, 0, Unit.BAYS, Code.BAY_LOCK, (2, 3, 0, 0)),
        ("inner_door", CABIN, 1, 0, Unit.CABIN1, Code.INNER_DOOR, (1, READY.cabin(1).occupancy_epoch, 0, 0)),
        ("outer_door", CABIN, 0, 0, Unit.CABIN1, Code.OUTER_DOOR, (0, 0, 0, 0)),
        ("signal", CABIN, 6, 0, Unit.CABIN1, Code.SIGNAL, (6, 0, 0, 0)),
    ],
)
def test_each_command_goes_out_once_and_is_a_row(
    verb: HandVerb, place: Place | None, value: int, override: int, unit: Unit, code: Code, args: Any
) -> None:
    t = turn()
    assert ask(t, verb, place, value, override) is None, "the answer comes with the end"
    [write] = writes(t)
    assert (write.unit, write.code, write.args, write.limit_ds) == (unit, code, args, 6000)
    row = t.tables.steps[unit]
    assert (row.state, row.by, row.job) == ("written", "ada", None)
    assert t.volatile.hand_replies == {unit: API}
    assert t.volatile.lease is not None
    assert told(t).count("manual_intervention") == 2


def test_without_waiting_the_answer_comes_at_once() -> None:
    t = turn()
    answer = ask(t, "goto", BAY, wait=False)
    assert answer.result == {"command": "LIFT_TO 2-3", "unit": "CARRIAGE", "text": "under way"}


@pytest.mark.parametrize(
    ("verb", "place", "value", "override"),
    [
        ("goto", None, 0, 0),
        ("goto", bay(9, 1), 0, 0),
        ("goto", bay(1, 9), 0, 0),
        ("goto", CARRIAGE, 0, 0),
        ("goto", cabin(2), 0, 32),
        ("get", BAY, 0, 3),
        ("get", BAY, 0, 12),
        ("home", None, 5, 0),
        ("lock", CABIN, 0, 0),
        ("inner_door", BAY, 1, 0),
        ("signal", CABIN, 7, 0),
    ],
)
def test_what_does_not_fit_this_tower_is_refused_as_the_plc_would(
    verb: HandVerb, place: Place | None, value: int, override: int
) -> None:
    t = turn()
    assert ask(t, verb, place, value, override).result["reject_code"] == 2
    assert writes(t) == []
    assert t.volatile.lease is None


def test_a_place_that_is_not_there_is_named_with_those_that_are() -> None:
    places = "This tower has the bays 1-1 to 3-4, and cabin:1 or cabin:2."
    for verb, place, wanted in (
        ("goto", CARRIAGE, "carriage is no bay and no cabin"),
        ("unlock", bay(9, 9), "there is no bay:9-9"),
        ("lock", CABIN, f"it takes a bay, not {CABIN}"),
    ):
        told = ask(turn(), verb, place, 0, 0).result  # type: ignore[arg-type]
        assert (told["text"], told["cure"]) == (f"argument out of range: {wanted}", places)


def test_one_cabin_has_no_second() -> None:
    seen = with_safety(with_system(machine(cabins=1), key_switch=KeySwitch.MANUAL), on=Safety.ENABLING_SWITCH)
    assert ask(turn(seen), "signal", cabin(2), 1).result["reject_code"] == 2


def test_overrides_are_for_manual_only() -> None:
    held = with_system(machine(), packml_state=PackmlState.HELD)
    assert ask(turn(held), "get", BAY, 0, 1).result["reject_code"] == 2


@pytest.mark.parametrize(
    ("seen", "volatile", "reason"),
    [
        (None, {}, "plc_lost"),
        (READY, {"reconciled_session": 1}, "reconciling"),
        (READY, {"stopping": True}, "stopping"),
        (READY, {"lease": Lease("bob", MONO_S + 9)}, "lease_held"),
        (machine(), {}, "automatic"),
        (with_safety(READY, off=Safety.ENABLING_SWITCH), {}, "plc_refused"),
        (with_mailbox(READY, Unit.CARRIAGE, active_seq=4), {}, "plc_refused"),
    ],
)
def test_what_stands_in_the_way_is_told_and_nothing_goes_out(
    seen: Snapshot | None, volatile: dict[str, Any], reason: str
) -> None:
    t = turn(seen, **volatile)
    answer = ask(t, "goto", BAY)
    assert answer.reasons == (reason,)
    assert answer.result["cure"]
    assert writes(t) == []


def test_nothing_but_home_while_the_last_fork_command_is_not_settled() -> None:
    row = replace(step_row(state="settling", code=Code.FORK_GET), unit=FORK)  # type: ignore[arg-type]
    locked, homed = turn(tables=tables_of(steps=[row])), turn(tables=tables_of(steps=[row]))
    assert ask(locked, "goto", BAY).reasons == ("fork_unsettled",)
    assert ask(locked, "lock", BAY) is not None
    assert writes(locked)[-1].code == Code.BAY_LOCK
    assert ask(locked, "home", None, 2).reasons == ("plc_refused",), "the lock asks a centred fork"
    ask(homed, "home", None, 2)
    assert writes(homed)[-1].code == Code.HOME


def test_nothing_is_sent_into_the_dark() -> None:
    t = turn(None)
    denied = send_by_hand(t, Act(Unit.CARRIAGE, lift_to(2, 3), 0.0), "ada")
    assert denied is not None
    assert denied.reason == "plc_lost"


def test_the_override_is_recorded_with_the_name() -> None:
    t = turn()
    ask(t, "get", BAY, 0, 0b10010)
    bodies = [row.body["data"] for row in t.commands if hasattr(row, "topic")]
    assert {"second", "lock"} == set(bodies[0]["override"])
    assert bodies[0]["by"] == "ada"


def cancelled(t: Turn) -> Any:
    manual_cancelled(t, ManualCancelled(Unit.CARRIAGE, "ada", API))
    return answers(t)[-1]


def test_what_runs_is_cancelled_by_its_number() -> None:
    t = turn(
        with_mailbox(READY, Unit.CARRIAGE, active_seq=5, taken_seq=5), tables_of(steps=[step_row(state="running")])
    )
    assert cancelled(t).ok
    [write] = writes(t)
    assert (write.code, write.args[0], write.seq) == (Code.CANCEL, 5, 6)
    again = cancelled(t)
    assert again.reasons == ("busy",), "the first may still be on its way"
    t = later(t, t.mono_s + 1.1)
    assert cancelled(t).ok


@pytest.mark.parametrize("state", ["written", "unsure", "done"])
def test_only_what_is_seen_to_run_can_be_cancelled(state: Any) -> None:
    assert cancelled(turn(tables=tables_of(steps=[step_row(state=state)]))).reasons == ("nothing_runs",)


def test_nothing_to_cancel_and_nobody_to_cancel_it() -> None:
    assert cancelled(turn()).reasons == ("nothing_runs",)
    assert cancelled(turn(None)).reasons == ("plc_lost",)
    assert cancelled(turn(lease=Lease("bob", MONO_S + 9))).reasons == ("lease_held",)


def test_a_place_is_needed_for_a_place() -> None:
    with pytest.raises(ValueError, match="place"):
        command_of(READY, HandAction("goto"))


@pytest.mark.parametrize(("state", "after"), [("running", "held"), ("held", "held"), ("done", "done")])
def test_the_job_whose_command_was_stopped_is_held(state: Any, after: str) -> None:
    t = turn(tables=tables_of(jobs=[job(state=state, steps_left=2)], steps=[step_row(state="running")]))
    assert cancelled(t).ok
    assert t.tables.jobs[1].state == after
    assert t.tables.jobs[1].steps_left == (None if state == "running" else 2)
