"""The PLC of another tower is commanded nothing, and crashes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.core_kit import commands_of, config, job, machine, order_in, state_of, tables_of, vehicle
from tests.support.values import AT
from towerd.faults import TOWER_DIFFERS
from towerd.fsm.commands import WriteMailbox
from towerd.fsm.events import PlcObserved, Stamped
from towerd.fsm.fitting import differs
from towerd.fsm.reducer import step
from towerd.fsm.state import State
from towerd.lift.kinematics import Kinematics
from towerd.places import CARRIAGE, OUT, UNKNOWN, Place, bay, cabin
from towerd.plc.snapshot import Snapshot

FITTING = Kinematics(positions=4)


@pytest.mark.parametrize("place", [OUT, UNKNOWN, CARRIAGE, cabin(2), bay(3, 4)])
def test_what_agrees_is_nothing_to_tell(place: Place) -> None:
    tables = tables_of(vehicles=[vehicle(place=place)], orders=[order_in("ready", cabin=2)], jobs=[job()])
    assert differs(machine().identity, FITTING, tables) is None
    assert differs(machine(cabins=1).identity, FITTING, tables_of()) is None, "the defaults name two cabins"


@pytest.mark.parametrize(
    ("kinematics", "text"),
    [
        (Kinematics(), "4 bays on a floor, machine.kinematics.positions is 6"),
        (replace(FITTING, cabin_deg=(90.0,)), "2 cabins, machine.kinematics.cabin_deg names 1"),
    ],
)
def test_settings_that_differ_are_told_with_both_values(kinematics: Kinematics, text: str) -> None:
    assert text in str(differs(machine().identity, kinematics, tables_of()))


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ({"vehicles": [vehicle(place=bay(4, 1))]}, "vehicle car-1 stands in bay"),
        ({"vehicles": [vehicle(place=bay(1, 5))]}, "vehicle car-1 stands in bay"),
        ({"vehicles": [vehicle(place=cabin(2))]}, "vehicle car-1 stands in cabin"),
        ({"orders": [order_in("staged", cabin=2)]}, "order ord-1 is in cabin"),
        ({"jobs": [job(target=cabin(2))]}, "job 1 ends in cabin"),
    ],
)
def test_an_inventory_that_has_no_room_there_is_told(rows: dict[str, Any], text: str) -> None:
    assert text in str(differs(machine(cabins=1).identity, FITTING, tables_of(**rows)))


def test_what_has_ended_needs_no_room() -> None:
    tables = tables_of(orders=[order_in("completed", cabin=2)], jobs=[job(target=cabin(2), state="done")])
    assert differs(machine(cabins=1).identity, FITTING, tables) is None


def seen(state: State, picture: Snapshot, kinematics: Kinematics = FITTING) -> tuple[State, list[Any]]:
    after, commands = step(state, Stamped(AT, 1.0, PlcObserved(picture)), config(kinematics=kinematics))
    return after, commands_of(commands, WriteMailbox)


def test_nothing_is_believed_and_nothing_commanded_until_both_agree() -> None:
    one_cabin = replace(FITTING, cabin_deg=(90.0,))
    after, commands = seen(state_of(None, tables_of(vehicles=[vehicle()])), machine(), one_cabin)
    assert after.volatile.snapshot is None
    assert "2 cabins" in after.tables.faults[TOWER_DIFFERS].cause
    assert after.volatile.plc_reason == after.tables.faults[TOWER_DIFFERS].cause
    assert not commands
    again, _ = seen(after, machine(), one_cabin)
    assert again.tables.faults[TOWER_DIFFERS].count == 1
    fitting, _ = seen(again, machine())
    assert TOWER_DIFFERS not in fitting.tables.faults
    assert fitting.volatile.snapshot is not None


def test_a_place_that_no_setting_names_has_an_angle() -> None:
    assert replace(FITTING, cabin_deg=(90.0,)).angle_deg(0, 2) == 0.0
