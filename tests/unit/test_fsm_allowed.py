"""What is allowed where, by key, PackML state and enabling switch (plc-if.md 4, 7.1, 9.3)."""

from __future__ import annotations

import pytest

from tests.support.core_kit import machine, with_safety, with_system
from towerd.fsm.allowed import STATES, WITH_SWITCH, YES, Asked, Verdict, asked_of, refusal, verdict
from towerd.plc.codes import Code
from towerd.plc.snapshot import KeySwitch, PackmlState, Safety

AUTO, MANUAL, MAINTENANCE, OFF = KeySwitch.AUTO, KeySwitch.MANUAL, KeySwitch.MAINTENANCE, KeySwitch.OFF
EXECUTE, IDLE, HELD, STOPPED = PackmlState.EXECUTE, PackmlState.IDLE, PackmlState.HELD, PackmlState.STOPPED
ABORTED, ABORTING = PackmlState.ABORTED, PackmlState.ABORTING


@pytest.mark.parametrize(
    ("key", "state", "asked", "wanted"),
    [
        (AUTO, EXECUTE, Asked.LIFT_TO, YES),
        (MANUAL, EXECUTE, Asked.LIFT_TO, WITH_SWITCH),
        (MAINTENANCE, EXECUTE, Asked.LIFT_TO, Verdict(4)),
        (OFF, IDLE, Asked.SIGNAL, Verdict(4)),
        (AUTO, IDLE, Asked.LIFT_TO, Verdict(5)),
        (AUTO, IDLE, Asked.HOME, YES),
        (MANUAL, IDLE, Asked.HOME, WITH_SWITCH),
        (MANUAL, IDLE, Asked.BAY_LOCK, WITH_SWITCH),
        (AUTO, IDLE, Asked.BAY_LOCK, Verdict(5)),
        (MANUAL, HELD, Asked.OUTER_OPEN, YES),
        (AUTO, STOPPED, Asked.INNER_CLOSE, YES),
        (AUTO, ABORTED, Asked.OUTER_OPEN, Verdict(5)),
        (AUTO, HELD, Asked.INNER_OPEN, Verdict(5)),
        (AUTO, PackmlState.UNHOLDING, Asked.SIGNAL, YES),
        (OFF, ABORTED, Asked.NOP, YES),
        (OFF, HELD, Asked.CANCEL, YES),
        (OFF, EXECUTE, Asked.HOLD, YES),
        (AUTO, HELD, Asked.HOLD, Verdict(5)),
        (OFF, HELD, Asked.STOP, YES),
        (OFF, ABORTING, Asked.STOP, Verdict(5)),
        (OFF, ABORTED, Asked.ABORT, YES),
        (AUTO, STOPPED, Asked.RESET, YES),
        (MANUAL, STOPPED, Asked.RESET, YES),
        (MANUAL, IDLE, Asked.START, WITH_SWITCH),
        (AUTO, EXECUTE, Asked.START, Verdict(5)),
        (MANUAL, HELD, Asked.UNHOLD, WITH_SWITCH),
        (MAINTENANCE, HELD, Asked.UNHOLD, Verdict(4)),
        (AUTO, EXECUTE, Asked.JOG, Verdict(4)),
        (MANUAL, EXECUTE, Asked.JOG, WITH_SWITCH),
        (MANUAL, HELD, Asked.JOG, Verdict(5)),
    ],
)
def test_cells(key: KeySwitch, state: PackmlState, asked: Asked, wanted: Verdict) -> None:
    assert verdict(key, state, asked) == wanted


def test_stop_and_abort_act_in_every_key_position() -> None:
    for key in KeySwitch:
        for state in STATES:
            assert verdict(key, state, Asked.ABORT) == YES
            assert verdict(key, state, Asked.STOP) == verdict(AUTO, state, Asked.STOP)


@pytest.mark.parametrize(
    ("code", "first", "asked"),
    [
        (Code.LIFT_TO, 2, Asked.LIFT_TO),
        (Code.INNER_DOOR, 1, Asked.INNER_OPEN),
        (Code.INNER_DOOR, 0, Asked.INNER_CLOSE),
        (Code.OUTER_DOOR, 1, Asked.OUTER_OPEN),
        (Code.OUTER_DOOR, 0, Asked.OUTER_CLOSE),
        (Code.CANCEL, 7, Asked.CANCEL),
    ],
)
def test_commands_have_names_by_direction(code: Code, first: int, asked: Asked) -> None:
    assert asked_of(code, (first, 0, 0, 0)) is asked


def test_the_switch_is_looked_at() -> None:
    by_hand = with_system(machine(), key_switch=MANUAL)
    assert refusal(by_hand, Asked.LIFT_TO) == 9
    assert refusal(with_safety(by_hand, on=Safety.ENABLING_SWITCH), Asked.LIFT_TO) == 0
    assert refusal(machine(), Asked.JOG) == 4
