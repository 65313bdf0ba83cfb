"""The parts that tokens and keys are made of: exact types and closed objects (orders-if.md 2, 4.1 and 4.4). Pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema, model_validator
from typing_extensions import TypedDict

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
YEARS = range(1970, 2200)
"""Years that a time may lie in: whatever is added to one or taken from it, the calendar does not end."""
LATEST_S = int(datetime(YEARS.stop, 1, 1, tzinfo=UTC).timestamp()) - 1
"""The last second of these years, since 1970."""


def is_id(text: object) -> bool:
    """Whether this is an id as section 2 has them."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def _check_year(day: date) -> None:
    if day.year not in YEARS:
        raise ValueError(f"a year from {YEARS.start} to {YEARS.stop - 1}")


def parse_at(text: object) -> datetime:
    """An RFC 3339 time in UTC with a Z, aware, of a year in `YEARS`. Raises ValueError on anything else."""
    if not isinstance(text, str) or not _RFC3339.fullmatch(text):
        raise ValueError("no RFC 3339 time in UTC")
    at = datetime.fromisoformat(text)
    _check_year(at)
    return at.astimezone(UTC)


def parse_day(text: object) -> date:
    """A date as 2031-04-30, of a year in `YEARS`. Raises ValueError on anything else."""
    if not isinstance(text, str) or not _DATE.fullmatch(text):
        raise ValueError("no date")
    day = date.fromisoformat(text)
    _check_year(day)
    return day


TowerId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,32}$")]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
HOST_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
HostName = Annotated[str, StringConstraints(pattern=rf"^{HOST_LABEL}(\.{HOST_LABEL})*$", max_length=253)]
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$", min_length=1, max_length=128)]
Note = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$", max_length=1000)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Digits8 = Annotated[str, StringConstraints(pattern=r"^[0-9]{8}$")]
At = Annotated[
    datetime,
    BeforeValidator(parse_at),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": f"^{_RFC3339.pattern}$"}),
]
Day = Annotated[
    date,
    BeforeValidator(parse_day),
    WithJsonSchema({"type": "string", "format": "date", "pattern": f"^{_DATE.pattern}$"}),
]
Money = Annotated[int, Field(ge=0, le=10**13)]
Count = Annotated[int, Field(ge=0, le=10**6)]
Ratio = Annotated[float, Field(ge=0.0, le=1.0)]
Word = Annotated[int, Field(ge=1, le=65535)]
EpochS = Annotated[int, Field(ge=0, le=LATEST_S)]
Coordinate = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]
"""32 bytes in base64url: a coordinate of P-256, or a SHA-256."""
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\x00-\x20\x7f]+$", max_length=1000)]


EXACT = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class Closed(BaseModel):
    """Exact types, no field but the named ones, no change afterwards."""

    model_config = EXACT


class VehicleById(Closed):
    """One vehicle."""

    id: Id


class VehicleByModel(Closed):
    """Any vehicle of this make, model and colour."""

    make: Text
    model: Text
    colour: Text


class TestDriveOffer(Closed):
    """What a test drive costs, in minor units."""

    __test__ = False

    fee: Money
    deposit: Money
    currency: Currency


class PurchaseOffer(Closed):
    """What the vehicle costs, in minor units."""

    price: Money
    currency: Currency


class Offers(Closed):
    """What may be done with a vehicle; an offer that is absent is not made."""

    test_drive: TestDriveOffer | None = None
    purchase: PurchaseOffer | None = None


class RecordClaim(Closed):
    """The vehicle record of `stock_in` and of stock files."""

    id: Id
    tag: Annotated[int, Field(ge=1, le=2**32 - 1)]
    make: Text
    model: Text
    colour: Text
    year: Annotated[int, Field(ge=1900, le=2200)]
    trim: Text
    propulsion: Literal["petrol", "diesel", "hybrid", "electric"]
    mass_kg: Word
    length_mm: Word
    width_mm: Word
    height_mm: Word
    image_url: Url
    owner: Id
    offers: Offers


class SlotClaim(Closed):
    """When the customer comes."""

    from_at: At = Field(alias="from")
    until_at: At = Field(alias="until")

    @model_validator(mode="after")
    def _in_order(self) -> SlotClaim:
        if self.from_at >= self.until_at:
            raise ValueError("the slot ends before it begins")
        return self


SlotText = Annotated[
    str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$", json_schema_extra={"format": "date-time"})
]
SlotShown = TypedDict("SlotShown", {"from": SlotText, "until": SlotText})
"""A slot as the tower shows it."""


class PublicJwk(TypedDict):
    """The tower's public encryption key, as published (4.1)."""

    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: Coordinate
    y: Coordinate
    kid: Id
    alg: Literal["ECDH-ES"]
    use: Literal["enc"]


class Consent(Closed):
    """Consent to face recognition."""

    face: bool
    at: At
    text_version: Text


class Terms(Closed):
    """The clauses that the customer accepted."""

    version: Text
    hash: Text
    accepted_at: At


class Deposit(Closed):
    """The deposit of a test drive, in minor units."""

    amount: Money
    currency: Currency
    paid: bool


class Eligibility(Closed):
    """What the shop knows of the customer. Without licence, score or deposit the order is refused for that, not as malformed."""

    member: bool
    credit_score: Annotated[int, Field(ge=0, le=10_000)] | None = None
    test_drives_60_days: Count
    cars_out: Count
    licence_until: Day | None = None
    identity_checked: bool
    deposit: Deposit | None = None
    fee_paid: bool
    as_of: At


class Payment(Closed):
    """How a vehicle is paid, in minor units; `instalments` is how many follow."""

    price: Money
    currency: Currency
    paid: Money
    instalments: Annotated[int, Field(ge=0, le=1200)]
