"""What requests of the local API take beside their path: queries and bodies, from the schema that the program checks them against."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from tools.reference.markdown import table
from towerd.api.routes import ROUTERS

Schema = dict[str, Any]
COLUMNS = ("", "where", "what", "if left out")
_LIMITS = {
    "minimum": "≥ {}",
    "exclusiveMinimum": "> {}",
    "maximum": "≤ {}",
    "exclusiveMaximum": "< {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {}",
    "maxItems": "at most {}",
    "pattern": "`{}`",
}


def _plain(limit: object) -> object:
    return int(limit) if isinstance(limit, float) and limit.is_integer() else limit


def _kind(schema: Schema) -> str:
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return ", ".join(f"`{one}`" for one in schema.get("enum", [schema.get("const")]))
    items = f" of {_kind(schema['items'])}" if "items" in schema else ""
    limits = [text.format(_plain(schema[name])) for name, text in _LIMITS.items() if name in schema]
    return ", ".join([schema.get("type", "any JSON") + items, *limits])


def _named(schema: Schema, schemas: Schema) -> Schema:
    """With what is only named put in its place."""
    known = schemas.get(schema.get("$ref", "").rpartition("/")[2], {})
    return {**known, **{key: value for key, value in schema.items() if key != "$ref"}}


def _left_out(schema: Schema, *, needed: bool) -> str:
    return "needed" if needed else f"`{json.dumps(schema.get('default'))}`"


def _fields(body: Schema, schemas: Schema) -> Iterator[tuple[str, ...]]:
    one_of = [_named(one, schemas) for one in body.get("anyOf", [body])]
    for schema in one_of:
        for field, one in schema.get("properties", {}).items():
            needed = field in schema.get("required", ())
            yield (f"`{field}`", "body", _kind(_named(one, schemas)), _left_out(one, needed=needed))
    if not any("properties" in schema for schema in one_of):
        yield ("(all of it)", "body", _kind(one_of[0]), "needed")


def _inputs(operation: Schema, schemas: Schema) -> Iterator[tuple[str, ...]]:
    for one in operation.get("parameters", ()):
        if one["in"] == "query":
            needed = one.get("required", False)
            yield (f"`{one['name']}`", "query", _kind(one["schema"]), _left_out(one["schema"], needed=needed))
    for content in operation.get("requestBody", {}).get("content", {}).values():
        yield from _fields(content["schema"], schemas)


def inputs() -> Iterator[str]:
    """A table for each request that takes something beside its path."""
    app = FastAPI()
    for router in ROUTERS:
        app.include_router(router)
    document = app.openapi()
    schemas = document.get("components", {}).get("schemas", {})
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            rows = list(_inputs(operation, schemas))
            if rows:
                yield f"### `{method.upper()} {path}`\n\n{table(COLUMNS, rows)}"
