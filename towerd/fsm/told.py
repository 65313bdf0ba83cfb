"""What the tower tells as `event`: every type and the fields of its `data` (orders-if.md 2, 5.4). Pure.

`Turn.tell` takes these types and no others. The JSON Schemas are made from this table, and every test that hears the
tower checks each event against them. Each field is there in every event of its type, null where there is nothing to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, NotRequired

from pydantic import Field

EventType = Literal[
    "order_accepted",
    "order_refused",
    "order_awaiting_stock",
    "order_bound",
    "order_staged",
    "order_arrived",
    "order_identified",
    "order_delivering",
    "order_ready",
    "order_handed_over",
    "order_completed",
    "order_cancelled",
    "order_expired",
    "order_no_show",
    "order_failed",
    "order_vehicle_replaced",
    "order_put_back",
    "order_vouched",
    "loan_out",
    "loan_due_soon",
    "loan_overdue",
    "loan_returning",
    "loan_returned",
    "loan_sold",
    "loan_returned_elsewhere",
    "vehicle_stocked_in",
    "vehicle_stocked_out",
    "vehicle_condition",
    "vehicle_unknown",
    "vehicle_found",
    "vehicle_fetched",
    "vehicle_turned_away",
    "fetch_ready",
    "handed_over_unidentified",
    "cabin_changed",
    "faces_alike",
    "inventory_corrected",
    "tag_unknown",
    "tag_read",
    "move_asked",
    "move_arrived",
    "move_done",
    "move_cancelled",
    "job_done",
    "job_given_back",
    "serviced",
    "look_failed",
    "code_failed",
    "code_locked",
    "command_dropped",
    "mode_changed",
    "manual_intervention",
    "override_used",
    "consent_withdrawn",
    "privacy_erased",
    "keys_reloaded",
    "settings_reloaded",
    "clock_unsure",
    "clock_sure",
    "photos_shown",
    "outbox_dropped",
    "audit_trimmed",
    "started",
    "stopped",
]

Fields = Mapping[str, Any]
"""The fields of one type's `data`, with their types."""

Vehicle = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Cabin = Annotated[int, Field(ge=1, le=99)]
PlaceName = Annotated[str, Field(pattern=r"^(bay:\d+-\d+|cabin:\d+|carriage|out|unknown)$")]
Time = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$")]
Seconds = Annotated[float, Field(ge=0)]
Hours = Annotated[float, Field(ge=0)]
Money = Annotated[int, Field(ge=0)]
"""In minor units."""
Ratio = Annotated[float, Field(ge=0)]
Score = Annotated[float, Field(ge=-1, le=1)]
By = str | None
"""An account, a customer's pseudonym, or null: the tower by itself."""
Reasons = list[str]

_ENDED: Fields = {"reason": str | None, "vehicle": Vehicle | None, "make": str | None, "model": str | None}
_VEHICLE: Fields = {"vehicle": Vehicle}
_CAR: Fields = {"vehicle": Vehicle, "make": str, "model": str}
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Km = Annotated[int, Field(ge=0)]
Level = Annotated[float, Field(ge=0, le=1)]
_OUT_VALUES: Fields = {
    "odometer_out_km": Km | None,
    "charge_out_ratio": Level | None,
    "fuel_out_ratio": Level | None,
}
_PHOTOS_OUT: Fields = {"photos_out": list[Sha256], "no_photos_out": str | None}
_LOAN_END: Fields = {
    **_CAR,
    "out_s": Seconds,
    "overdue_s": Seconds,
    **_OUT_VALUES,
    "odometer_km": Km | None,
    "charge_ratio": Level | None,
    "fuel_ratio": Level | None,
    "driven_km": int | None,
    "read_by": Literal["driver", "report"] | None,
    "read_at": Time | None,
    "doubts": Reasons,
    "damage": bool | None,
    **_PHOTOS_OUT,
    "photos_back": list[Sha256],
    "no_photos_back": str | None,
}
_NOT_YET: Fields = {}
"""A type of the contract that no event has yet."""

OPEN: Final[frozenset[EventType]] = frozenset({"manual_intervention"})
"""Types with more fields than the table shows: what a person did has no single form."""

