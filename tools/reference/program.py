"""Pages about the program: settings, local API, commands, topics."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import click
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tools.reference.inputs import inputs
from tools.reference.markdown import one_line, page, table
from tools.reference.schemas import schemas
from towerd.api.core import ANSWER_LIMIT_S, USER_HEADER
from towerd.api.routes import ROUTERS
from towerd.cli import towerctl
from towerd.cli import towerd as daemon
from towerd.cli.client import EXIT_HELP
from towerd.mqtt import topics as names
from towerd.orders.claims import MODELS
from towerd.settings import Settings
from towerd.settings_parts import Reloadable

_UNITS = {
    "_mm_s2": "mm/s²", "_deg_s2": "°/s²", "_mm_s": "mm/s", "_deg_s": "°/s", "_ratio": "0 to 1",
    "_mm": "mm", "_deg": "°", "_ms": "ms", "_s": "s",
}  # fmt: skip


def _model_of(info: FieldInfo) -> type[BaseModel] | None:
    kinds = (info.annotation, *get_args(info.annotation))
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


def _kind(annotation: Any) -> str:
    if annotation is None or annotation is type(None):
        return "none"
    if hasattr(annotation, "__metadata__"):
        return _kind(annotation.__origin__)
    arguments = get_args(annotation)
    if not arguments:
        words = {"Path": "path", "str": "text", "bool": "true, false", "int": "whole number", "float": "number"}
        return words.get(annotation.__name__, str(annotation.__name__))
    if all(isinstance(one, (str, int)) for one in arguments):
        return ", ".join(str(one) for one in arguments)
    origin = getattr(annotation, "__origin__", None)
    parts = [_kind(one) for one in arguments if one not in (type(None), Ellipsis)]
    if origin is dict:
        return f"table of {parts[-1]}"
    return f"list of {parts[0]}" if origin is tuple else " or ".join(parts)


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "**required**"
    value = info.get_default(call_default_factory=True)
    if value is None:
        return "absent"
    if isinstance(value, bool):
        return str(value).lower()
    return str(list(value)) if isinstance(value, tuple) else str(value) or '""'


def _limits(info: FieldInfo) -> str:
    signs = (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<"), ("pattern", "matches"))
    found = [
        f"{sign} {getattr(note, name)}"
        for note in info.metadata
        for name, sign in signs
        if getattr(note, name, None) is not None
    ]
    return ", ".join(found)


def _sections(model: type[BaseModel], path: str) -> Iterator[str]:
    rows = []
    inner: list[tuple[str, type[BaseModel]]] = []
    for name, info in model.model_fields.items():
        nested = _model_of(info)
        if nested is not None:
            plain = getattr(info.annotation, "__origin__", None) is not dict
            inner.append((f"{path}.{name}".lstrip(".") + ("" if plain else '."…"'), nested))
            continue
        unit = next((unit for end, unit in _UNITS.items() if name.endswith(end)), "")
        applies = "reload" if any(isinstance(note, Reloadable) for note in info.metadata) else "restart"
        kind = " ".join(filter(None, (_kind(info.annotation), _limits(info))))
        rows.append((f"`{name}`", kind, unit, _default(info), applies, info.description))
    columns = ("key", "values", "unit", "default", "applies", "meaning")
    if rows:
        about = one_line(model.__doc__).partition(": ")[2]
        title = f"## [{path}]\n\n{about[:1].upper()}{about[1:]}" if path else "## Top level"
        yield f"{title}\n\n{table(columns, rows)}"
    for name, nested in inner:
        yield from _sections(nested, name)


def settings() -> str:
    """docs/reference/settings.md."""
    intro = (
        "Every key of the settings file (TOML). Unknown keys are errors. `towerd check-config FILE` shows each error"
        " with its line. A change applies with `systemctl restart towerd`, or where it says reload with"
        " `systemctl reload towerd`. Relative paths count from the folder of the file."
    )
    return page("Settings", intro, *_sections(Settings, ""))


def api() -> str:
    """docs/reference/api.md."""
    intro = (
        "HTTP on a Unix socket (`api.socket`). The role comes from the account at the other end (SO_PEERCRED) and"
        f" `[api.users]`; only the screens' account may name another user, in `{USER_HEADER}`."
        " Requests that change something wait for the core's answer, at most"
        f" {ANSWER_LIMIT_S:g} s: 200 done, 409 refused with `reasons`, 504 no answer (it may still be done);"
        " 403 not allowed, 404 no such thing, 413 and 422 unusable."
    )
    rows = [
        (f"`{' '.join(sorted(route.methods or ()))} {route.path}`", one_line(inspect.getdoc(route.endpoint)))
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
    ]
    taken = (
        "Bodies are JSON; a field that is not named here is refused. A request that changes something answers with `ok`, `reasons`"
        " (a list, empty where it was done), `result` and, where a person should read it, `text`."
    )
    requests = table(("request", "what it does (least role)"), rows)
    return page("Local API", intro, requests, f"## What requests take\n\n{taken}", *inputs())


def _option(one: click.Parameter) -> tuple[str, str, str]:
    if isinstance(one, click.Argument):
        return (f"`{one.metavar or one.human_readable_name}`", one.help or "", "")
    assert isinstance(one, click.Option)
    shown = (
        ""
        if one.is_flag or one.required or not isinstance(one.default, (str, int, float, Path))
        else f"`{one.default}`"
    )
    return (f"`{', '.join(one.opts)}`", one.help or "", shown)


def _command(command: click.Command, path: str) -> Iterator[str]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _command(inner, f"{path} {name}")
        return
    text = " ".join(inspect.cleandoc(command.help or "").split())
    yield f"## `{path}`\n\n{text}\n\n{table(('', 'meaning', 'default'), list(map(_option, command.params)))}".strip()


def cli() -> str:
    """docs/reference/cli.md."""
    parts = [part for name, app in (("towerd", daemon.app), ("towerctl", towerctl.app)) for part in _command(app, name)]
    return page("Commands", f"`towerd` is the service and its files, `towerctl` a running tower. {EXIT_HELP}", *parts)


def _schema(name: str) -> str:
    return f"[{name}](schemas/{name}.json)" if name in schemas() else "`online` or `offline`"


def topics() -> str:
    """docs/reference/topics.md."""
    full = names.Topics("{root}", "{tower}").full
    rows = [
        (f"`{full(channel.topic)}`", "yes" if channel.retained else "no", channel.qos, _schema(channel.name))
        for channel in names.CHANNELS
    ]
    out = table(("topic", "retained", "QoS", "payload"), rows)
    verbs = [
        (
            f"`cmd/{kind}`",
            _schema(f"claims_{kind}"),
            ", ".join(f"`{info.alias or name}`" for name, info in model.model_fields.items()),
        )
        for kind, model in sorted(MODELS.items())
    ]
    intro = (
        "What the tower publishes and takes over MQTT 5. Meaning: the order and telemetry interface 1.0. Each payload has"
        " a JSON Schema (draft 7), made from what the program itself reads and publishes with."
    )
    taken = (
        f"A body is {_schema('command')}, of `cmd/state` {_schema('command_state')}. A command carries a token whose kind"
        " is the verb, and whose claims are these; the token's headers are"
        f" {_schema('token_outer_header')} and {_schema('token_inner_header')}. Which key may sign which kinds stands in"
        f" the {_schema('key_set')} file."
    )
    return page(
        "Topics",
        intro,
        f"## From the tower\n\n{out}",
        f"## To the tower\n\n{taken}\n\n{table(('topic', 'payload of the token', 'claims'), verbs)}",
    )
