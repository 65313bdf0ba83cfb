"""Stock files: which vehicle stands in which bay (design invariant 11). Pure.

A file holds `{"vehicles": [record + "bay": "3-4"]}`, the record being that of `stock_in` (orders-if.md 4.4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from towerd.orders.claim_parts import RecordClaim
from towerd.orders.model import VehicleRecord
from towerd.orders.strictjson import parse_json
from towerd.places import Place, parse_place


@dataclass(frozen=True, slots=True)
class StockLine:
    """One vehicle and the bay it stands in."""

    record: VehicleRecord
    place: Place


@dataclass(frozen=True, slots=True)
class StockErrors:
    """Why a file is not taken: one text for each wrong entry, counted from 1."""

    errors: tuple[str, ...]


def vehicle_record(claim: RecordClaim) -> VehicleRecord:
    """The record as the tables keep it; offers that are not made are left out."""
    fields = claim.model_dump(exclude={"offers"})
    return VehicleRecord(**fields, offers=claim.offers.model_dump(exclude_none=True))


def parse_record(raw: Mapping[str, Any]) -> VehicleRecord:
    """A vehicle record. Raises ValueError that names the field which is wrong."""
    try:
        return vehicle_record(RecordClaim.model_validate(dict(raw)))
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "record"
        raise ValueError(f"{where}: {first['msg']}") from None


def _line(raw: object) -> StockLine:
    if not isinstance(raw, dict):
        raise TypeError("no vehicle record")
    record = dict(raw)
    text = record.pop("bay", None)
    place = parse_place(text) if isinstance(text, str) else None
    if place is None or place.kind != "bay":
        raise ValueError(f"no bay: {text!r}")
    return StockLine(parse_record(record), place)


def _twice(lines: list[StockLine]) -> list[str]:
    errors: list[str] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        for what in (f"vehicle {line.record.id}", f"tag {line.record.tag}", str(line.place)):
            if what in seen:
                errors.append(f"entry {number}: {what} is already in entry {seen[what]}")
            seen.setdefault(what, number)
    return errors


def parse_stock(data: bytes) -> tuple[StockLine, ...] | StockErrors:
    """The entries of a stock file, or everything that is wrong with it. Ids, tags and bays appear once each."""
    try:
        raw = parse_json(data)
    except ValueError as error:
        return StockErrors((f"no JSON: {error}",))
    if not isinstance(raw, dict) or set(raw) != {"vehicles"} or not isinstance(raw["vehicles"], list):
        return StockErrors(('the file holds {"vehicles": [...]} and nothing else',))
    lines: list[StockLine] = []
    errors: list[str] = []
    for number, entry in enumerate(raw["vehicles"], 1):
        try:
            lines.append(_line(entry))
        except (ValueError, TypeError) as error:
            errors.append(f"entry {number}: {error}")
    errors += _twice(lines) if not errors else []
    return StockErrors(tuple(errors)) if errors else tuple(lines)
