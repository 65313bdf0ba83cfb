from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.orders_kit import (
    EXAMPLES,
    NOW,
    book,
    circumstances,
    claims,
    eligibility,
    loan,
    order,
    request,
    vehicle,
)
from towerd.errors import Refusal
from towerd.orders.book import (
    ErasureAsked,
    FaceWithdrawn,
    MotionAsked,
    OrderAccepted,
    OrderBook,
    OrderCancelled,
    Repeated,
)
from towerd.orders.lifecycle import decide_request
from towerd.orders.model import DriveCount, Known, Slot
from towerd.orders.requests import remember
from towerd.orders.rules import DriveRules, OrderRules
from towerd.orders.taking import at_json
from towerd.places import OUT

RULES = OrderRules()


def decide(raw: dict[str, Any], held: OrderBook | None = None, rules: OrderRules = RULES, **changes: Any) -> Any:
    return decide_request(request(raw, **changes), held or book(vehicle()), rules, circumstances())


def reasons(outcome: Any) -> tuple[str, ...]:
    assert isinstance(outcome, Refusal)
    return outcome.reasons


def test_the_example_is_accepted_as_its_answer_shows() -> None:
    outcome = decide_request(
        request(claims()), book(vehicle()), RULES, circumstances(last_number=4711, number_step=9999 + 2)
    )
    assert isinstance(outcome, OrderAccepted)
    shown = EXAMPLES["answers"]["order accepted"]["result"]
    assert outcome.result == {**shown, "number": "4712"}
    assert outcome.last_number == 4712
    order = outcome.order
    assert (order.id, order.customer, order.issuer, order.vehicle) == ("o_91", "c_7Hq2", "shop.example", "v_0042")
    assert (order.state, order.code_only, order.code_mac, order.services) == (
        "accepted",
        False,
        "mac",
        ("insurance_basic",),
    )
    assert order.terms["hash"] == "sha256:…"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"terms": None}, "terms_missing"),
        ({"eligibility": None}, "not_eligible"),
        ({"eligibility": eligibility(identity_checked=False)}, "not_eligible"),
        ({"eligibility": eligibility(as_of="2026-11-20T09:29:59Z")}, "eligibility_stale"),
        ({"eligibility": eligibility(as_of="2026-11-21T09:30:31Z")}, "eligibility_stale"),
        ({"eligibility": eligibility(licence_until=None)}, "licence_missing"),
        ({"eligibility": eligibility(licence_until="2026-11-24")}, "licence_missing"),
        ({"eligibility": eligibility(member=False)}, "fee_missing"),
        ({"eligibility": eligibility(credit_score=699)}, "fee_missing"),
        ({"eligibility": eligibility(credit_score=None)}, "fee_missing"),
        ({"eligibility": eligibility(test_drives_60_days=5)}, "trial_limit"),
        ({"eligibility": eligibility(cars_out=1)}, "customer_has_a_car"),
        ({"eligibility": eligibility(deposit=None)}, "deposit_missing"),
        ({"eligibility": eligibility(deposit={"amount": 1, "currency": "CNY", "paid": False})}, "deposit_missing"),
        ({"slot": {"from": "2026-12-22T00:00:00Z", "until": "2026-12-22T01:00:00Z"}}, "slot_conflict"),
        ({"slot": {"from": "2026-11-21T08:00:00Z", "until": "2026-11-21T09:00:00Z"}}, "slot_conflict"),
        ({"wait_until": "2027-01-06T18:00:00Z"}, "slot_conflict"),
        ({"vehicle": {"id": "v_none"}}, "no_such_vehicle"),
        ({"vehicle": {"make": "Ford", "model": "Mondeo", "colour": "red"}}, "no_such_vehicle"),
    ],
)
def test_each_reason_stands_alone(change: dict[str, Any], reason: str) -> None:
    assert reasons(decide(claims(**change))) == (reason,)


