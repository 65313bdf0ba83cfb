"""A customer is forgotten but for what goes on, and the rest when that has ended (orders-if.md 3, 7.3, 7.4)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.support.core_kit import answers, asked, job, order_in, state_of, tables_of, told, turn_of, vehicle
from tests.support.values import AT
from tests.unit.test_fsm_orders import token
from towerd.fsm.commands import (
    AppendAudit,
    AppendOutbox,
    CutHistory,
    DestroyCustomerKey,
    DestroyFaceKey,
    DestroyPhotoKey,
    DropSealed,
    RecallCustomer,
)
from towerd.fsm.erasing import (
    customer_recalled,
    erase,
    erasure_requested,
    export_requested,
    finish_erasures,
    rows_of,
)
from towerd.fsm.intake_row import Intake
from towerd.fsm.kept_rows import AnswerRow, CustomerRow, ErasureRow, FaceRow
from towerd.fsm.orders import order_requested
from towerd.fsm.privacy_events import CustomerRecalled, ErasureRequested, ExportRequested
from towerd.fsm.reply import ReplyTo
from towerd.fsm.state import Tables
from towerd.fsm.turn import Turn
from towerd.orders.model import DriveCount, Known, Loan
from towerd.orders.photos import PhotoSet

CUSTOMER, HANDLE = "c_7Hq2", "h-1"
WISH = ErasureRow(CUSTOMER, AT, request="t_10")
BEGUN_AT = AT - timedelta(days=3)
THAT_DAY = BEGUN_AT.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def loan(loan_id: str, state: Any, customer: str = CUSTOMER) -> Loan:
    ended_at = AT if state == "returned" else None
    return Loan(loan_id, customer, "car-1", state, BEGUN_AT, AT, "1234", ended_at=ended_at, pseudonym="p-1")


def answer(key: str, order: str | None) -> AnswerRow:
    return AnswerRow(key, "sha", "shop.example", True, (), {"order": order, "number": "1234"}, AT)


def a_drive_that_is_over(**rows: Any) -> Tables:
    """What is kept an hour after a test drive, and something of another customer."""
    known: dict[str, Any] = {
        "vehicles": [vehicle()],
        "orders": [
            order_in("completed", "o_1", customer=CUSTOMER, ended_at=AT, pseudonym="p-1"),
            order_in("accepted", "o_2", customer="c_2", alike=("o_1", "o_3")),
        ],
        "loans": {"o_1": loan("o_1", "returned"), "l_2": loan("l_2", "out", "c_2")},
        "jobs": [job(1, order="o_1", state="done", ended_at=AT), job(2, order="o_1"), job(3, order="o_2", ended_at=AT)],
        "faces": {"o_1": FaceRow("o_1", "ab", AT + timedelta(days=1)), "o_2": FaceRow("o_2", "cd")},
        "answers": {
            key: answer(key, order) for key, order in (("jti:o_1", "o_1"), ("req:r_1", "o_1"), ("req:r_2", "o_2"))
        },
        "intakes": {1: Intake(1, "stock", "o_0", "car-9", CUSTOMER, "done", AT, AT)},
        "customers": {CUSTOMER: CustomerRow(CUSTOMER, AT), "c_2": CustomerRow("c_2", AT)},
    }
    return tables_of(**(known | rows))


def turn(tables: Tables) -> Turn:
    return turn_of(state_of(None, tables, clock_sure=True))


def test_whoever_has_nothing_open_is_forgotten_at_once() -> None:
    t = turn(a_drive_that_is_over())
    assert erase(t, WISH, HANDLE) == ()
    kept = t.tables
    assert (set(kept.orders), set(kept.loans), set(kept.faces), set(kept.jobs)) == ({"o_2"}, {"l_2"}, {"o_2"}, {2, 3})
    assert (set(kept.customers), kept.erasures, kept.orders["o_2"].alike) == ({"c_2"}, {}, ("o_3",))
    assert kept.drives == {HANDLE: DriveCount(HANDLE, (THAT_DAY,))}
    assert CUSTOMER not in repr(kept)
    assert (asked(t, DropSealed), asked(t, DestroyFaceKey)) == ([DropSealed("o_1")], [DestroyFaceKey("o_1")])
    assert (asked(t, DestroyCustomerKey), asked(t, CutHistory)) == ([DestroyCustomerKey(CUSTOMER)], [CutHistory()])


def test_photos_of_what_is_forgotten_are_destroyed() -> None:
    seen = {key: PhotoSet(key, "out", "car-1", 1, 5, AT, sealed_sha256="cd") for key in ("o_1", "o_2")}
    t = turn(a_drive_that_is_over(photos={row.key: row for row in seen.values()}))
    erase(t, WISH, HANDLE)
    assert [row.loan for row in t.tables.photos.values()] == ["o_2"]
    assert asked(t, DestroyPhotoKey) == [DestroyPhotoKey("o_1")]


def test_of_an_erased_token_its_id_is_remembered_and_nothing_else() -> None:
    t = turn(a_drive_that_is_over())
    erase(t, WISH, HANDLE)
    assert set(t.tables.answers) == {"jti:o_1", "req:r_2"}
    blank = t.tables.answers["jti:o_1"]
    assert (blank.payload_sha256, blank.ok, blank.reasons, blank.result) == ("", False, ("replayed",), None)


def test_neither_message_nor_audit_row_names_the_customer() -> None:
    t = turn(a_drive_that_is_over())
    erase(t, WISH, HANDLE)
    bodies = [json.dumps(row.body) for kind in (AppendOutbox, AppendAudit) for row in asked(t, kind)]
    assert len(bodies) == 2
    assert not [body for body in bodies if CUSTOMER in body]
    data = asked(t, AppendOutbox)[0].body["data"]
    assert data == {"request": "t_10", "by": None, "orders": 1, "loans": 1, "kept": []}


def test_what_is_open_stays_and_goes_when_it_has_ended() -> None:
    going_on = a_drive_that_is_over(
        orders=[
            order_in("completed", "o_1", customer=CUSTOMER, ended_at=AT),
            order_in("accepted", "o_4", customer=CUSTOMER),
        ],
        loans={"o_1": loan("o_1", "overdue"), "o_0": loan("o_0", "returned")},
    )
    t = turn(going_on)
    assert erase(t, WISH, HANDLE) == ("o_4", "o_1")
    assert (set(t.tables.orders), set(t.tables.loans)) == ({"o_4"}, {"o_1"})
    assert (t.tables.erasures, set(t.tables.customers)) == ({CUSTOMER: WISH}, {CUSTOMER, "c_2"})
    assert asked(t, DestroyCustomerKey) == []
    finish_erasures(t)
    customer_recalled(t, CustomerRecalled(CUSTOMER, HANDLE))
    assert (told(t), asked(t, RecallCustomer)) == (["privacy_erased"], [])
    assert HANDLE not in repr(t.tables.erasures)

    ended = {
        "orders": {"o_4": replace(t.tables.orders["o_4"], state="cancelled", ended_at=AT)},
        "loans": {"o_1": loan("o_1", "returned")},
    }
    later = turn(replace(t.tables, **ended))
    finish_erasures(later)
    # who it is by the tower's secret is asked for, and stands nowhere beside the alias
    assert asked(later, RecallCustomer) == [RecallCustomer(CUSTOMER)]
    customer_recalled(later, CustomerRecalled(CUSTOMER, HANDLE))
    customer_recalled(later, CustomerRecalled("c_9", "h-9"))
    assert (later.tables.orders, later.tables.loans, later.tables.erasures) == ({}, {}, {})
    assert asked(later, DestroyCustomerKey) == [DestroyCustomerKey(CUSTOMER)]
    assert later.tables.drives[HANDLE].begun_at == (THAT_DAY, THAT_DAY)


def test_a_loan_is_needed_until_its_car_has_left_the_cabin() -> None:
    driving_in = a_drive_that_is_over(intakes={1: Intake(1, "loan", "o_1", "car-1", "kiosk", "storing", AT, AT)})
    assert rows_of(driving_in, CUSTOMER, needed=True).ids == ("o_1",)
    assert rows_of(driving_in, CUSTOMER, needed=True).orders == ()
    assert rows_of(a_drive_that_is_over(), CUSTOMER, needed=True).ids == ()


def test_a_loan_that_has_ended_is_needed_until_its_hand_over_is_over() -> None:
    bought = a_drive_that_is_over(
        orders=[order_in("handed_over", "o_1", customer=CUSTOMER)], loans={"o_1": loan("o_1", "sold")}
    )
    t = turn(bought)
    assert erase(t, WISH, HANDLE) == ("o_1",)
    assert (set(t.tables.loans), "o_1" in t.tables.faces) == ({"o_1"}, True)


def test_the_platform_asks_by_token_and_again_with_the_same_answer() -> None:
    t = turn(a_drive_that_is_over())
    order_requested(t, replace(token("erase"), known=Known(HANDLE)))
    assert answers(t)[0].result == {"order": None, "state": "erased"}
    assert CUSTOMER not in repr(t.tables)
    again = turn(t.tables)
    order_requested(again, replace(token("erase", jti="t_11", req_id="r_9"), known=Known(HANDLE)))
    assert answers(again)[0].result == {"order": None, "state": "erased"}

    open_loan = turn(a_drive_that_is_over(loans={"o_1": loan("o_1", "out")}))
    order_requested(open_loan, replace(token("erase"), known=Known(HANDLE)))
    assert answers(open_loan)[0].result == {"order": "o_1", "state": "pending"}


def test_a_technician_asks_by_name() -> None:
    t = turn(a_drive_that_is_over())
    erasure_requested(t, ErasureRequested(CUSTOMER, HANDLE, "lin", ReplyTo("api", "1")))
    assert answers(t)[0].result == {"order": None, "state": "erased", "kept": []}
    assert asked(t, AppendAudit)[0].body["data"]["by"] == "lin"


def test_who_has_seen_what_is_held_stands_in_the_audit_log_without_the_name() -> None:
    t = turn(a_drive_that_is_over(loans={"o_1": loan("o_1", "returned"), "o_5": loan("o_5", "out")}))
    export_requested(t, ExportRequested(CUSTOMER, "lin", ReplyTo("api", "1")))
    assert asked(t, AppendAudit)[0].body["data"] == {"by": "lin", "exported": ["o_1", "o_5"]}
    assert answers(t)[0].ok
    assert CUSTOMER not in repr(asked(t, AppendAudit) + asked(t, AppendOutbox))


def test_a_drive_of_today_is_counted_as_of_now_and_one_that_nobody_can_name_is_not() -> None:
    begun = replace(loan("o_1", "returned"), out_since_at=AT - timedelta(minutes=1))
    t = turn(a_drive_that_is_over(loans={"o_1": begun}))
    erase(t, WISH, HANDLE)
    assert t.tables.drives[HANDLE].begun_at == (AT,)
    nameless = turn(a_drive_that_is_over())
    erase(nameless, WISH, "")
    assert (nameless.tables.loans.keys(), nameless.tables.drives) == ({"l_2"}, {})


def test_an_owner_is_needed_as_long_as_a_car_stands_here_in_that_name() -> None:
    car = vehicle()
    owned = replace(car, record=replace(car.record, owner=CUSTOMER))
    t = turn(a_drive_that_is_over(vehicles=[owned]))
    order_requested(t, replace(token("erase"), known=Known(HANDLE)))
    assert answers(t)[0].result == {"order": None, "state": "pending"}
    assert (t.tables.orders.keys(), CUSTOMER in t.tables.customers) == ({"o_2"}, True)
    t.drop("vehicles", car.id)
    finish_erasures(t)
    assert asked(t, RecallCustomer) == [RecallCustomer(CUSTOMER)]


def test_whoever_has_no_key_is_nobody_and_no_key_is_touched_for_them() -> None:
    t = turn(a_drive_that_is_over())
    erasure_requested(t, ErasureRequested("nobody", "h-9", "lin", ReplyTo("api", "1")))
    assert (asked(t, DestroyCustomerKey), set(t.tables.orders)) == ([], {"o_1", "o_2"})
