from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.orders_kit import NOW, book, circumstances, claims, loan, order, request, vehicle
from towerd.errors import Refusal
from towerd.orders.book import MotionAsked, OrderAccepted, Remembered, Repeated, answer_of
from towerd.orders.lifecycle import decide_request
from towerd.orders.requests import recall, remember, remember_request, stale_keys, too_many_requests
from towerd.orders.rules import OrderRules

RULES = OrderRules()


def answers(*rows: Remembered) -> dict[str, Remembered]:
    return {row.key: row for row in rows}


def accepted() -> tuple[Any, OrderAccepted, tuple[Remembered, ...]]:
    asked = request(claims())
    outcome = decide_request(asked, book(vehicle()), RULES, circumstances())
    assert isinstance(outcome, OrderAccepted)
    return asked, outcome, remember(asked, book(vehicle()), outcome, RULES, NOW)


def test_an_acceptance_is_remembered_by_request_and_token() -> None:
    _, outcome, rows = accepted()
    assert [row.key for row in rows] == ["req:r_o_91", "jti:o_91"]
    assert all(row.ok and row.result == outcome.result and row.issuer == "shop.example" for row in rows)
    assert rows[0].until_at == NOW + timedelta(seconds=120)


def test_the_same_token_gets_its_first_answer_though_the_vehicle_is_gone() -> None:
    asked, outcome, rows = accepted()
    again = replace(asked, req_id="r_new")
    later = book(vehicle(condition="reserved"), orders=(outcome.order,), answers=answers(*rows))
    repeated = decide_request(again, later, RULES, circumstances())
    assert repeated == Repeated(True, (), outcome.result)
    assert [row.key for row in remember(again, later, repeated, RULES, NOW)] == ["req:r_new"]


def test_the_same_request_gets_its_first_answer_whatever_its_token() -> None:
    asked, outcome, rows = accepted()
    other = replace(request(claims("hold")), req_id=asked.req_id)
    known = book(answers=answers(*rows))
    repeated = decide_request(other, known, RULES, circumstances())
    assert repeated == Repeated(True, (), outcome.result)
    assert remember(other, known, repeated, RULES, NOW) == ()


def test_out_of_its_time_a_token_gets_its_first_answer_and_no_other() -> None:
    asked, outcome, rows = accepted()
    again, known = replace(asked, req_id="r_new", late=True), book(orders=(outcome.order,), answers=answers(*rows))
    assert decide_request(again, known, RULES, circumstances()) == Repeated(True, (), outcome.result)
    for late, memory in (
        (replace(again, payload_sha256="other"), known),
        (again, book(orders=(outcome.order,))),
        (again, book(vehicle())),
    ):
        refusal = decide_request(late, memory, RULES, circumstances())
        assert isinstance(refusal, Refusal)
        assert refusal.reasons == ("expired",)
        assert [row.key for row in remember(late, memory, refusal, RULES, NOW)] == ["req:r_new"]


@pytest.mark.parametrize("change", [{"payload_sha256": "other"}, {"claims": claims(iss="evil.example")}])
def test_a_token_id_with_other_content_or_issuer_is_replayed(change: dict[str, Any]) -> None:
    asked, _, rows = accepted()
    known = book(vehicle(), answers=answers(*rows))
    again = replace(asked, req_id="r_new", **change)
    refusal = decide_request(again, known, RULES, circumstances())
    assert isinstance(refusal, Refusal)
    assert refusal.reasons == ("replayed",)
    assert [row.key for row in remember(again, known, refusal, RULES, NOW)] == ["req:r_new"]


@pytest.mark.parametrize("known", [book(orders=(order("o_91"),)), book(loans=(loan("o_91"),))])
def test_the_id_of_an_order_is_used_once_even_when_its_answer_is_forgotten(known: Any) -> None:
    outcome = decide_request(request(claims()), known, RULES, circumstances())
    assert answer_of(outcome) == (False, ("replayed",), None)


def test_a_refusal_is_final() -> None:
    asked = request(claims())
    refusal = decide_request(asked, book(), RULES, circumstances())
    rows = answers(*remember(asked, book(), refusal, RULES, NOW))
    again = decide_request(replace(asked, req_id="r_2"), book(vehicle(), answers=rows), RULES, circumstances())
    assert again == Repeated(False, ("no_such_vehicle",), None)


