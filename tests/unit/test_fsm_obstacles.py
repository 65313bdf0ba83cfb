from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.core_kit import MONO_S, machine, state_of, turn_of, with_safety, with_session, with_system
from tests.support.values import AT
from towerd.faults import FAULTS
from towerd.fsm.obstacles import (
    fault_obstacles,
    link_obstacles,
    may_command,
    obstacles,
    safety_obstacles,
    watch_obstacles,
)
from towerd.fsm.state import Fault, Meta, PlaceBefore, State, Tables
from towerd.places import bay
from towerd.plc.registers import alarm_types
from towerd.plc.snapshot import Alarms, KeySwitch, PackmlState, Safety, Snapshot


def codes(state: State, **values: Any) -> list[str]:
    return [obstacle.code for obstacle in obstacles(state, **values)]


def with_alarms(picture: Snapshot, *active: int) -> Snapshot:
    return replace(picture, alarms=Alarms(frozenset(active), frozenset(), None, 0))


def test_nothing_stands_in_the_way_of_a_tower_at_rest() -> None:
    assert codes(state_of(machine())) == []
    assert may_command(state_of(machine()))


def test_a_tower_that_is_not_seen_is_told_with_the_reason() -> None:
    state = state_of(None, plc_reason="no answer for 1.0 s")
    (obstacle,) = obstacles(state)
    assert (obstacle.code, obstacle.text) == ("plc_lost", "no answer for 1.0 s")
    assert not may_command(state)


@pytest.mark.parametrize("reconciled", [None, 2])
def test_a_session_not_reconciled_yet_commands_nothing(reconciled: int | None) -> None:
    state = state_of(machine(), reconciled_session=reconciled)
    assert codes(state) == ["reconciling"]
    assert not may_command(state)
    assert [o.code for o in link_obstacles(state_of(with_session(machine(), 8), reconciled_session=3))] == [
        "reconciling"
    ]


@pytest.mark.parametrize("key", sorted(set(KeySwitch) - {KeySwitch.AUTO}))
def test_the_key_must_stand_at_auto(key: KeySwitch) -> None:
    assert codes(state_of(with_system(machine(), key_switch=key))) == [f"key_{key.name.lower()}"]


@pytest.mark.parametrize("state", sorted(set(PackmlState) - {PackmlState.EXECUTE}))
def test_only_execute_takes_commands(state: PackmlState) -> None:
    (obstacle,) = obstacles(state_of(with_system(machine(), packml_state=state)))
    assert obstacle.code == f"packml_{state.name.lower()}"
    assert obstacle.cure


@pytest.mark.parametrize(
    ("reason", "text"),
    [(0, "The machine is held"), (2, "The machine is held: link to the PC lost"), (99, "The machine is held: 99")],
)
def test_a_machine_that_is_held_says_what_held_it(reason: int, text: str) -> None:
    held = with_system(machine(), packml_state=PackmlState.HELD, stop_reason=reason)
    assert [obstacle.text for obstacle in obstacles(state_of(held))] == [text]


@pytest.mark.parametrize(
    ("on", "off", "code"),
    [
        (Safety(0), Safety.ESTOP_CHAIN_OK, "estop"),
        (Safety.RESET_REQUIRED, Safety(0), "reset_required"),
        (Safety(0), Safety.SHAFT_CLEAR, "shaft_not_clear"),
        (Safety(0), Safety.GATES_CLOSED, "gate_open"),
        (Safety.FIRE_ALARM, Safety(0), "fire"),
        (Safety(0), Safety.DRIVES_ENABLED, "drives_off"),
    ],
)
def test_each_safety_input_alone_is_an_obstacle(on: Safety, off: Safety, code: str) -> None:
    picture = with_safety(machine(), on=on, off=off)
    assert [obstacle.code for obstacle in safety_obstacles(picture)] == [code]
    assert codes(state_of(picture)) == [code]


@pytest.mark.parametrize("number", sorted(alarm_types()))
def test_an_alarm_is_an_obstacle_where_the_catalogue_says_it_stops(number: int) -> None:
    state = state_of(with_alarms(machine(), number))
    stops = alarm_types()[number].stops != "no"
    assert codes(state) == ([f"PLC-{number:03d}"] if stops else [])
    assert may_command(state) is not stops


def test_an_alarm_that_is_only_unacknowledged_stops_nothing() -> None:
    picture = replace(machine(), alarms=Alarms(frozenset(), frozenset({3}), 3, 1))
    assert may_command(state_of(picture))


def test_an_alarm_that_nobody_knows_is_left_to_the_plc() -> None:
    assert codes(state_of(with_alarms(machine(), 127))) == []


