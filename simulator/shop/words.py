"""The shop's plain words for what towers answer and tell (orders-if.md 4.5 and 5)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from simulator.shop.model import Reason

REASONS: Final[dict[str, str]] = {
    "malformed": "The tower could not read the request. This is a fault of the shop.",
    "bad_signature": "The tower does not believe the shop's signature.",
    "unknown_key": "The tower does not know the shop's key.",
    "kind_not_allowed": "The shop may not ask this of the tower, or the tower does not serve it.",
    "not_for_this_tower": "The request was meant for another tower.",
    "expired": "The request came too late. Please try again.",
    "replayed": "The tower has seen this request before, with other content. Please try again.",
    "clock_unsure": "The tower does not trust its clock at the moment. Please try again later.",
    "busy": "The tower has too much to do at the moment. Please try again in a minute.",
    "selfie_no_face": "There is no face in the selfie.",
    "selfie_several_faces": "There are several faces in the selfie. Please take one of yourself alone.",
    "selfie_too_small": "The face in the selfie is too small. Please come nearer to the camera.",
    "selfie_blurred": "The selfie is blurred. Please hold the camera still.",
    "selfie_dark": "The selfie is too dark. Please take it where there is more light.",
    "selfie_pose": "Please look straight into the camera for the selfie.",
    "selfie_bad_image": "The selfie is no picture that the tower can read.",
    "no_such_vehicle": "The tower has no such car.",
    "vehicle_taken": "Somebody else has just taken this car.",
    "vehicle_unavailable": "This car cannot be had at the moment.",
    "slot_conflict": "The car cannot be had at that time. Please choose another time.",
    "not_eligible": "Your identity has not been checked yet.",
    "eligibility_stale": "What the shop knows of you is too old. Please try again.",
    "licence_missing": "You need a driving licence that is valid for the whole drive.",
    "terms_missing": "Please accept the terms.",
    "fee_missing": "The fee has not been paid. It is free for members with a good credit score.",
    "trial_limit": "Five test drives in sixty days are the most. Please come again later, or buy a car.",
    "customer_has_a_car": "You have a car out, or one ordered. One at a time: bring it back, buy it, or cancel.",
    "deposit_missing": "The deposit has not been paid.",
    "credit_too_low": "Your credit score is too low to pay in instalments. The full price can be paid.",
    "down_payment_too_small": "At least a tenth of the price is paid at once, the rest in instalments.",
    "tag_in_use": "The tower knows a vehicle with this tag or id already.",
    "too_large": "The request is too large: the selfie, most likely.",
    "no_bay_free": "The tower has no free bay.",
    "no_such_order": "The tower knows no such order of yours.",
    "no_such_loan": "The tower knows no such loan of yours.",
    "too_late": "It is too late for that: the car is being handed over or brought back, or it is settled.",
    "rate_limited": "There have been too many requests. Please try again later.",
    "tower_out_of_service": "The tower is out of service.",
}
"""Every reason of the contract."""

STATES: Final[dict[str, str]] = {
    "asked": "Sent. The tower has not answered yet; the shop goes on asking.",
    "refused": "The tower has refused the order.",
    "awaiting_stock": "Accepted. The car still has to arrive at the tower.",
    "accepted": "Accepted. Come to the tower, and show your face or type number and code.",
    "staged": "The car waits in a cabin. Show your face or type number and code.",
    "arrived": "The tower has seen you. Show your face or type number and code.",
    "identified": "The tower knows you. Your car comes next.",
    "delivering": "Your car is on its way down.",
    "ready": "The door is open: your car is ready.",
    "handed_over": "The car has left the cabin.",
    "late": "The car should be there by now and is not. The order goes on waiting for it.",
    "storing": "The tower is putting the car away.",
    "completed": "Done.",
    "cancelled": "Cancelled.",
    "expired": "The car did not arrive in time.",
    "no_show": "Nobody came in time.",
    "failed": "The tower could not hand over the car.",
}

BY_CODE: Final[dict[str, str]] = {
    "accepted": "Accepted. Come to the tower, and type number and code, or show the QR code.",
    "staged": "The car waits in a cabin. Type number and code, or show the QR code.",
    "arrived": "The tower has seen you. Type number and code, or show the QR code.",
}
"""States in which a face would serve, where none does."""

LOANS: Final[dict[str, str]] = {
    "out": "The car is with you.",
    "due_soon": "The car is with you and is due back soon.",
    "overdue": "The car is with you and should be back by now.",
    "returning": "The tower is taking the car back.",
    "returned": "The car is back. Thank you.",
    "sold": "The car is yours.",
    "returned_elsewhere": "The car is back, at another tower. Thank you.",
}

EVENTS: Final[dict[str, str]] = {
    "order_accepted": "The tower has taken the order.",
    "order_awaiting_stock": "The order waits for the car to come to the tower.",
    "order_arrived": "The tower has seen somebody come.",
    "order_staged": "The car has been brought to a cabin.",
    "order_identified": "The tower has recognised the customer.",
    "order_delivering": "The car is being fetched.",
    "order_ready": "The door is open.",
    "order_storing": "The tower puts the car away.",
    "loan_out": "The car is with its customer.",
    "job_done": "The machine has moved the car.",
    "order_bound": "A car has been set aside for the order.",
    "order_late": "The car is not there yet, although its time has come.",
    "order_vehicle_replaced": "Another car of the same make, model and colour has been set aside.",
    "code_locked": "The code is locked for ten minutes after wrong codes. The face still works.",
    "consent_withdrawn": "Consent to face recognition is withdrawn: the code serves.",
    "vehicle_stocked_in": "The car is in the tower.",
    "vehicle_stocked_out": "The car has left the tower's stock.",
}


def reason(code: str) -> Reason:
    """A reason with its words; one that the contract does not have keeps its own."""
    return Reason(code, REASONS.get(code, code.replace("_", " ")))


def reasons(codes: Iterable[str]) -> tuple[Reason, ...]:
    """Reasons with their words, each once."""
    return tuple(reason(code) for code in dict.fromkeys(codes))


def told(kind: str) -> str:
    """An event's type in plain words."""
    if kind in EVENTS:
        return EVENTS[kind]
    subject, _, state = kind.partition("_")
    table = {"order": STATES, "loan": LOANS}.get(subject, {})
    return table.get(state, kind.replace("_", " "))
