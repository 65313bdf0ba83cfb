"""The driver's answer at the kiosk: secured, what the dashboard reads, whether the car came to harm (orders-if.md 6.4, 6.5)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.core_kit import answers, asked, machine, told, vehicle
from tests.support.intake_kit import EPOCH, coming, row, with_car
from tests.support.values import AT
from towerd.fsm.commands import Answer, AppendOutbox
from towerd.fsm.intake_events import CarSecured
from towerd.fsm.reply import ReplyTo
from towerd.fsm.securing import car_secured, text_of, wanted_of
from towerd.fsm.turn import Turn
from towerd.orders.loan_facts import Findings
from towerd.orders.readings import Reading
from towerd.places import OUT

REPLY = ReplyTo("api", "1")
READ = Reading(1204, fuel_ratio=0.5)


def secured(t: Turn, reading: Reading = READ, damage: bool | None = None) -> Answer:
    car_secured(t, CarSecured(1, "kiosk", REPLY, reading, damage))
    return answers(t)[-1]


def here(**values: Any) -> Turn:
    return coming(with_car(), row("securing", **values), vehicles=[vehicle(place=OUT, odometer_km=1000)])


def test_the_car_is_secured() -> None:
    t = here()
    answer = secured(t, damage=True)
    assert answer.ok
    assert (answer.result or {})["wanted"] == []
    known = t.tables.intakes[1]
    assert (known.secured_epoch, known.found) == (EPOCH, Findings(READ, (), damage=True))
    assert told(t) == ["manual_intervention"]
    assert asked(t, AppendOutbox)[0].body["data"] == {
        "secured": "car-1",
        "cabin": 1,
        "by": "kiosk",
        "damage": True,
        "odometer_km": 1204,
        "fuel_ratio": 0.5,
        "doubts": [],
    }


@pytest.mark.parametrize(
    ("reading", "doubts", "kept"),
    [
        (Reading(), ("odometer_missing", "fuel_missing"), Reading()),
        (Reading(999, fuel_ratio=0.5), ("odometer_implausible",), Reading(fuel_ratio=0.5)),
        (Reading(1204, fuel_ratio=50), ("fuel_implausible",), Reading(1204)),
    ],
)
def test_what_is_missing_or_cannot_be_is_asked_for_once_more(
    reading: Reading, doubts: tuple[str, ...], kept: Reading
) -> None:
    t = here()
    answer = secured(t, reading)
    assert (answer.ok, answer.reasons) == (False, doubts)
    assert "look again" in (answer.result or {})["text"]
    assert t.tables.intakes[1].secured_epoch is None
    assert told(t) == []
    # and the second answer counts, whatever it says
    assert secured(t, reading).ok
    assert t.tables.intakes[1].secured_epoch == EPOCH
    assert t.tables.intakes[1].found == Findings(kept, doubts)


def test_the_second_answer_may_be_right() -> None:
    t = here()
    assert not secured(t, Reading(1204), damage=False).ok
    assert secured(t, Reading(fuel_ratio=0.5)).ok
    assert t.tables.intakes[1].found == Findings(READ, (), damage=False)


def test_nothing_is_asked_about_a_car_that_nobody_has_lent() -> None:
    t = here(kind="vehicle", about="car-1")
    assert secured(t, Reading()).ok
    assert wanted_of(t.tables, replace(t.tables.intakes[1], vehicle="gone"), AT, 900.0) == ()


def test_what_is_to_be_typed_is_said_while_the_answer_is_waited_for() -> None:
    t = here()
    assert "Type the odometer in km and how full the tank is" in text_of(t.tables, row("securing"), AT, 900.0)
    assert "Type" not in text_of(t.tables, row("clearing"), AT, 900.0)
    assert wanted_of(t.tables, row("done"), AT, 900.0) == ()


def test_an_answer_that_nobody_waits_for() -> None:
    assert secured(coming(machine(), None)).reasons == ("nobody_drives_in",)
    for t in (coming(machine(), row("waiting")), coming(None, row("securing")), coming(with_car(), row("storing"))):
        assert secured(t).reasons == ("not_yet",)
        assert t.tables.intakes[1].secured_epoch is None
