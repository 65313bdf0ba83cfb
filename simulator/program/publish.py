"""Writes what the program knows into the read blocks (registers.csv)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.kinematics import Axis
from simulator.program import rules
from simulator.program.cabin import Cabin
from simulator.program.mailbox import BUSY, HOLDING, Unit

if TYPE_CHECKING:
    from simulator.program.plc import Plc

NO_STATION = 65_535
MAGIC, WORD_ORDER_TEST = 21_591, 305_419_896
CLOSED, OPENING, OPEN, CLOSING, BLOCKED, FAULT = range(6)


def bits(*flags: bool) -> int:
    """Flags as a word, the first in bit 0."""
    word = 0
    for index, flag in enumerate(flags):
        if flag:
            word |= 1 << index
    return word


def publish_id(plc: Plc) -> None:
    """Block ID; it changes with a PLC start only."""
    config = plc.config
    plc.image.publish(
        "ID",
        {
            "magic": MAGIC,
            "if_major": 1,
            "if_minor": 0,
            "word_order_test": WORD_ORDER_TEST,
            "boot_id": plc.boot_id,
            "floors": config.floors,
            "positions": config.positions,
            "cabins": config.cabins,
            "capabilities": config.capabilities,
            "max_length_mm": config.limits.length_mm,
            "max_width_mm": config.limits.width_mm,
            "max_height_mm": config.limits.height_mm,
            "max_mass_kg": config.limits.mass_kg,
            "scan_ms": config.scan_ms,
            "layout_crc": plc.plant.layout.crc,
            "firmware": config.firmware,
        },
    )


def publish_sys(plc: Plc) -> None:
    """Block SYS."""
    machine = plc.packml
    plc.image.publish(
        "SYS",
        {
            "plc_heartbeat": plc.now_ms // 100 & 0xFFFF,
            "pc_heartbeat_echo": plc.link.heartbeat,
            "link_state": plc.link.state,
            "key_switch": plc.key,
            "packml_state": machine.state,
            "stop_reason": machine.stop_reason,
            "safety": _safety(plc),
            "interlocks": _interlocks(plc),
            "alarms_active_count": plc.alarms.active.bit_count(),
            "alarms_unacked_count": plc.alarms.unacked.bit_count(),
            "bay_change_counter": plc.bay_changes,
            "alarm_change_counter": plc.alarm_changes,
            "cabinet_temp_dc": plc.plant.inputs.cabinet_temp_dc,
            "packml_ack_seq": machine.ack_seq,
            "packml_reject_code": machine.reject_code,
            "pc_session_echo": plc.link.session,
            "utc_s": plc.utc_s,
            "scan_max_ms": plc.config.scan_ms,
            "boot_id": plc.boot_id,
        },
    )


def _safety(plc: Plc) -> int:
    inputs = plc.plant.inputs
    return bits(
        inputs.chain_ok,
        plc.packml.reset_required,
        plc.shaft_clear,
        inputs.mains_ok,
        plc.drives_enabled,
        inputs.enabling,
        inputs.fire,
        not inputs.overspeed,
        not inputs.slack_rope,
        plc.gates_closed,
        inputs.on_generator,
    )


def _interlocks(plc: Plc) -> int:
    inputs = plc.plant.inputs
    inner = [not cabin.inner_closed for cabin in plc.cabins] + [False]
    person = [cabin.booth.person_detected for cabin in plc.cabins] + [False]
    return bits(
        not inputs.chain_ok,
        not plc.drives_enabled,
        not all(axis.homed for axis in plc.plant.axes),
        not plc.plant.fork_centred,
        inner[0],
        inner[1],
        person[0],
        person[1],
        not plc.shaft_clear,
        not rules.bays_locked(plc),
        plc.plant.fork_centred and not rules.load_fit(plc),
        plc.overloaded,
        inputs.overspeed,
        inputs.slack_rope,
        inputs.fire,
        not plc.gates_closed,
    )


def publish_unit(plc: Plc, unit: Unit) -> None:
    """A block STS."""
    running = unit.active
    if not plc.image.fresh(unit.name, unit.status_key() if running is None else (plc.now_ms,)):
        return
    progress = 100 if running is None and unit.state == 3 else 0
    if running is not None and unit.state in (BUSY, HOLDING):
        progress = max(0, min(100, running.task.progress_pct()))
    plc.image.publish(
        f"STS_{unit.name}",
        {
            "active_seq": running.command.seq if running else 0,
            "active_code": running.command.code if running else 0,
            "state": unit.state,
            "progress_pct": progress,
            "last_seq": unit.last_seq,
            "last_result": unit.last_result,
            "last_error": unit.last_error,
            "reject_seq": unit.reject_seq,
            "reject_code": unit.reject_code,
            "taken_seq": unit.taken_seq,
            "fence_seq": unit.fence_seq,
        },
    )


def _plcopen_state(plc: Plc, axis: Axis) -> int:
    if axis.drive_error:
        return 1
    if not plc.drives_enabled and not axis.moving:
        return 0
    if axis.stopping:
        return 2
    if not axis.moving:
        return 3
    if axis.homing:
        return 7
    return 5 if axis.jogging else 4


def publish_axis(plc: Plc, axis: Axis, floor: int, position: int) -> None:
    """A block AX; the station words are given where they belong to this axis."""
    is_lift = axis is plc.plant.lift
    moving = axis.moving
    slack = is_lift and plc.plant.inputs.slack_rope
    at_rest = (axis.rest_key(), floor, position, plc.drives_enabled, plc.overloaded, slack)
    if not plc.image.fresh(axis.name, (plc.now_ms,) if moving else at_rest):
        return
    plc.image.publish(
        f"AX_{axis.name.upper()}",
        {
            "plcopen_state": _plcopen_state(plc, axis),
            "status": bits(
                plc.drives_enabled,
                axis.homed,
                axis.homed and not moving and abs(axis.position - axis.target) <= 1.0,
                moving,
                moving,
                axis.position >= axis.high,
                axis.position <= axis.low,
                plc.overloaded and axis.name != "turntable",
                slack,
            ),
            "position": round(axis.position),
            "target": round(axis.target),
            "velocity": max(-32_767, min(32_767, round(axis.velocity))),
            "station_floor": floor,
            "station_position": position,
            "drive_error": axis.drive_error,
            "cycles": axis.cycles,
        },
    )


def publish_axes(plc: Plc) -> None:
    """The three blocks AX. The lift shows the floor, the turntable the position or the cabin number there."""
    plant = plc.plant
    floor = position = NO_STATION
    if plant.lift.homed and not plant.lift.moving:
        found = plant.layout.floor_at(plant.lift.position)
        floor = NO_STATION if found is None else found
    if plant.turntable.homed and not plant.turntable.moving and floor != NO_STATION:
        found = plant.layout.position_at(floor, plant.turntable.position)
        position = NO_STATION if found is None else found
    publish_axis(plc, plant.lift, floor, NO_STATION)
    publish_axis(plc, plant.turntable, NO_STATION, position)
    publish_axis(plc, plant.fork, NO_STATION, NO_STATION)


def publish_load(plc: Plc) -> None:
    """Block LOAD; mass and tag read 0 unless both sensors are on (5.10)."""
    front, rear = plc.plant.load_sensors()
    car = plc.plant.carriage_car if front and rear else None
    plc.image.publish(
        "LOAD",
        {
            "load": bits(front, rear, rules.load_centred(plc), plc.overloaded),
            "mass_kg": car.mass_kg + plc.plant.extra_mass_kg if car is not None and plc.config.weigh_cell else 0,
            "tag": plc.carriage_tag(),
        },
    )


def _door_state(open_ratio: float, direction: int, fault: bool) -> int:
    if fault:
        return FAULT
    if direction:
        return OPENING if direction > 0 else CLOSING
    if open_ratio == 0.0:
        return CLOSED
    return OPEN if open_ratio == 1.0 else BLOCKED


def publish_cabin(plc: Plc, cabin: Cabin) -> None:
    """A block CAB."""
    booth = cabin.booth
    front, rear = cabin.sensors
    car = plc.plant.car_seen(booth) if front and rear else None
    outer = (
        BLOCKED
        if cabin.outer_fault is not None
        else _door_state(booth.outer.position_ratio, booth.outer.direction, fault=False)
    )
    plc.image.publish(
        f"CAB{cabin.number}",
        {
            "outer_door": outer,
            "inner_door": _door_state(booth.inner.position_ratio, booth.inner.direction, cabin.inner_fault is not None),
            "sensors": bits(booth.curtain_clear, booth.person_detected, booth.motion_detected, front, rear)
            | (booth.misplaced & 15) << 5
            | bits(cabin.exit_button, cabin.clear_confirmed, booth.intercom, plc.plant.doorway_clear(booth)) << 9,
            "length_mm": car.length_mm if car else 0,
            "width_mm": car.width_mm if car else 0,
            "height_mm": car.height_mm if car else 0,
            "mass_kg": car.mass_kg if car and plc.config.weigh_cell else 0,
            "gauge": plc.gauge_bits(car),
            "tag": plc.cabin_tag(cabin),
            "signal": cabin.signal,
            "occupancy_epoch": cabin.epoch,
        },
    )


def publish_alarms(plc: Plc) -> None:
    """Block ALM; alarm_change_counter moves with it."""
    alarms = plc.alarms
    if not plc.image.fresh("ALM", (alarms.active, alarms.unacked, alarms.first_out, alarms.first_out_utc_s)):
        return
    values = {"first_out": alarms.first_out, "first_out_utc_s": alarms.first_out_utc_s}
    for word in range(8):
        values[f"active_{word}"] = alarms.active >> 16 * word & 0xFFFF
        values[f"unacked_{word}"] = alarms.unacked >> 16 * word & 0xFFFF
    if plc.image.publish("ALM", values):
        plc.alarm_changes = plc.alarm_changes + 1 & 0xFFFF


def publish_bays(plc: Plc, indices: set[int]) -> None:
    """The words of BAY for those bays; bay_change_counter moves whenever one changed."""
    changed = False
    for index in indices:
        changed |= plc.image.set_bay(index, plc.observe_bay(index))
    if changed:
        plc.bay_changes = plc.bay_changes + 1 & 0xFFFF_FFFF


def publish_machine(plc: Plc) -> None:
    """All blocks that follow the machine; SYS last, because it shows the change counters."""
    for unit in plc.units.values():
        publish_unit(plc, unit)
    publish_axes(plc)
    publish_load(plc)
    for cabin in plc.cabins:
        publish_cabin(plc, cabin)
    publish_alarms(plc)
    publish_sys(plc)
