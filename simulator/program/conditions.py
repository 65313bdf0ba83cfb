"""Which alarm conditions stand in this scan (plc-if.md 8, alarms.csv)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.program import alarms, link, rules
from simulator.program.cabin import Cabin

if TYPE_CHECKING:
    from simulator.program.plc import Plc

HOT_DC = 550


def conditions(plc: Plc) -> int:
    """The bit mask of all alarm conditions."""
    mask = _tower(plc) | _drives(plc) | _load(plc) | _bays(plc)
    for cabin in plc.cabins:
        mask |= _cabin(plc, cabin)
    return mask


def _tower(plc: Plc) -> int:
    inputs = plc.plant.inputs
    flags = (
        (alarms.ESTOP, not inputs.chain_ok),
        (alarms.RESET_REQUIRED, plc.packml.reset_required),
        (alarms.FIRE, inputs.fire),
        (alarms.OVERSPEED, inputs.overspeed),
        (alarms.SLACK_ROPE, inputs.slack_rope),
        (alarms.GATE, inputs.gate_open),
        (alarms.MAINS, not plc.plant.powered),
        (alarms.LINK, plc.link.state == link.LOST),
        (alarms.BRAKE, inputs.brake_fault),
        (alarms.HOT, inputs.cabinet_temp_dc > HOT_DC),
        (alarms.UPS, inputs.ups_low),
        (alarms.INTERNAL, inputs.plc_internal),
        (alarms.SHAFT_PERSON, inputs.shaft_person),
    )
    return sum(1 << number for number, stands in flags if stands)


def _drives(plc: Plc) -> int:
    plant = plc.plant
    mask = sum(1 << alarms.DRIVE_LIFT + index for index, axis in enumerate(plant.axes) if axis.drive_error)
    if not all(axis.homed for axis in plant.axes):
        mask |= 1 << alarms.NOT_HOMED
    return mask


def _load(plc: Plc) -> int:
    plant = plc.plant
    mask = 0
    front, rear = plant.load_sensors()
    # Shortly before the fork is centred, the sensors of a vehicle on it may differ; a running FORK command says so itself.
    command = rules.running(plc, "CARRIAGE")
    forking = command is not None and command.code in rules.FORK_CODES
    if front != rear and plant.fork_centred and not forking:
        mask |= 1 << alarms.LOAD_DISAGREE
    if front and rear and plc.config.tag_reader and plc.carriage_tag() == 0:
        mask |= 1 << alarms.TAG
    return mask


def _bays(plc: Plc) -> int:
    mask = 0
    reached = plc.plant.fork_place()
    index = plc.plant.layout.bay_index(*reached) if reached is not None and reached[0] > 0 else -1
    if plc.disagreeing - {index}:
        mask |= 1 << alarms.BAY_SENSORS
    if plc.overhanging - {index}:
        mask |= 1 << alarms.BAY_OVERHANG
    return mask


def _cabin(plc: Plc, cabin: Cabin) -> int:
    offset = cabin.number - 1
    booth = cabin.booth
    mask = 0
    if booth.person_detected and not cabin.inner_closed:
        mask |= 1 << alarms.PERSON + offset
    if cabin.exit_pending or cabin.exit_button:
        mask |= 1 << alarms.EXIT + offset
    if cabin.occupied and cabin.outer_closed:
        if plc.gauge_bits(plc.plant.car_seen(booth)) > 1:
            mask |= 1 << alarms.GAUGE + offset
        if booth.misplaced:
            mask |= 1 << alarms.MISPLACED + offset
        if plc.cabin_tag(cabin) == 0:
            mask |= 1 << alarms.TAG
    return mask
