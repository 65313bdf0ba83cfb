"""The view as JSON. Pure. Codes, their hashes and faces are never in it."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final

from towerd.places import Place
from towerd.units import rfc3339
from towerd.view import View

SECRET: Final = frozenset({"code_mac", "payload_sha256", "pseudonym"})
"""Fields that stay inside: what a code could be searched from, and what the audit log could be read by."""


def jsonable(value: Any) -> Any:
    """A frozen value as JSON: places as text, times as RFC 3339, tuples and sets as lists, secrets left out."""
    if isinstance(value, Place):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        names = (field.name for field in fields(value) if field.name not in SECRET)
        return {name: jsonable(getattr(value, name)) for name in names}
    if isinstance(value, dict):
        return {str(key): jsonable(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [jsonable(one) for one in value]
    if isinstance(value, datetime):
        return rfc3339(value)
    return value.value if isinstance(value, Enum) else value


def status(view: View) -> dict[str, Any]:
    """Everything there is to show."""
    shown: dict[str, Any] = jsonable(view)
    return shown


def why(view: View) -> dict[str, Any]:
    """What stops motion or delivery now, what everything that is open waits for, and what to do about it."""
    return {
        "at": rfc3339(view.at),
        "simulated": view.simulated,
        "can_deliver": view.can_deliver,
        "why_not": list(view.why_not),
        "obstacles": jsonable(view.obstacles),
        "needs_help": view.needs_help,
        "waiting": jsonable(view.waiting),
        "doing": jsonable(view.activity),
    }


def alarms(view: View) -> dict[str, Any]:
    """Alarms of PLC and daemon that stand, wait to be acknowledged, or are silenced; and whether they flood."""
    shown = jsonable(view.alarms)
    return {"at": rfc3339(view.at), "simulated": view.simulated, "flood": view.alarm_flood, "alarms": shown}


def health(view: View) -> dict[str, Any]:
    """Whether process, PLC, broker and face worker serve."""
    return {
        "ok": view.plc_good,
        "version": view.version,
        "boot": view.boot,
        "simulated": view.simulated,
        "plc": view.plc_good,
        "plc_reason": view.plc_reason,
        "broker": view.bus_connected,
        "face": view.face_available,
        "face_reason": view.face_reason,
        "can_deliver": view.can_deliver,
    }
