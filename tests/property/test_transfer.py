"""On any picture of the machine the next command is one whose conditions hold (plc-if.md 5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.support.core_kit import (
    EMPTY_LOCKED,
    OCCUPIED_LOCKED,
    POSITIONS,
    between_stations,
    fork_out,
    inner_door_open,
    machine,
    standing_at,
    state_of,
    turn_of,
    unhomed,
    with_axis,
    with_bay,
    with_cabin,
    with_cabin_vehicle,
    with_load,
    with_mailbox,
    with_safety,
)
from tests.support.plc_asks import unmet
from towerd.bays.model import BayBits
from towerd.cabin.model import CabinSensors, DoorState, Gauge
from towerd.fsm.commanding import free
from towerd.jobs.model import Act
from towerd.jobs.transfer import Transfer, next_action
from towerd.lift.kinematics import Kinematics
from towerd.lift.model import PlcOpenState
from towerd.places import CARRIAGE, Place, bay, cabin
from towerd.plc.codes import Code
from towerd.plc.snapshot import Safety, Snapshot, Unit

STATIONS = [bay(1, 1), bay(2, 3), cabin(1), cabin(2)]


Change = Callable[[Snapshot], Snapshot]
ODDITIES: list[Change] = [
    fork_out,
    between_stations,
    lambda m: unhomed(m, "lift"),
    lambda m: unhomed(m, "turntable"),
    lambda m: unhomed(m, "fork"),
    lambda m: with_axis(m, "lift", plcopen_state=PlcOpenState.DISCRETE_MOTION),
    lambda m: with_axis(m, "turntable", plcopen_state=PlcOpenState.HOMING),
    lambda m: with_safety(m, off=Safety.SHAFT_CLEAR),
    lambda m: with_safety(m, off=Safety.GATES_CLOSED),
    lambda m: replace(m, load=replace(m.load, present_rear=not m.load.present_rear)),
    lambda m: replace(m, load=replace(m.load, centred=not m.load.centred)),
    lambda m: replace(m, load=replace(m.load, tag=815)),
    lambda m: with_mailbox(m, Unit.BAYS, active_seq=4, active_code=Code.BAY_UNLOCK),
    lambda m: with_mailbox(m, Unit.BAYS, active_seq=4, active_code=Code.BAY_LOCK),
    lambda m: with_mailbox(m, Unit.CABIN1, active_seq=4, active_code=Code.INNER_DOOR),
    lambda m: with_mailbox(m, Unit.CABIN2, active_seq=4, active_code=Code.OUTER_DOOR),
]


def _cabin_oddity(number: int, **values: Any) -> Change:
    return lambda m: with_cabin(m, number, **values)


def _sensor_oddity(number: int, sensor: CabinSensors) -> Change:
    return lambda m: with_cabin(m, number, sensors=m.cabin(number).sensors ^ sensor)


def _bay_oddity(place: Place, bit: BayBits) -> Change:
    floor, position = place.station
    return lambda m: with_bay(m, floor, position, m.bay_word(floor, position) ^ bit)


for _number in (1, 2):
    ODDITIES += [_cabin_oddity(_number, inner_door=door) for door in DoorState]
    ODDITIES += [_cabin_oddity(_number, outer_door=door) for door in DoorState]
    ODDITIES += [_cabin_oddity(_number, gauge=gauge) for gauge in Gauge]
    ODDITIES += [_cabin_oddity(_number, tag=815)]
    ODDITIES += [_sensor_oddity(_number, sensor) for sensor in CabinSensors]
for _place in (bay(1, 1), bay(2, 3), bay(3, 4)):
    ODDITIES += [_bay_oddity(_place, bit) for bit in BayBits]


@st.composite
def machines(draw: st.DrawFn) -> Snapshot:
    station: Place = draw(st.sampled_from(STATIONS))
    picture = standing_at(machine(), station)
    if draw(st.booleans()):
        picture = with_load(picture)
    for place in (bay(1, 1), bay(2, 3)):
        picture = with_bay(picture, *place.station, draw(st.sampled_from((EMPTY_LOCKED, OCCUPIED_LOCKED))))
    for number in (1, 2):
        if draw(st.booleans()):
            picture = with_cabin_vehicle(picture, number)
    if draw(st.booleans()):
        picture = _opened_at(picture, station)
    for change in draw(st.lists(st.sampled_from(ODDITIES), max_size=4)):
        picture = change(picture)
    return picture


def _opened_at(picture: Snapshot, station: Place) -> Snapshot:
    floor, position = station.station
    if station.kind == "cabin":
        return inner_door_open(picture, position)
    return with_bay(picture, floor, position, picture.bay_word(floor, position) ^ BayBits.LOCKED)


transfers = st.builds(
    Transfer,
    st.just(4711),
    st.sampled_from([CARRIAGE, *STATIONS]),
    st.sampled_from(STATIONS),
)


@settings(max_examples=800, deadline=None)
@given(machines(), transfers)
def test_every_command_finds_its_conditions_met(picture: Snapshot, transfer: Transfer) -> None:
    following = next_action(picture, transfer, Kinematics(positions=POSITIONS))
    if not isinstance(following, Act):
        event(type(following).__name__)
        return
    event(Code(following.command.code).name)
    begins = free(turn_of(state_of(picture)), following)
    assert not begins or unmet(picture, following) == []
    assert following.minimum_s >= 0.0


@settings(max_examples=300, deadline=None)
@given(machines(), transfers)
def test_the_same_picture_gives_the_same_answer(picture: Snapshot, transfer: Transfer) -> None:
    kinematics = Kinematics(positions=POSITIONS)
    assert next_action(picture, transfer, kinematics) == next_action(picture, transfer, kinematics)