@pytest.mark.parametrize(
    "change",
    [
        {"eligibility": eligibility(member=False, fee_paid=True)},
        {"eligibility": eligibility(credit_score=700)},
        {"eligibility": eligibility(test_drives_60_days=4)},
        {"eligibility": eligibility(licence_until="2026-11-25")},
        {"eligibility": eligibility(as_of="2026-11-20T09:30:00Z")},
        {"slot": {"from": "2026-12-21T09:30:00Z", "until": "2026-12-21T10:00:00Z"}},
        {"vehicle": {"id": "v_0042"}},
    ],
)
def test_just_inside_every_rule(change: dict[str, Any]) -> None:
    assert isinstance(decide(claims(**change)), OrderAccepted)


def test_all_reasons_that_hold_are_given() -> None:
    raw = claims(terms=None, eligibility=eligibility(deposit=None, cars_out=2), vehicle={"id": "v_none"})
    outcome = decide(raw, face="refused", face_reasons=("selfie_blurred", "selfie_dark"))
    assert set(reasons(outcome)) == {
        "selfie_blurred",
        "selfie_dark",
        "no_such_vehicle",
        "terms_missing",
        "deposit_missing",
        "customer_has_a_car",
    }


def test_the_tower_counts_what_it_knows_itself() -> None:
    drives = tuple(loan(f"l_{n}", state="returned", out_since_at=NOW - timedelta(days=59)) for n in range(5))
    assert reasons(decide(claims(), book(vehicle(), loans=drives))) == ("trial_limit",)
    old = tuple(loan(f"l_{n}", state="returned", out_since_at=NOW - timedelta(days=61)) for n in range(5))
    assert isinstance(decide(claims(), book(vehicle(), loans=old)), OrderAccepted)
    others = tuple(loan(f"l_{n}", state="returned", customer="c_2") for n in range(5))
    assert isinstance(decide(claims(), book(vehicle(), loans=others)), OrderAccepted)


def test_drives_of_before_a_customer_was_forgotten_count_with_those_since() -> None:
    begun_at = tuple(NOW - timedelta(days=days) for days in (61, 59, 40, 30, 20))
    known = replace(
        book(vehicle(), loans=(loan("l_1", state="returned"),)), drives={"h-1": DriveCount("h-1", begun_at)}
    )
    assert reasons(decide(claims(), known, known=Known("h-1", "p-2"))) == ("trial_limit",)
    assert isinstance(decide(claims(), known, known=Known("h-2", "p-2")), OrderAccepted)
    accepted = decide(claims(), replace(known, loans={}), known=Known("h-1", "p-2"))
    assert accepted.order.pseudonym == "p-2"


def test_a_customer_has_one_car_out_or_one_to_come() -> None:
    out = book(vehicle(), loans=(loan(vehicle="v_9", state="overdue"),))
    assert reasons(decide(claims(), out)) == ("customer_has_a_car",)
    to_come = book(vehicle(), orders=(order(vehicle="v_9"),))
    assert reasons(decide(claims(), to_come)) == ("customer_has_a_car",)
    assert isinstance(decide(claims(), to_come, OrderRules(open_drives_per_customer=2)), OrderAccepted)
    ended = book(vehicle(), orders=(order(vehicle="v_9", state="no_show"),))
    assert isinstance(decide(claims(), ended), OrderAccepted)


def test_rules_may_differ_by_model() -> None:
    rules = OrderRules(by_model={"Ford Mondeo": DriveRules(drive_s=86400, free_credit_score=800)})
    assert reasons(decide(claims(), rules=rules)) == ("fee_missing",)


@pytest.mark.parametrize(
    ("change", "code_only"),
    [
        ({"face": "enrolled"}, False),
        ({"face": "unavailable"}, True),
        ({"face": "none"}, True),
        ({"claims": claims(consent=None)}, True),
        ({"claims": claims(consent={**claims()["consent"], "face": False})}, True),
    ],
)
def test_without_a_face_the_code_serves(change: dict[str, Any], code_only: bool) -> None:
    outcome = decide(change.pop("claims", claims()), **change)
    assert isinstance(outcome, OrderAccepted)
    assert outcome.order.code_only is code_only
    assert outcome.result["code_only"] is code_only