def test_an_operators_hold_and_the_end_of_the_service() -> None:
    held = state_of(machine(), Tables(meta=Meta(mqtt_hold=True)), stopping=True)
    assert codes(held) == ["stopping", "mqtt_hold"]


def test_a_fault_tells_its_cause_cure_and_since_when() -> None:
    tables = Tables(
        faults={3002: Fault(3002, AT, "tag 815 read"), 2001: Fault(2001, AT, "drive"), 4001: Fault(4001, AT, "x")}
    )
    found = fault_obstacles(state_of(machine(), tables))
    assert [obstacle.code for obstacle in found] == ["TWR-2001", "TWR-3002"]
    assert found[1].text.endswith(": tag 815 read")
    assert (found[1].cure, found[1].since_at) == (FAULTS[3002].cure, AT)
    state = state_of(machine(), tables)
    assert codes(state, with_faults=False) == []
    assert (may_command(state), may_command(state, with_faults=False)) == (False, True)


@given(
    st.sampled_from(KeySwitch),
    st.sampled_from(PackmlState),
    st.integers(0, 0x7FF),
    st.sets(st.integers(0, 45), max_size=2),
    st.sets(st.sampled_from(sorted(FAULTS)), max_size=2),
    st.tuples(st.booleans(), st.booleans(), st.booleans(), st.booleans()),
)
def test_may_command_is_the_same_question_as_obstacles(
    key: KeySwitch,
    packml: PackmlState,
    safety: int,
    alarms: set[int],
    faults: set[int],
    flags: tuple[bool, bool, bool, bool],
) -> None:
    stopping, held, reconciled, with_faults = flags
    good = machine()
    safe = Safety(safety) if safety % 3 else good.system.safety
    picture = with_alarms(with_system(good, key_switch=key, packml_state=packml, safety=safe), *alarms)
    tables = Tables(meta=Meta(mqtt_hold=held), faults={number: Fault(number, AT, "x") for number in faults})
    state = state_of(picture, tables, stopping=stopping, reconciled_session=3 if reconciled else 2)
    assert may_command(state, with_faults=with_faults) is not bool(obstacles(state, with_faults=with_faults))


def test_what_changed_by_hand_keeps_auto_until_somebody_has_read_it() -> None:
    before = {"bay:1-1": PlaceBefore(bay(1, 1), "car-1", "occupied")}
    state = state_of(machine(), Tables(before=before))
    assert codes(state) == ["changes_unconfirmed"]
    assert not may_command(state)
    same = state_of(machine(), Tables(before={"bay:1-1": PlaceBefore(bay(1, 1), None, "empty")}))
    assert codes(same) == []
    assert may_command(same)


def watched(before: State, picture: Snapshot | None, after_s: float) -> State:
    """The state once that picture has been seen, so much later."""
    turn = turn_of(before, MONO_S + after_s)
    turn.set(snapshot=picture)
    watch_obstacles(turn)
    return turn.state


def since_s(state: State) -> dict[str, float | None]:
    found = obstacles(state)
    return {one.code: (one.since_at - AT).total_seconds() if one.since_at else None for one in found}


def test_each_obstacle_tells_since_when_it_stands() -> None:
    well, held = machine(), with_system(machine(), packml_state=PackmlState.HELD)
    state = watched(state_of(well), held, 1)
    assert since_s(state) == {"packml_held": 1}
    state = watched(state, with_system(held, key_switch=KeySwitch.MANUAL), 5)
    assert since_s(state) == {"key_manual": 5, "packml_held": 1}
    state = watched(state, held, 7)
    assert since_s(state) == {"packml_held": 1}
    state = watched(watched(state, well, 8), held, 9)
    assert since_s(state) == {"packml_held": 9}
    assert since_s(watched(state, None, 11)) == {"plc_lost": 11}


def test_since_when_is_kept_as_long_as_the_same_stands() -> None:
    state = watched(state_of(machine()), with_alarms(machine(), 6), 1)
    assert since_s(state) == {"PLC-006": 1}
    again = watched(state, with_alarms(machine(), 6), 2)
    assert again.volatile is not state.volatile
    assert again.volatile.obstacles_since_at is state.volatile.obstacles_since_at
    nothing = watched(again, machine(), 3)
    assert nothing.volatile.obstacles_since_at == {}


def test_a_fault_stands_since_it_was_raised() -> None:
    tables = Tables(faults={3002: Fault(3002, AT - timedelta(seconds=60), "x")})
    assert since_s(watched(state_of(machine(), tables), machine(), 4)) == {"TWR-3002": -60}


def test_nothing_is_kept_of_a_machine_that_may_be_commanded() -> None:
    assert watched(state_of(machine()), machine(), 1).volatile.obstacles_since_at == {}