TOLD: Final[Mapping[EventType, Fields]] = {
    "order_accepted": {"kind": str, **_CAR, "code_only": bool},
    "order_refused": {"verb": str, "reasons": Reasons},
    "order_awaiting_stock": {"wait_until": Time | None, "late": bool},
    "order_bound": {**_CAR, "from": Time | None, "until": Time | None},
    "order_staged": {"cabin": Cabin},
    "order_arrived": _VEHICLE,
    "order_identified": {"by": str, "liveness": str, "score": Score | None},
    "order_delivering": {"vehicle": Vehicle, "cabin": Cabin, "from": PlaceName},
    "order_ready": {"cabin": Cabin, "motion_s": Seconds, "minimum_s": Seconds},
    "order_handed_over": {
        **_CAR,
        "waited_s": Seconds | None,
        "identified_by": str | None,
        "liveness": str,
        "score": Score | None,
    },
    "order_completed": _CAR,
    "order_cancelled": _ENDED,
    "order_expired": _ENDED,
    "order_no_show": _ENDED,
    "order_failed": _ENDED,
    "order_vehicle_replaced": {**_CAR, "before": Vehicle},
    "order_vouched": {"by": By, "saw": str, "with": By, "with_saw": str},
    "order_put_back": {"vehicle": Vehicle, "cabin": Cabin | None, "why": str},
    "loan_out": {"vehicle": Vehicle, "due_back_s": float, **_OUT_VALUES, **_PHOTOS_OUT},
    "loan_due_soon": {"vehicle": Vehicle, "due_back_h": Hours},
    "loan_overdue": {"vehicle": Vehicle, "overdue_h": Hours},
    "loan_returning": {"vehicle": Vehicle, "cabin": Cabin | None},
    "loan_returned": {**_LOAN_END, "button_wait_s": Seconds},
    "loan_sold": {**_LOAN_END, "price": Money, "currency": str, "paid": Money, "instalments": int},
    "loan_returned_elsewhere": {**_LOAN_END, "tower": str},
    "vehicle_stocked_in": {"vehicles": list[Vehicle], "by": By},
    "vehicle_stocked_out": {"vehicles": list[Vehicle], "by": By},
    "vehicle_condition": {"vehicle": Vehicle, "condition": str, "reasons": Reasons, "by": By, "note": str | None},
    "vehicle_unknown": {"vehicle": Vehicle, "place": PlaceName, "reason": str},
    "vehicle_found": {"vehicle": Vehicle, "place": PlaceName, "by": By},
    "vehicle_fetched": {
        "move": int,
        "vehicle": Vehicle,
        "tag": int,
        "from": PlaceName,
        "by": By,
        "reason": str | None,
    },
    "vehicle_turned_away": {"vehicle": Vehicle, "cabin": Cabin, "tag": int | None, "reasons": Reasons},
    "fetch_ready": {"move": int, "vehicle": Vehicle, "cabin": Cabin, "by": By},
    "handed_over_unidentified": {"vehicle": Vehicle, "cabin": Cabin},
    "cabin_changed": {"cabin": Cabin, "epoch_read": int, "epoch": int},
    "faces_alike": {"other": str},
    "inventory_corrected": {
        "place": PlaceName,
        "tag": int,
        "vehicle": Vehicle,
        "was": Vehicle,
        "before": PlaceName,
        "by": By,
    },
    "tag_unknown": {"vehicle": Vehicle, "tag": int, "place": PlaceName, "by": By},
    "tag_read": {"move": int, "bay": PlaceName, "vehicle": Vehicle, "tag": int, "by": By},
    "move_asked": {
        "move": int,
        "purpose": str,
        "vehicle": Vehicle,
        "from": PlaceName,
        "by": By,
        "to": PlaceName | None,
        "reason": str | None,
    },
    "move_arrived": {"move": int, "vehicle": Vehicle, "cabin": Cabin, "by": By},
    "move_done": {"move": int, "purpose": str, "vehicle": Vehicle, "by": By, "why": str | None},
    "move_cancelled": {"move": int, "purpose": str, "vehicle": Vehicle, "by": By, "why": str | None},
    "job_done": {
        "job": int,
        "purpose": str,
        "vehicle": Vehicle,
        "from": PlaceName,
        "to": PlaceName,
        "motion_s": Seconds,
        "minimum_s": Seconds,
        "ratio": Ratio | None,
        "by": By,
    },
    "job_given_back": {"job": int, "vehicle": Vehicle, "at": PlaceName, "place": PlaceName, "why": str},
    "serviced": {"device": str, "cycles": int, "by": By, "note": str | None},
    "look_failed": {"outcome": str, "why": str, "liveness": str, "in_row": int},
    "code_failed": {"reasons": Reasons, "by": By},
    "code_locked": {"reasons": Reasons, "by": By},
    "command_dropped": {"verb": str, "reasons": Reasons},
    "mode_changed": {
        "packml": NotRequired[str],
        "stop_reason": NotRequired[int],
        "what": NotRequired[Literal["hold", "resume"]],
        "by": NotRequired[By],
        "reason": NotRequired[str | None],
    },
    "manual_intervention": {"by": By},
    "override_used": _NOT_YET,
    "consent_withdrawn": {"state": str},
    "privacy_erased": {
        "request": str | None,
        "by": By,
        "orders": Annotated[int, Field(ge=0)],
        "loans": Annotated[int, Field(ge=0)],
        "kept": list[str],
    },
    "keys_reloaded": {"keys": list[str], "tower_key": str},
    "settings_reloaded": {"need_restart": list[str]},
    "clock_unsure": {},
    "clock_sure": {},
    "photos_shown": {"vehicle": Vehicle, "when": Literal["out", "back"], "by": By},
    "outbox_dropped": {"from_seq": int, "until_seq": int},
    "audit_trimmed": {"up_to_seq": int, "hash": str},
    "started": {"version": str},
    "stopped": {"why": str},
}