def test_without_a_slot_the_customer_is_here_now() -> None:
    outcome = decide(claims(slot=None))
    assert outcome.result["slot"] == {"from": "2026-11-21T09:30:00Z", "until": "2026-11-21T10:00:00Z"}
    waiting = decide(claims(slot=None, wait_until="2026-12-01T00:00:00Z"))
    assert waiting.result["slot"]["until"] == "2026-12-01T00:00:00Z"


def test_the_tower_may_be_out_of_service_or_out_of_numbers() -> None:
    closed = decide_request(request(claims()), book(vehicle()), RULES, circumstances(out_of_service=True))
    assert reasons(closed) == ("tower_out_of_service",)
    orders = tuple(order(f"p_{n}", customer="c_2", vehicle=None, number=f"{n:04d}", slot=None) for n in range(10_000))
    assert reasons(decide(claims(), book(vehicle(), orders=orders))) == ("busy",)


def test_an_order_has_a_code() -> None:
    assert reasons(decide(claims(), code_mac=None)) == ("malformed",)
    assert reasons(decide(claims(iat="x"))) == ("malformed",)


def test_while_the_clock_is_unsure_only_hold_is_taken() -> None:
    unsure = circumstances(clock_sure=False)
    assert reasons(decide_request(request(claims()), book(vehicle()), RULES, unsure)) == ("clock_unsure",)
    assert isinstance(decide_request(request(claims("hold")), book(), RULES, unsure), MotionAsked)


@pytest.mark.parametrize("state", ["accepted", "awaiting_stock", "arrived", "identified", "delivering", "staged"])
def test_a_cancelled_order_ends(state: str) -> None:
    outcome = decide(claims("cancel"), book(orders=(order("o_91", state=state),)))
    assert isinstance(outcome, OrderCancelled)
    assert (outcome.order.state, outcome.order.reason, outcome.order.ended_at) == ("cancelled", "changed_mind", NOW)
    assert outcome.result == EXAMPLES["answers"]["other verb"]["result"]


@pytest.mark.parametrize("state", ["ready", "handed_over", "completed", "cancelled", "failed"])
def test_it_is_too_late_once_the_door_is_open(state: str) -> None:
    assert reasons(decide(claims("cancel"), book(orders=(order("o_91", state=state),)))) == ("too_late",)


def test_an_order_is_cancelled_by_its_customer_only() -> None:
    assert reasons(decide(claims("cancel"), book(orders=(order("o_91", customer="c_2"),)))) == ("no_such_order",)
    assert reasons(decide(claims("cancel"))) == ("no_such_order",)


def test_hold_and_resume_are_passed_on() -> None:
    asked = decide(claims("hold"))
    assert asked == MotionAsked("hold", "operator_4", "street closed", {"order": None, "state": "held"})
    assert decide(claims("resume")) == MotionAsked("resume", "operator_4", None, {"order": None, "state": "resumed"})


def test_whoever_is_to_be_forgotten_is_passed_on() -> None:
    asked = decide(claims("erase"), known=Known("h-1"))
    assert asked == ErasureAsked("c_7Hq2", "h-1", "t_10", {"order": None, "state": "erased"})
    assert decide(claims("erase")).handle == ""


COLLECT = {"vehicle": {"id": "v_0042"}}


def test_a_bought_car_is_collected_whoever_had_test_drives_before() -> None:
    said = eligibility(test_drives_60_days=5, cars_out=1, fee_paid=False, member=False, deposit=None)
    outcome = decide(claims("collect", **COLLECT, eligibility=said))
    assert isinstance(outcome, OrderAccepted)
    assert (outcome.order.kind, outcome.order.vehicle, outcome.order.state) == ("collect", "v_0042", "accepted")
    slot = outcome.order.slot
    assert slot is not None
    assert at_json(slot.until_at) == "2026-12-06T18:00:00Z"


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"terms": None}, ("terms_missing",)),
        ({"eligibility": None}, ("not_eligible", "credit_too_low")),
        ({"eligibility": eligibility(identity_checked=False)}, ("not_eligible",)),
        ({"eligibility": eligibility(as_of="2026-11-20T09:29:59Z")}, ("eligibility_stale",)),
        ({"eligibility": eligibility(licence_until=None)}, ("licence_missing",)),
        ({"eligibility": eligibility(licence_until="2026-12-05")}, ("licence_missing",)),
        ({"eligibility": eligibility(credit_score=699)}, ("credit_too_low",)),
        ({"payment": {"price": 100, "currency": "CNY", "paid": 9, "instalments": 3}}, ("down_payment_too_small",)),
    ],
)
def test_it_is_paid_for_and_its_driver_may_drive(change: dict[str, Any], found: tuple[str, ...]) -> None:
    assert reasons(decide(claims("collect", **{**COLLECT, **change}))) == found


