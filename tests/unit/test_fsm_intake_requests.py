"""Asking at the kiosk to drive in: granted, or refused with the reason (orders-if.md 6.4, 6.2)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.core_kit import (
    BOTH_IN_CABIN,
    CABIN_1,
    EMPTY_LOCKED,
    MONO_S,
    OCCUPIED_LOCKED,
    answers,
    job,
    machine,
    order_in,
    told,
    vehicle,
    with_cabin,
)
from tests.support.intake_kit import LOAN, coming, row, with_car
from tests.support.values import AT, record
from towerd.cabin.model import CabinSensors, DoorState
from towerd.faults import COMMAND_FAILED
from towerd.fsm.commands import Answer
from towerd.fsm.intake_events import DriveInCancelled, DriveInRequested
from towerd.fsm.intake_requests import drive_in_cancelled, drive_in_requested
from towerd.fsm.intake_row import Owing
from towerd.fsm.reply import ReplyTo
from towerd.fsm.state import BayRecord, CabinAsked, Fault, Move
from towerd.fsm.turn import Turn
from towerd.orders.model import Vehicle
from towerd.places import OUT, bay
from towerd.plc.snapshot import Snapshot

REPLY = ReplyTo("api", "1")
FULL = replace(machine(), bay_words=(OCCUPIED_LOCKED,) * 11 + (EMPTY_LOCKED,))


def ask(t: Turn, **changes: Any) -> Answer:
    values: dict[str, Any] = {"number": "4711", "vehicle": None, "cabin": None, "staff": False}
    drive_in_requested(t, DriveInRequested(**{**values, **changes, "by": "kiosk", "reply": REPLY}))
    return answers(t)[-1]


def test_the_first_free_cabin_is_opened() -> None:
    t = coming(machine())
    answer = ask(t)
    assert answer.ok
    assert answer.result is not None
    assert (answer.result["cabin"], answer.result["vehicle"], answer.result["state"]) == (1, "car-1", "opening")
    assert answer.result["please"] == []
    assert t.tables.intakes == {1: row(by="kiosk", asked_at=t.now, since_at=t.now)}
    assert told(t) == ["manual_intervention"]
    assert ask(t).reasons == ("already_returning",)


def test_the_cabin_that_is_wanted() -> None:
    assert ask(coming(machine()), cabin=2).result["cabin"] == 2  # type: ignore[index]
    assert ask(coming(machine(cabins=1)), cabin=2).reasons == ("no_cabin_free",)


@pytest.mark.parametrize(
    ("waits_in", "wanted", "text"),
    [
        (1, None, "The car in it is put back: ask again in a minute."),
        (1, 1, "The car in it is put back: ask again in a minute."),
        (2, 1, "Ask again in a minute."),
        (None, None, "Ask again in a minute."),
    ],
)
def test_who_finds_no_cabin_is_kept_the_next(waits_in: int | None, wanted: int | None, text: str) -> None:
    orders = (
        [
            order_in(
                "staged",
                vehicle="car-2",
                cabin=waits_in,
            )
        ]
        if waits_in
        else []
    )
    doors = with_cabin(with_cabin(machine(), 1, on=CabinSensors.PERSON_DETECTED), 2, on=CabinSensors.PERSON_DETECTED)
    t = coming(doors, orders=orders)
    answer = ask(t, cabin=wanted)
    assert answer.reasons == ("no_cabin_free",)
    assert answer.result is not None
    assert answer.result["text"].endswith(text)
    assert t.volatile.cabin_asked == CabinAsked(wanted, t.now, t.mono_s)
    freed = coming(machine(), cabin_asked=t.volatile.cabin_asked)
    assert ask(freed).ok
    assert freed.volatile.cabin_asked is None


def test_by_the_qr_of_a_car_on_loan() -> None:
    t = coming(machine())
    assert ask(t, number=None, vehicle="car-1").ok
    assert t.tables.intakes[1].kind == "loan"


def test_a_technician_brings_a_known_car_that_is_out() -> None:
    t = coming(machine(), loans={})
    assert ask(t, number=None, vehicle="car-1").reasons == ("no_such_loan",)
    assert ask(t, number=None, vehicle="car-1", staff=True).ok
    assert (t.tables.intakes[1].kind, t.tables.intakes[1].about) == ("vehicle", "car-1")
    t = coming(machine(), loans={}, vehicles=[vehicle()])
    assert ask(t, number=None, vehicle="car-1", staff=True).reasons == ("not_out",)
    assert ask(t, number=None, vehicle="car-9", staff=True).reasons == ("no_such_loan",)


def test_no_cabin_opens_for_a_car_that_nothing_is_known_of_to_check_it_by() -> None:
    t = coming(machine(), loans={}, vehicles=[vehicle("found-7", OUT, 0, condition="out")])
    answer = ask(t, number=None, vehicle="found-7", staff=True)
    assert answer.reasons == ("no_record",)
    assert "stock_in" in (answer.result or {})["text"]
    assert ask(t, number=None, vehicle="found-7").reasons == ("no_such_loan",)
    assert not t.tables.intakes


@pytest.mark.parametrize(("state", "ok"), [("handed_over", False), ("accepted", True)])
def test_a_car_that_is_just_leaving_for_good_is_not_awaited(state: str, ok: bool) -> None:
    order = order_in(state, kind="collect", cabin=2)
    assert ask(coming(machine(), loans={}, orders=[order]), number=None, vehicle="car-1", staff=True).ok is ok


def test_wrong_numbers_slow_the_kiosk_down() -> None:
    t = coming(machine())
    assert ask(t, number="0000").reasons == ("no_such_number",)
    assert told(t) == ["code_failed"]
    assert ask(t).reasons == ("slow_down",)
    # a technician is not slowed down, and makes nobody wait
    t = coming(machine(), code_allowed_mono_s=MONO_S + 5)
    assert ask(t, number="0000", staff=True).reasons == ("no_such_number",)
    assert not told(t)
    assert ask(t, staff=True).ok
    assert t.volatile.failed_codes_in_row == 0


def test_a_loan_that_has_ended_bears_no_number() -> None:
    t = coming(machine(), loans={"ord-1": replace(LOAN, state="returned")})
    assert ask(t).reasons == ("no_such_number",)


@pytest.mark.parametrize(
    "t", [coming(None), coming(machine(), faults={COMMAND_FAILED: Fault(COMMAND_FAILED, AT, "lift")})]
)
def test_a_tower_that_may_not_move_takes_nothing_in(t: Turn) -> None:
    answer = ask(t)
    assert answer.reasons == ("tower_out_of_service",)
    assert answer.result is not None
    assert len(answer.result["text"]) > 40


@pytest.mark.parametrize("field", ["length_mm", "width_mm", "height_mm", "mass_kg"])
def test_a_car_that_is_too_large_by_its_record(field: str) -> None:
    car = Vehicle(replace(record(), **{field: 9000}), OUT, "out")
    assert ask(coming(machine(), vehicles=[car])).reasons == ("too_large",)


def test_a_free_bay_is_kept_for_each_car() -> None:
    cars = [vehicle(place=OUT), vehicle("car-2", OUT, 2)]
    loans = {"ord-1": LOAN, "ord-2": replace(LOAN, id="ord-2", vehicle="car-2", number="0815")}
    t = coming(FULL, vehicles=cars, loans=loans)
    assert ask(t).ok
    assert ask(t, number="0815").reasons == ("no_bay_free",)
    delivered = [vehicle(place=OUT), vehicle("car-2", CABIN_1, 2)]
    assert ask(coming(FULL, vehicles=delivered), cabin=2).reasons == ("no_bay_free",)


@pytest.mark.parametrize(
    ("seen", "rows"),
    [
        (machine(), {"orders": [order_in("delivering", cabin=1)]}),
        (machine(), {"jobs": [job(source=bay(1, 1), target=CABIN_1)]}),
        (machine(), {"jobs": [job(source=CABIN_1, target=bay(1, 1), state="held")]}),
        (machine(), {"vehicles": [vehicle(place=OUT), vehicle("car-2", CABIN_1, 2)]}),
        (machine(), {"bays": {"cabin:1": BayRecord(CABIN_1, unknown=True)}}),
        (machine(), {"intakes": {1: row("waiting", vehicle="car-2")}}),
        (machine(), {"moves": {1: Move(1, "bring", "car-2", bay(1, 1), CABIN_1, "lin", AT)}}),
        (with_cabin(machine(), 1, inner_door=DoorState.OPEN), {}),
        (with_cabin(machine(), 1, on=BOTH_IN_CABIN), {}),
        (with_cabin(machine(), 1, on=CabinSensors.PERSON_DETECTED), {}),
    ],
    ids=["order", "job", "held job", "car", "unknown", "driving in", "move", "inner door", "occupied", "person"],
)
def test_the_cabin_of_another_is_not_free(seen: Snapshot, rows: dict[str, Any]) -> None:
    assert ask(coming(seen, **rows), cabin=1).reasons == ("no_cabin_free",)
    assert ask(coming(seen, **rows)).result["cabin"] == 2  # type: ignore[index]


@pytest.mark.parametrize(
    "rows",
    [
        {"orders": [order_in("completed", cabin=1, ended_at=AT)]},
        {"jobs": [job(source=bay(1, 1), target=CABIN_1, state="done", ended_at=AT)]},
        {"bays": {"cabin:1": BayRecord(CABIN_1)}},
        {"intakes": {1: row("done")}},
    ],
    ids=["order", "job", "known", "driving in"],
)
def test_what_is_over_keeps_no_cabin(rows: dict[str, Any]) -> None:
    assert ask(coming(machine(), **rows), cabin=1).ok


def test_who_comes_next_is_asked_to_look() -> None:
    coming_in, owing = row("clearing", vehicle="car-2"), {1: Owing(1, "button", AT)}
    t = coming(machine(), coming_in, owing=owing)
    answer = ask(t)
    assert answer.result is not None
    assert "look into cabin 1" in answer.result["please"][0]
    t = coming(machine(cabins=1), coming_in, owing=owing)
    answer = ask(t)
    assert answer.reasons == ("no_cabin_free",)
    assert answer.result is not None
    assert "look into cabin 1" in answer.result["text"]


# giving up


def cancelled(t: Turn) -> Answer:
    drive_in_cancelled(t, DriveInCancelled(1, "kiosk", REPLY))
    return answers(t)[-1]


def test_it_is_given_up_until_the_car_is_taken_in() -> None:
    t = coming(with_car(), row("securing"))
    assert cancelled(t).ok
    assert t.tables.intakes[1].state == "turned_away"
    assert told(t) == ["manual_intervention"]
    assert cancelled(t).ok
    assert told(t) == ["manual_intervention"]
    assert cancelled(coming(with_car(), row("storing"))).reasons == ("too_late",)
    assert cancelled(coming(machine(), None)).reasons == ("nobody_drives_in",)
