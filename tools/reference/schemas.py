"""JSON Schemas (draft 7) of everything that passes over MQTT, from the models that the daemon parses and publishes with.

Where a text has an enumeration or a pattern, so has the schema. What a schema cannot say is said in its description.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final, get_type_hints

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from typing_extensions import TypedDict

from towerd.fsm.told import OPEN, TOLD, EventType
from towerd.mqtt.request import CommandBody
from towerd.mqtt.shapes import BODIES, Envelope
from towerd.orders.claim_parts import Digits8
from towerd.orders.claims import MODELS, NULLABLE, WITH_CODE, WITH_SELFIE, Selfie
from towerd.orders.keys import KeySet
from towerd.orders.tokens import InnerHeader, OuterHeader

DRAFT: Final = "http://json-schema.org/draft-07/schema#"
REF: Final = "#/definitions/{model}"
NULL: Final = {"type": "null"}

Schema = dict[str, Any]


class _Plain(GenerateJsonSchema):
    """Without a title for each field: it would say the name again."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _of(kind: Any) -> Schema:
    """The schema of a model or of a typed dictionary, closed: no field but the named ones."""
    closed: Schema = _closed(TypeAdapter(kind).json_schema(ref_template=REF, schema_generator=_Plain))
    return closed


def _closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {("definitions" if name == "$defs" else name): _closed(inner) for name, inner in schema.items()}
    if isinstance(made.get("properties"), dict) and made.get("type") == "object":
        made.setdefault("additionalProperties", False)
    return made


def _without_null(schema: Any, name: str = "") -> Any:
    """What comes in holds null nowhere but where the contract shows it; an absent field is left out."""
    if isinstance(schema, list):
        return [_without_null(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _without_null(inner, key) for key, inner in schema.items() if key != "default"}
    branches = made.get("anyOf")
    if isinstance(branches, list) and NULL in branches and name not in NULLABLE:
        rest = [branch for branch in branches if branch != NULL]
        del made["anyOf"]
        made |= rest[0] if len(rest) == 1 else {"anyOf": rest}
    return made


def _whole(name: str, schema: Schema, about: str) -> Schema:
    text = " ".join(about.split())
    return {"$schema": DRAFT, "$id": f"urn:towerd:orders-if:1.0:{name}", "title": name, "description": text} | {
        key: value for key, value in schema.items() if key not in ("title", "description")
    }


def message(name: str) -> Schema:
    """A message of the tower: the envelope and the body."""
    body = BODIES[name]
    hints = get_type_hints(Envelope, include_extras=True) | get_type_hints(body, include_extras=True)
    schema = _of(TypedDict(body.__name__.removesuffix("Body"), hints))  # type: ignore[operator]
    return _whole(name, schema, body.__doc__ or "")


def _data(kind: EventType) -> Schema:
    schema = _of(TypedDict(kind, dict(TOLD[kind])))  # type: ignore[operator]
    schema.pop("title")
    if kind in OPEN:
        schema["additionalProperties"] = True
    return schema


def event() -> Schema:
    """`event`: `type` says which fields `data` has."""
    schema = message("event")
    schema["properties"]["type"] = {"enum": list(TOLD)}
    schema["properties"]["data"] = {"type": "object"}
    schema["definitions"] = {f"data_{kind}": _data(kind) for kind in TOLD}
    schema["allOf"] = [
        {
            "if": {"properties": {"type": {"const": kind}}},
            "then": {"properties": {"data": {"$ref": REF.format(model=f"data_{kind}")}}},
        }
        for kind in TOLD
    ]
    return schema


def _taken(name: str, kind: type[BaseModel], about: str | None = None) -> Schema:
    return _whole(name, _without_null(_of(kind)), about or kind.__doc__ or "")


def claims(kind: str) -> Schema:
    """The payload of a token of this kind, with the selfie and the code, which never get as far as the model."""
    schema = _taken(f"claims_{kind}", MODELS[kind])
    if kind in WITH_SELFIE:
        schema["properties"]["selfie"] = _of(Selfie)
    if kind in WITH_CODE:
        schema["properties"]["code"] = _of(Digits8)
        schema["required"].append("code")
    return schema


def command(*, token: bool) -> Schema:
    """The outer part of a command; of `state` where it carries no token."""
    schema = _taken("command" if token else "command_state", CommandBody)
    if token:
        schema["required"].append("token")
    else:
        del schema["properties"]["token"]
    return schema


@cache
def schemas() -> Mapping[str, Schema]:
    """Every schema by its name."""
    found: dict[str, Schema] = {name: message(name) for name in BODIES}
    found["event"] = event()
    found["command"], found["command_state"] = command(token=True), command(token=False)
    found["token_outer_header"] = _taken("token_outer_header", OuterHeader)
    found["token_inner_header"] = _taken("token_inner_header", InnerHeader)
    found |= {f"claims_{kind}": claims(kind) for kind in MODELS}
    found["key_set"] = _taken("key_set", KeySet)
    return found


def as_text(schema: Mapping[str, Any]) -> str:
    """A document as it is written down."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def pages() -> Iterator[tuple[str, str]]:
    """Each file below docs/reference with its text."""
    for name, schema in schemas().items():
        yield f"schemas/{name}.json", as_text(schema)
