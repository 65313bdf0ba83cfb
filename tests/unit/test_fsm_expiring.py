"""How long everything is kept (orders-if.md 3.3, 7)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.core_kit import asked, job, machine, order_in, state_of, tables_of, turn_of, vehicle
from tests.support.values import AT
from towerd.fsm.commands import DestroyFaceKey, DropSealed
from towerd.fsm.expiring import drop_old
from towerd.fsm.kept_rows import AnswerRow, FaceRow
from towerd.orders.model import DriveCount, Loan

LONG_AGO = AT - timedelta(days=2)


@pytest.mark.parametrize(
    ("values", "order", "kept"),
    [
        ({}, "accepted", False),
        ({"stopped_by": "lin"}, "accepted", True),
        ({"stopped_by": "lin"}, "cancelled", False),
        ({"stopped_by": "lin", "order": None}, "accepted", False),
    ],
    ids=["not stopped", "its order waits for a word", "its order has ended", "no order"],
)
def test_a_job_that_a_technician_cancelled_is_kept_while_its_order_waits_for_a_word(
    values: Any, order: str, kept: bool
) -> None:
    ended = job(state="cancelled", ended_at=LONG_AGO, **values)
    tables = tables_of(jobs=[ended], orders=[order_in(order)])
    turn = turn_of(state_of(machine(), tables))
    drop_old(turn)
    assert (1 in turn.tables.jobs) is kept


def test_a_face_key_is_destroyed_when_it_is_due_not_before() -> None:
    faces = {
        "o_1": FaceRow("o_1", "a", AT),
        "o_2": FaceRow("o_2", "b", AT + timedelta(seconds=1)),
        "o_3": FaceRow("o_3", "c"),
    }
    t = turn_of(state_of(None, tables_of(faces=faces)))
    drop_old(t)
    assert set(t.tables.faces) == {"o_2", "o_3"}
    assert asked(t, DropSealed) == [DropSealed("o_1")]
    assert asked(t, DestroyFaceKey) == [DestroyFaceKey("o_1")]


def test_rows_that_need_not_be_kept_go() -> None:
    old, young = AT - timedelta(days=1, seconds=1), AT - timedelta(hours=23)
    long_ago = AT - timedelta(days=61)

    def answer(until_at: datetime) -> AnswerRow:
        return AnswerRow("k", "", "", True, (), None, until_at)

    def loan(loan_id: str, ended_at: datetime | None) -> Loan:
        return Loan(loan_id, "c", "car-1", "returned", long_ago, AT, "1234", ended_at=ended_at)

    tables = tables_of(
        orders=[
            order_in("completed", "o_1", ended_at=old),
            order_in("completed", "o_2", ended_at=young),
            order_in("accepted", "o_3"),
        ],
        jobs=[job(1, state="done", ended_at=old), job(2, state="done", ended_at=young), job(3)],
        vehicles=[vehicle()],
        loans={"o_1": loan("o_1", long_ago), "o_2": loan("o_2", old), "o_3": loan("o_3", None)},
        answers={"a": answer(AT), "b": answer(AT + timedelta(seconds=1))},
    )
    t = turn_of(state_of(None, tables))
    drop_old(t)
    kept = t.tables
    assert (set(kept.orders), set(kept.jobs), set(kept.loans), set(kept.answers)) == (
        {"o_2", "o_3"},
        {2, 3},
        {"o_2", "o_3"},
        {"b"},
    )


def test_a_count_ends_sixty_days_after_the_drive_began() -> None:
    young, old = AT - timedelta(days=59), AT - timedelta(days=60, seconds=1)
    drives = {
        name: DriveCount(name, begun_at) for name, begun_at in (("a", (old, young)), ("b", (old,)), ("c", (young,)))
    }
    turn = turn_of(state_of(None, tables_of(drives=drives)))
    drop_old(turn)
    assert turn.tables.drives == {"a": DriveCount("a", (young,)), "c": drives["c"]}
