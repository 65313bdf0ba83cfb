"""What a technician is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.core_kit import answers, fork_out, machine, state_of, step_row, told, turn_of
from towerd.fsm.hand import (
    ERROR_CURE,
    REJECT_CURE,
    Denied,
    await_end,
    hand_ended,
    hand_settled,
    in_the_way,
    plc_denies,
    refuse,
)
from towerd.fsm.reply import NOWHERE, ReplyTo
from towerd.fsm.state import Step
from towerd.fsm.turn import Turn
from towerd.plc.codes import ERROR_TEXT, REJECT_TEXT
from towerd.plc.snapshot import Interlock

API = ReplyTo("api", "1")


def ended(**values: Any) -> Step:
    return replace(step_row(state="done"), by="ada", **values)


def waiting() -> Turn:
    t = turn_of(state_of(machine()))
    await_end(t, "CARRIAGE", API)
    return t


def test_every_code_has_words_and_a_cure() -> None:
    assert set(REJECT_CURE) == set(REJECT_TEXT)
    assert set(ERROR_CURE) == set(ERROR_TEXT)


def test_every_interlock_has_a_name() -> None:
    every = Interlock(0xFFFF)
    shown = replace(machine(), system=replace(machine().system, interlocks=every))
    assert len(in_the_way(shown).split(", ")) == 16
    assert in_the_way(None) == ""


def test_a_refusal_names_what_is_in_the_way() -> None:
    denied = plc_denies(fork_out(machine()), 6)
    assert (denied.reason, denied.reject_code) == ("plc_refused", 6)
    assert denied.text == "interlock: fork not centred"
    assert plc_denies(machine(), 6).text == "interlock"
    assert plc_denies(machine(), 99) == Denied("plc_refused", "refusal 99", "", 99)


def test_who_asked_is_told_once_with_or_without_a_code() -> None:
    t = turn_of(state_of(machine()))
    refuse(t, API, Denied("lease_held", "ada commands", "Wait."))
    assert answers(t)[0].result == {"text": "ada commands", "cure": "Wait."}
    refuse(t, NOWHERE, Denied("x", "", ""))
    assert len(answers(t)) == 1


@pytest.mark.parametrize(
    ("step", "ok", "text"),
    [
        (ended(result=3), True, "done"),
        (ended(result=4, error=2), False, "position not reached"),
        (ended(result=4, error=77), False, "error 77"),
        (ended(result=5, error=0), False, "cancelled"),
        (ended(result=5, error=6), False, "stopped by abort, stop or e-stop"),
        (ended(), False, "it never began, or the PLC was restarted"),
    ],
)
def test_how_a_command_ended(step: Step, ok: bool, text: str) -> None:
    t = waiting()
    hand_ended(t, step, "LIFT_TO 2-3")
    [answer] = answers(t)
    assert (answer.ok, answer.result and answer.result["text"]) == (ok, text)
    assert answer.reasons == (() if ok else ("not_done",))
    assert told(t) == ["manual_intervention"]
    assert t.volatile.hand_replies == {}


def test_a_refused_command_is_answered_in_the_plcs_words() -> None:
    t = waiting()
    hand_ended(t, replace(ended(), state="rejected", reject_code=9), "LIFT_TO 2-3")
    assert answers(t)[0].reasons == ("plc_refused",)


def test_nobody_waits() -> None:
    t = turn_of(state_of(machine()))
    hand_ended(t, ended(result=3), "HOME 9")
    assert answers(t) == []
    assert told(t) == ["manual_intervention"]


@pytest.mark.parametrize(
    ("outcome", "ok", "text"),
    [
        ("after", True, "done; the vehicle has moved"),
        ("before", False, "done; the vehicle is where it was"),
        ("unknown", False, "done; nobody can tell where the vehicle is: look, then towerctl bay set"),
    ],
)
def test_what_the_sensors_said(outcome: str, ok: bool, text: str) -> None:
    t = waiting()
    hand_settled(t, ended(result=3), "FORK_GET bay:2-3", outcome)
    [answer] = answers(t)
    assert (answer.ok, answer.result and answer.result["text"]) == (ok, text)
