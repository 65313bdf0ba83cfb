"""What is kept for its time only: answers, orders, works, loans, faces, keys and counts (orders-if.md 3.3, 7). Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from towerd.fsm.commands import DestroyFaceKey, DropSealed
from towerd.fsm.state import Job, Move
from towerd.fsm.turn import Turn
from towerd.orders.requests import stale_keys

ORDER_KEPT: Final = timedelta(days=1)
LOAN_KEPT: Final = timedelta(days=60)
"""A loan after its end, and what is counted of a drive after its beginning, where its customer was forgotten (7.3)."""
AUDIT_SPARE: Final = 1.25
"""A row of the audit log is kept for a quarter longer than it must be, at most; the key that it leads by as long."""


def destroy_face(turn: Turn, order_id: str) -> None:
    """Selfie and template of an order are gone with its key, wherever copies of them lie (7.1)."""
    turn.drop("faces", order_id)
    turn.ask(DropSealed(order_id))
    turn.ask(DestroyFaceKey(order_id))


def _destroy_faces(turn: Turn) -> None:
    for face in tuple(turn.tables.faces.values()):
        if face.destroy_at is not None and face.destroy_at <= turn.now:
            destroy_face(turn, face.order)


def _waits_for_word(turn: Turn, work: Job | Move) -> bool:
    """A job that a technician has cancelled holds its order back as long as both are remembered."""
    if isinstance(work, Move) or work.stopped_by is None:
        return False
    order = turn.tables.orders.get(work.order or "")
    return order is not None and order.open


def _drop_orders_and_works(turn: Turn) -> None:
    for order in tuple(turn.tables.orders.values()):
        if order.ended_at is not None and order.ended_at + ORDER_KEPT < turn.now:
            turn.drop("orders", order.id)
    works: tuple[Job | Move, ...] = (*turn.tables.jobs.values(), *turn.tables.moves.values())
    for work in works:
        if work.ended_at is not None and work.ended_at + ORDER_KEPT < turn.now and not _waits_for_word(turn, work):
            turn.drop("jobs" if isinstance(work, Job) else "moves", work.id)


def _drop_loans_and_counts(turn: Turn) -> None:
    for loan in tuple(turn.tables.loans.values()):
        if loan.ended_at is not None and loan.ended_at + LOAN_KEPT < turn.now:
            turn.drop("loans", loan.id)
    for count in tuple(turn.tables.drives.values()):
        begun_at = tuple(at for at in count.begun_at if at + LOAN_KEPT >= turn.now)
        if not begun_at:
            turn.drop("drives", count.handle)
        elif begun_at != count.begun_at:
            turn.put("drives", count.handle, replace(count, begun_at=begun_at))


def drop_old(turn: Turn) -> None:
    """Let go of all that has been kept for as long as it is to be."""
    for key in stale_keys(turn.tables.answers, turn.now):
        turn.drop("answers", key)
    _drop_orders_and_works(turn)
    _drop_loans_and_counts(turn)
    _destroy_faces(turn)
