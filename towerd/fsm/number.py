"""A number typed at the kiosk by somebody who shows the face: one is compared with one (6.1, 6.2). Pure.

The answer says nothing of whether there is such a number; wrong ones slow the kiosk down as wrong codes do.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

from towerd.fsm.face_events import NumberEntered
from towerd.fsm.state import FaceClaim
from towerd.fsm.turn import Turn
from towerd.orders.model import Order

CLAIM_S: Final = 30.0


def number_entered(
    turn: Turn, event: NumberEntered, compared: Collection[Order], slower_s: Callable[[int], float]
) -> None:
    """Compare the next face with the order of that number, if it is among those a face may serve now."""
    if turn.mono_s < turn.volatile.code_allowed_mono_s:
        wait_s = round(turn.volatile.code_allowed_mono_s - turn.mono_s, 1)
        turn.answer(event.reply, False, ("slow_down",), {"text": f"Try again in {wait_s} s.", "wait_s": wait_s})
        return
    order = next((order for order in compared if order.number == event.number), None)
    if order is None:
        failed = turn.volatile.failed_codes_in_row + 1
        turn.set(failed_codes_in_row=failed, code_allowed_mono_s=turn.mono_s + slower_s(failed), claim=None)
        turn.tell("code_failed", {"reasons": ["wrong_number"], "by": event.by})
    else:
        turn.set(claim=FaceClaim(order.id, turn.mono_s + CLAIM_S))
    turn.answer(event.reply, True, (), {"text": "Look at the camera."})


def claimed(turn: Turn, compared: Collection[Order]) -> Order | None:
    """The order whose number was typed, as long as that counts."""
    claim = turn.volatile.claim
    if claim is None or turn.mono_s > claim.until_mono_s:
        return None
    return next((order for order in compared if order.id == claim.order), None)
