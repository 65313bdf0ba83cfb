"""What is held of people is told whole, with its end (orders-if.md 7.3)."""

from __future__ import annotations

from datetime import timedelta

from tests.support.core_kit import order_in, tables_of
from tests.support.values import AT, tables
from tests.unit.test_fsm_erasing import CUSTOMER, HANDLE, a_drive_that_is_over, loan
from tests.unit.test_fsm_orders import token
from towerd.fsm.events import Stamped, TimerExpired
from towerd.fsm.kept_rows import ErasureRow, FaceRow
from towerd.orders.model import DriveCount
from towerd.privacy import Held, export, held, report, totals


def test_each_row_under_a_name_is_told_with_its_end() -> None:
    of_customer = [row for row in held(a_drive_that_is_over()) if row.customer == CUSTOMER]
    assert of_customer == [
        Held(CUSTOMER, "order, test_drive", "o_1", AT + timedelta(days=1)),
        Held(CUSTOMER, "selfie and template, sealed", "o_1", AT + timedelta(days=1)),
        Held(CUSTOMER, "loan", "o_1", AT + timedelta(days=60)),
    ]


def test_what_goes_on_has_no_end_yet_and_a_wish_to_be_forgotten_is_told() -> None:
    going_on = tables_of(
        orders=[order_in("accepted", "o_1", customer=CUSTOMER)],
        loans={"o_2": loan("o_2", "out")},
        faces={"o_9": FaceRow("o_9", "ab")},
        erasures={CUSTOMER: ErasureRow(CUSTOMER, AT, by="lin")},
    )
    assert [(row.customer, row.what, row.until_at) for row in held(going_on)] == [
        (CUSTOMER, "order, test_drive", None),
        ("", "selfie and template, sealed", None),
        (CUSTOMER, "loan", None),
        (CUSTOMER, "wish to be forgotten", None),
    ]


def test_what_bears_no_name_is_counted() -> None:
    counted = {row.what: (row.count, row.until_at) for row in totals(tables(), AT, 100)}
    assert counted["drives counted without a name"] == (1, AT + timedelta(days=60))
    assert counted["customers' keys of the audit log"] == (1, AT + timedelta(days=125))
    assert counted["messages that wait for the broker"] == (5, None)
    assert counted["answers to tokens and requests"] == (1, AT)
    assert {row.count for row in totals(tables_of(), AT, 100)} == {0, 2}
    told = report(tables(), AT, 100)
    assert sorted(row["customer"] for row in told["held"]) == ["cust-1", "cust-1", "cust-2", "cust-2", "cust-2"]
    assert len(told["totals"]) == len(counted)


def test_a_person_gets_what_is_theirs_and_nothing_of_others() -> None:
    requests = [Stamped(AT, 0.0, token()), Stamped(AT, 0.0, token(sub="c_2")), Stamped(AT, 0.0, TimerExpired("x"))]
    told = export(a_drive_that_is_over(drives={HANDLE: DriveCount(HANDLE, (AT,))}), requests, CUSTOMER, HANDLE)
    assert ([row["id"] for row in told["orders"]], [row["id"] for row in told["loans"]]) == (["o_1"], ["o_1"])
    assert [one["claims"]["sub"] for one in told["tokens"]] == [CUSTOMER]
    assert (len(told["drives_counted"]), told["erasure_asked_at"]) == (1, None)
    assert "c_2" not in repr(told)

    wish = {CUSTOMER: ErasureRow(CUSTOMER, AT)}
    nothing = export(tables_of(erasures=wish), [], CUSTOMER, HANDLE)
    assert (nothing["drives_counted"], nothing["orders"]) == ([], [])
    assert nothing["erasure_asked_at"] is not None
