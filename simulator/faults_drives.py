"""Faults of the drives: lift, turntable, fork and brake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.fault import AXIS, Fault, Given, Param

if TYPE_CHECKING:
    from simulator.core import Simulator
    from simulator.kinematics import Axis


def _axis(sim: Simulator, given: Given) -> Axis:
    return next(axis for axis in sim.plant.axes if axis.name == given["axis"])


def _jam(sim: Simulator, on: bool, given: Given) -> None:
    axis = _axis(sim, given)
    axis.jammed = on
    if not on:
        axis.replan()


def _slow(sim: Simulator, on: bool, given: Given) -> None:
    axis = _axis(sim, given)
    axis.speed_ratio = float(given["ratio"]) if on else 1.0
    axis.replan()


def _trip(sim: Simulator, on: bool, given: Given) -> None:
    axis = _axis(sim, given)
    axis.trip_code = int(given["code"]) if on else 0
    axis.drive_error = axis.trip_code or axis.drive_error


def _lose_reference(sim: Simulator, on: bool, given: Given) -> None:
    if on:
        _axis(sim, given).homed = False


def _brake(sim: Simulator, on: bool, given: Given) -> None:
    sim.plant.inputs.brake_fault = on


def _overspeed(sim: Simulator, on: bool, given: Given) -> None:
    sim.plant.inputs.overspeed = on


def _slack(sim: Simulator, on: bool, given: Given) -> None:
    sim.plant.inputs.slack_rope = on


RESET = "clear; then the reset button and Clear"
FAULTS = (
    Fault(
        "jam_axis",
        "drives",
        "the axis does not move, whatever drives it; found when a command has seen no movement for 3 s",
        "clear; acknowledge 13, 14 or 15; Unhold",
        _jam,
        (AXIS,),
        (13, 14, 15),
    ),
    Fault(
        "slow_axis",
        "drives",
        "the axis reaches only a part of its speed",
        "clear",
        _slow,
        (AXIS, Param("ratio", "number", "share of the speed", default=0.2, low=0.001, high=1.0)),
    ),
    Fault(
        "drive_fault",
        "drives",
        "the drive trips with its own code, and again at each acknowledgement until the fault is cleared",
        "clear; then acknowledge 8, 9 or 10, which resets the drive; Unhold",
        _trip,
        (AXIS, Param("code", "whole", "the drive's own code", default=7, low=1, high=65535)),
        (8, 9, 10),
    ),
    Fault(
        "lose_reference",
        "drives",
        "the axis is no longer homed",
        "HOME",
        _lose_reference,
        (AXIS,),
        (11,),
        lasting=False,
    ),
    Fault("brake_fault", "drives", "the lift's brake did not hold or did not release", RESET, _brake, (), (12, 1)),
    Fault("overspeed", "drives", "the overspeed governor of the lift has tripped", RESET, _overspeed, (), (3, 1)),
    Fault("slack_rope", "drives", "a rope or chain of the lift is slack", RESET, _slack, (), (4, 1)),
)