def test_no_more_requests_than_the_limit_are_remembered() -> None:
    rules = OrderRules(answers_limit=3)
    rows = [Remembered(f"req:{n}", "", "shop.example", True, (), None, NOW + timedelta(seconds=9)) for n in range(3)]
    asked = request(claims())
    full = book(vehicle(), answers=answers(*rows))
    refusal = decide_request(asked, full, rules, circumstances())
    assert answer_of(refusal) == (False, ("busy",), None)
    assert remember(asked, full, refusal, rules, NOW) == ()
    assert not too_many_requests(book(answers=answers(*rows[:2])), rules, NOW, verified=True)
    assert not too_many_requests(full, rules, NOW + timedelta(seconds=9), verified=True)
    held = decide_request(request(claims("hold")), full, rules, circumstances())
    assert isinstance(held, MotionAsked), "whoever stops the tower is never told to come back later"


def test_what_is_not_verified_takes_a_tenth_of_the_room() -> None:
    rules = OrderRules(answers_limit=20)
    rows = [Remembered(f"req:{n}", "", "", False, (), None, NOW + timedelta(seconds=9)) for n in range(2)]
    junk = book(vehicle(), answers=answers(*rows))
    assert too_many_requests(junk, rules, NOW, verified=False)
    assert not too_many_requests(junk, rules, NOW + timedelta(seconds=9), verified=False)
    assert not too_many_requests(book(answers=answers(rows[0])), rules, NOW, verified=False)
    known = [replace(row, key=f"jti:{row.key}", issuer="shop.example") for row in rows]
    assert not too_many_requests(book(answers=answers(rows[0], *known)), rules, NOW, verified=False)
    assert isinstance(decide_request(request(claims()), junk, rules, circumstances()), OrderAccepted)


@pytest.mark.parametrize("year", [2036, 2199])
def test_no_claim_makes_the_tower_remember_for_years(year: int) -> None:
    far = datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC)
    junk = remember_request("r_1", far, Refusal(("malformed",), ""), RULES, NOW)
    assert [row.until_at for row in junk] == [NOW + timedelta(seconds=125)]
    asked = request(claims("hold", exp=int(far.timestamp())), expires_at=far)
    outcome = decide_request(asked, book(), RULES, circumstances())
    times = [row.until_at - NOW for row in remember(asked, book(), outcome, RULES, NOW)]
    assert times == [timedelta(seconds=125), timedelta(seconds=3600 + 60 + 60)]


def test_answers_are_forgotten_in_time() -> None:
    _, _, rows = accepted()
    assert recall("r_o_91", answers(*rows), NOW + timedelta(seconds=119)) is not None
    assert recall("r_o_91", answers(*rows), NOW + timedelta(seconds=120)) is None
    assert recall("", answers(*rows), NOW) is None
    assert stale_keys(answers(*rows), NOW + timedelta(seconds=120)) == ("req:r_o_91",)
    assert set(stale_keys(answers(*rows), NOW + timedelta(hours=2))) == {"req:r_o_91", "jti:o_91"}


def test_a_dropped_command_is_remembered_by_its_request_only() -> None:
    refusal = Refusal(("bad_signature",), "")
    until_at = NOW + timedelta(seconds=60)
    rows = remember_request("r_1", until_at, refusal, RULES, NOW)
    assert rows == (Remembered("req:r_1", "", "", False, ("bad_signature",), None, until_at + timedelta(seconds=60)),)


@pytest.mark.parametrize(
    ("req_id", "expires_s", "reason"),
    [("", 60, "expired"), ("r", None, "expired"), ("r", -60, "expired"), ("r", 60, "busy")],
)
def test_what_cannot_be_asked_again_is_not_remembered(req_id: str, expires_s: float | None, reason: str) -> None:
    expires_at = None if expires_s is None else NOW + timedelta(seconds=expires_s)
    assert remember_request(req_id, expires_at, Refusal((reason,), ""), RULES, NOW) == ()


def test_a_request_without_expiry_is_remembered_by_its_token_only() -> None:
    asked = request(claims(), expires_at=None)
    outcome = decide_request(asked, book(vehicle()), RULES, circumstances())
    assert [row.key for row in remember(asked, book(), outcome, RULES, NOW)] == ["jti:o_91"]
