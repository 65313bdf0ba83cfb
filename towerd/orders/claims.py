"""What a token may say, kind by kind (orders-if.md 4.4 and `examples.json` claims). Pure.

Every field that is not named here is refused, every type is exact, and null is taken only where the contract shows it.
`read_claims` reads the payload without selfie and code, as events carry it; `parse_claims` reads the whole payload.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from towerd.errors import Refusal
from towerd.orders.claim_parts import (
    EXACT,
    At,
    Closed,
    Consent,
    Digits8,
    Eligibility,
    EpochS,
    HostName,
    Id,
    Note,
    Payment,
    Ratio,
    RecordClaim,
    SlotClaim,
    Terms,
    Text,
    TowerId,
    VehicleById,
    VehicleByModel,
)
from towerd.orders.strictjson import parse_json

SELFIE_LIMIT_BYTES = 160 * 1024
SELFIE_LIMIT_CHARS = (SELFIE_LIMIT_BYTES + 2) // 3 * 4
Selfie = Annotated[
    str,
    Field(
        min_length=4,
        max_length=SELFIE_LIMIT_CHARS,
        json_schema_extra={"contentEncoding": "base64", "contentMediaType": "image/jpeg"},
    ),
]
NULLABLE = frozenset({"fuel_ratio"})
"""The only claim that the contract shows with null."""


class Claims(Closed):
    """What every token says."""

    iss: HostName
    aud: TowerId
    sub: Id
    jti: Id
    iat: EpochS
    exp: EpochS


Services = Annotated[list[Id], Field(max_length=64)]


class TestDrive(Claims):
    """An order for a test drive."""

    __test__ = False

    kind: Literal["test_drive"]
    vehicle: VehicleById | VehicleByModel
    slot: SlotClaim | None = None
    wait_until: At | None = None
    consent: Consent | None = None
    terms: Terms | None = None
    eligibility: Eligibility | None = None
    services: Services = Field(default_factory=list)


class Collect(TestDrive):
    """An order for a vehicle that was bought."""

    kind: Literal["collect"]  # type: ignore[assignment]
    payment: Payment


class StockIn(Claims):
    """A dealer brings a vehicle."""

    kind: Literal["stock_in"]
    vehicle: RecordClaim
    slot: SlotClaim | None = None


class StockOut(Claims):
    """A dealer takes a vehicle."""

    kind: Literal["stock_out"]
    vehicle: VehicleById
    slot: SlotClaim | None = None


class Cancel(Claims):
    """Ends an order."""

    kind: Literal["cancel"]
    order: Id
    reason: Text | None = None


class Purchase(Claims):
    """The car of a loan stays with the customer."""

    kind: Literal["purchase"]
    order: Id
    payment: Payment
    eligibility: Eligibility | None = None


class ReturnedElsewhere(Claims):
    """The car of a loan is back at another tower."""

    kind: Literal["returned_elsewhere"]
    order: Id
    tower: TowerId
    at: At


class Eta(Claims):
    """When the customer arrives."""

    kind: Literal["eta"]
    order: Id
    arrives_at: At
    sd_s: Annotated[float, Field(ge=0, le=30 * 86400)]
    source: Literal["app", "gate", "plate", "kiosk"]


class Report(Claims):
    """What telematics or staff know of a vehicle."""

    kind: Literal["report"]
    vehicle: VehicleById
    odometer_km: Annotated[int, Field(ge=0, le=10**7)] | None = None
    charge_ratio: Ratio | None = None
    fuel_ratio: Ratio | None = None
    at: At


class ConditionClaim(Claims):
    """Puts a vehicle out of service, or releases it."""

    kind: Literal["condition"]
    vehicle: VehicleById
    condition: Literal["out_of_service", "available", "inspection"]
    reasons: list[Literal["damage", "cleaning", "charge_low", "service_due", "recalled"]] = Field(default_factory=list)
    note: Note | None = None


class ConsentWithdrawn(Claims):
    """Withdraws consent to face recognition."""

    kind: Literal["consent"]
    order: Id
    face: Literal[False]
    at: At


class Erase(Claims):
    """Everything about a customer that nothing open needs."""

    kind: Literal["erase"]


class Hold(Claims):
    """Stop moving."""

    kind: Literal["hold"]
    reason: Text | None = None


class Resume(Claims):
    """Go on, if it was an MQTT hold."""

    kind: Literal["resume"]
    reason: Text | None = None


AnyClaims = (
    TestDrive
    | Collect
    | StockIn
    | StockOut
    | Cancel
    | Purchase
    | ReturnedElsewhere
    | Eta
    | Report
    | ConditionClaim
    | ConsentWithdrawn
    | Erase
    | Hold
    | Resume
)

MODELS: Mapping[str, type[Claims]] = {
    "test_drive": TestDrive,
    "collect": Collect,
    "stock_in": StockIn,
    "stock_out": StockOut,
    "cancel": Cancel,
    "purchase": Purchase,
    "returned_elsewhere": ReturnedElsewhere,
    "eta": Eta,
    "report": Report,
    "condition": ConditionClaim,
    "consent": ConsentWithdrawn,
    "erase": Erase,
    "hold": Hold,
    "resume": Resume,
}
KINDS: frozenset[str] = frozenset(MODELS)
WITH_CODE: frozenset[str] = frozenset({"test_drive", "collect", "stock_in", "stock_out"})
WITH_SELFIE: frozenset[str] = frozenset({"test_drive", "collect"})
OF_DEALERS: frozenset[str] = WITH_CODE - WITH_SELFIE
_SELFIE: TypeAdapter[str] = TypeAdapter(Selfie, config=EXACT)
_CODE: TypeAdapter[str] = TypeAdapter(Digits8, config=EXACT)
MALFORMED = Refusal(("malformed",), "The token cannot be read.")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A payload taken apart. `public` is JSON without selfie and code, `selfie` the decoded JPEG's bytes."""

    claims: Claims
    public: dict[str, Any]
    selfie: bytes | None
    code: str | None


