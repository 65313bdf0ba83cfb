"""Sending what comes next, if it may be sent now: shared by jobs, hand-overs and driving in. Pure."""

from __future__ import annotations

from typing import Final

from towerd.cabin.model import Cabin, DoorState, Signal
from towerd.cabin.registers import outer_door, signal
from towerd.fsm.commanding import free, send
from towerd.fsm.ending import describe, pace_of
from towerd.fsm.obstacles import may_command
from towerd.fsm.packml import backing_off
from towerd.fsm.turn import Turn
from towerd.jobs.model import Act
from towerd.plc.snapshot import cabin_unit

STILL: Final = (DoorState.CLOSED, DoorState.OPEN, DoorState.BLOCKED, DoorState.FAULT)
"""States in which an outer door waits for a command; whether one in fault takes it the PLC says."""


def wait_for(turn: Turn, why: str) -> None:
    """Remember what is waited for, for those who ask."""
    turn.said = True
    if turn.volatile.doing != why:
        turn.set(doing=why)


def try_act(turn: Turn, act: Act, job: int | None) -> None:
    """Send a command where nothing in flight is against it and no pause after a refusal runs."""
    if free(turn, act) and not backing_off(turn, pace_of(act)):
        send(turn, act, job)
        wait_for(turn, describe(act))


def try_in_cabin(turn: Turn, act: Act) -> None:
    """Send a command to a cabin. Faults of the carriage keep nobody from the car that is theirs."""
    if may_command(turn.state, with_faults=False):
        try_act(turn, act, None)


def open_outer(turn: Turn, shown: Cabin) -> None:
    """Open the outer door for what was seen in the cabin: the command carries that epoch (plc-if.md 5.9)."""
    _outer(turn, shown, to_open=True)


def close_outer(turn: Turn, shown: Cabin) -> None:
    """Close the outer door."""
    _outer(turn, shown, to_open=False)


def show_sign(turn: Turn, shown: Cabin, wanted: Signal) -> None:
    """Let the cabin's sign show `wanted`."""
    if shown.signal != wanted:
        try_in_cabin(turn, Act(cabin_unit(shown.number), signal(wanted), 1.0))


def _outer(turn: Turn, shown: Cabin, *, to_open: bool) -> None:
    minimum_s = turn.config.kinematics.outer_door_s / turn.config.kinematics.speed_up
    command = outer_door(to_open, shown.occupancy_epoch if to_open else 0)
    try_in_cabin(turn, Act(cabin_unit(shown.number), command, minimum_s))