def test_a_car_that_is_not_for_sale_is_not_collected() -> None:
    car = vehicle()
    lent_only = replace(car, record=replace(car.record, offers={"test_drive": car.record.offers["test_drive"]}))
    assert reasons(decide(claims("collect", **COLLECT, wait_until=None), book(lent_only))) == ("vehicle_unavailable",)


def test_one_order_too_many_of_a_sender_is_refused_for_good() -> None:
    assert reasons(decide(claims(), limited=True)) == ("rate_limited",)
    kept = remember(request(claims(), limited=True), book(), Refusal(("rate_limited",), ""), RULES, NOW)
    again = decide(claims(), replace(book(vehicle()), answers={row.key: row for row in kept}), req_id="r_2")
    assert isinstance(again, Repeated)
    assert again.reasons == ("rate_limited",)


def test_no_more_deliveries_an_hour_than_the_machine_may_make() -> None:
    rules = OrderRules(deliveries_an_hour=2)

    def known(*begins: float, state: Any = "accepted") -> OrderBook:
        slots = [Slot(NOW + timedelta(minutes=at), NOW + timedelta(days=1)) for at in begins]
        rows = [order(f"p_{n}", customer="c_2", vehicle=None, slot=s, state=state) for n, s in enumerate(slots)]
        return book(vehicle(), orders=tuple(rows))

    assert reasons(decide(claims(), known(-29, 29), rules)) == ("rate_limited",)
    assert reasons(decide(claims(), known(-29, 29, state="completed"), rules)) == ("rate_limited",)
    assert isinstance(decide(claims(), known(-29, 30), rules), OrderAccepted)
    assert isinstance(decide(claims(), known(0, 0, state="no_show"), rules), OrderAccepted)


@pytest.mark.parametrize("state", ["accepted", "ready", "completed"])
def test_a_face_is_withdrawn_as_long_as_the_order_is_known(state: Any) -> None:
    outcome = decide(claims("consent"), book(orders=(order("o_91", state=state, code_only=False),)))
    assert isinstance(outcome, FaceWithdrawn)
    assert (outcome.order.code_only, outcome.result) == (True, {"order": "o_91", "state": state})


def test_it_is_withdrawn_by_its_customer_only() -> None:
    known = book(orders=(order("o_91"),))
    assert reasons(decide(claims("consent", sub="c_other"), known)) == ("no_such_order",)
    assert reasons(decide(claims("consent", order="o_none"), known)) == ("no_such_order",)


@pytest.mark.parametrize(
    ("kind", "known"),
    [("test_drive", book()), ("collect", book()), ("test_drive", book(vehicle(condition="out", place=OUT)))],
    ids=["none here", "bought", "out"],
)
def test_who_waits_is_promised_the_next_that_arrives(kind: str, known: OrderBook) -> None:
    outcome = decide(claims(kind, wait_until="2026-12-06T18:00:00Z"), known)
    assert isinstance(outcome, OrderAccepted)
    waits = outcome.order
    assert (waits.state, waits.vehicle, waits.wish) == ("awaiting_stock", None, claims(kind)["vehicle"])
    assert waits.wait_until_at == datetime(2026, 12, 6, 18, tzinfo=UTC)
    assert (outcome.result["state"], outcome.result["vehicle"], outcome.result["ready_in_s"]) == (
        "awaiting_stock",
        None,
        None,
    )


def test_a_car_that_is_here_keeps_nobody_waiting() -> None:
    outcome = decide(claims(wait_until="2026-12-06T18:00:00Z"))
    assert isinstance(outcome, OrderAccepted)
    assert (outcome.order.state, outcome.order.wait_until_at, outcome.order.wish) == ("accepted", None, {})
