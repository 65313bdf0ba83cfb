"""Why a command may be refused over MQTT (orders-if.md 4.5). Pure."""

from __future__ import annotations

from typing import Final

REASONS: Final[tuple[str, ...]] = (
    "malformed",
    "bad_signature",
    "unknown_key",
    "kind_not_allowed",
    "not_for_this_tower",
    "expired",
    "replayed",
    "clock_unsure",
    "busy",
    "selfie_no_face",
    "selfie_several_faces",
    "selfie_too_small",
    "selfie_blurred",
    "selfie_dark",
    "selfie_pose",
    "selfie_bad_image",
    "no_such_vehicle",
    "vehicle_taken",
    "vehicle_unavailable",
    "slot_conflict",
    "not_eligible",
    "eligibility_stale",
    "licence_missing",
    "terms_missing",
    "fee_missing",
    "trial_limit",
    "customer_has_a_car",
    "deposit_missing",
    "credit_too_low",
    "down_payment_too_small",
    "tag_in_use",
    "too_large",
    "no_bay_free",
    "no_such_order",
    "no_such_loan",
    "too_late",
    "rate_limited",
    "tower_out_of_service",
)
"""Every reason of the contract, in its order; an answer names no other."""