def _null_free(value: Any, name: str = "") -> bool:
    if isinstance(value, dict):
        return all(_null_free(inner, key) for key, inner in value.items())
    if isinstance(value, list):
        return all(_null_free(inner) for inner in value)
    return value is not None or name in NULLABLE


def read_claims(public: Mapping[str, Any]) -> Claims:
    """The typed claims of a payload without selfie and code. Raises ValueError where it is not what the contract shows."""
    kind = public.get("kind")
    if not isinstance(kind, str) or kind not in MODELS or not _null_free(dict(public)):
        raise ValueError("no claims of a known kind")
    try:
        return MODELS[kind].model_validate(dict(public))
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"])
        raise ValueError(f"{kind}: {where or 'not as the contract shows it'}") from None


def _take_selfie(public: dict[str, Any], kind: object) -> bytes | None:
    if "selfie" not in public:
        return None
    text = public.pop("selfie")
    if kind not in WITH_SELFIE:
        raise ValueError("no selfie belongs here")
    try:
        selfie = base64.b64decode(_SELFIE.validate_python(text), validate=True)
    except binascii.Error as error:
        raise ValueError("the selfie is no base64") from error
    if not 0 < len(selfie) <= SELFIE_LIMIT_BYTES:
        raise ValueError("no selfie of at most 160 KiB")
    return selfie


def _take_code(public: dict[str, Any], kind: object) -> str | None:
    code = public.pop("code", None)
    if kind not in WITH_CODE:
        if code is not None:
            raise ValueError("no code belongs here")
        return None
    return _CODE.validate_python(code)


def parse_claims(payload: bytes) -> Parsed | Refusal:
    """Take a token's payload apart, or refuse it as `malformed` (4.1, 4.4)."""
    try:
        raw = parse_json(payload)
        if not isinstance(raw, dict) or not _null_free(raw):
            return MALFORMED
        public = dict(raw)
        selfie = _take_selfie(public, raw.get("kind"))
        code = _take_code(public, raw.get("kind"))
        return Parsed(read_claims(public), public, selfie, code)
    except (ValueError, TypeError):
        return MALFORMED
