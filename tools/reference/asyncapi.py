"""The topics as an AsyncAPI 3 document: for code generators, viewers and gateways of the order platform."""

from __future__ import annotations

from typing import Any, Final

from tools.reference.schemas import as_text, schemas
from towerd.mqtt.request import BODY_LIMIT_BYTES, CORRELATION_LIMIT_BYTES
from towerd.mqtt.topics import AT_LEAST_ONCE, CHANNELS, Channel, Topics
from towerd.orders.claim_parts import Id, TowerId
from towerd.orders.claims import MODELS
from towerd.orders.tokens import TOKEN_LIMIT_BYTES

VERSION: Final = "1.0.0"
"""The version of the order and telemetry interface."""
BINDING: Final = "0.2.0"
ADDRESS: Final = Topics("{root}", "{tower}")

_PARAMETERS: Final = {
    "root": {"description": "the root of all towers' topics; it may have levels", "default": "towerd"},
    "tower": {"description": f"the tower's id, as {TowerId.__metadata__[0].pattern}"},
    "n": {"description": "the cabin's number", "enum": ["1", "2"]},
    "floor": {"description": "the bay's floor, from 1"},
    "position": {"description": "the bay's position on its floor, from 1"},
    "id": {"description": f"an order's or a loan's id, as {Id.__metadata__[0].pattern}"},
    "name": {"description": f"where the sender listens for answers, as {Id.__metadata__[0].pattern}"},
}
_ABOUT: Final = {
    "availability": "Whether the tower is there; `offline` is its will.",
    "plc_availability": "Whether the tower has a link to its PLC.",
}
Document = dict[str, Any]


def _parameters(address: str) -> Document:
    return {name: about for name, about in _PARAMETERS.items() if f"{{{name}}}" in address}


def _ref(kind: str, name: str) -> Document:
    return {"$ref": f"#/{kind}/{name}"}


def _payload(name: str) -> Document:
    return {"$ref": f"schemas/{name}.json"}


def _channel(name: str, relative: str, about: str) -> Document:
    address = ADDRESS.full(relative)
    return {
        "address": address,
        "description": about,
        "parameters": _parameters(address),
        "messages": {name: _ref("components/messages", name)},
    }


def _said(channel: Channel) -> str:
    about = _ABOUT.get(channel.name) or schemas()[channel.name]["description"]
    return about + (" An empty retained payload removes the topic." if channel.topic.endswith("{id}") else "")


def _published(channel: Channel) -> Document:
    if channel.name in _ABOUT:
        return {"contentType": "text/plain", "payload": {"type": "string", "enum": ["online", "offline"]}}
    return {"payload": _payload(channel.name)}


def _mqtt(qos: int, *, retain: bool) -> Document:
    return {"mqtt": {"qos": qos, "retain": retain, "bindingVersion": BINDING}}


def _sends(channel: Channel) -> Document:
    return {
        "action": "send",
        "channel": _ref("channels", channel.name),
        "summary": _said(channel),
        "bindings": _mqtt(channel.qos, retain=channel.retained),
        "messages": [{"$ref": f"#/channels/{channel.name}/messages/{channel.name}"}],
    }


def _takes(verb: str) -> Document:
    name = f"cmd_{verb}"
    return {
        "action": "receive",
        "channel": _ref("channels", name),
        "summary": _asked(verb),
        "bindings": _mqtt(AT_LEAST_ONCE, retain=False),
        "messages": [{"$ref": f"#/channels/{name}/messages/{name}"}],
        "reply": {"channel": _ref("channels", "answer"), "messages": [{"$ref": "#/channels/answer/messages/answer"}]},
    }


def _asked(verb: str) -> str:
    return "Asks for the state; the answer is `state`." if verb == "state" else MODELS[verb].__doc__ or ""


def _command(verb: str) -> Document:
    correlation = {"type": "string", "contentEncoding": "base64", "maxLength": (CORRELATION_LIMIT_BYTES + 2) // 3 * 4}
    binding = {"correlationData": correlation, "bindingVersion": BINDING}
    if verb == "state":
        return {"payload": _payload("command_state"), "bindings": {"mqtt": binding}}
    about = f"At most {BODY_LIMIT_BYTES // 1024} KiB; the token, at most {TOKEN_LIMIT_BYTES // 1024} KiB, is a JWS in a JWE."
    return {
        "payload": _payload("command"),
        "description": about,
        "bindings": {"mqtt": binding},
        "x-token": {
            "outer-header": _payload("token_outer_header"),
            "inner-header": _payload("token_inner_header"),
            "claims": _payload(f"claims_{verb}"),
        },
    }


def document() -> Document:
    """The whole document."""
    verbs = (*sorted(MODELS), "state")
    channels = {one.name: _channel(one.name, one.topic, _said(one)) for one in CHANNELS}
    channels |= {f"cmd_{verb}": _channel(f"cmd_{verb}", f"cmd/{verb}", _asked(verb)) for verb in verbs}
    messages = {one.name: {"name": one.name, **_published(one)} for one in CHANNELS}
    messages |= {f"cmd_{verb}": {"name": f"cmd_{verb}", **_command(verb)} for verb in verbs}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "towerd: orders and telemetry",
            "version": VERSION,
            "description": "What passes between a car vending tower and the rest of the world over MQTT 5, as the tower sees it.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "broker": {
                "host": "{broker}:8883",
                "protocol": "secure-mqtt",
                "protocolVersion": "5.0",
                "description": "TLS with client certificates; the client id is the certificate's name.",
                "variables": {"broker": {"description": "the broker's host name"}},
                "security": [{"type": "X509", "description": "a client certificate of the site's authority"}],
            }
        },
        "channels": channels,
        "operations": {f"publish_{one.name}": _sends(one) for one in CHANNELS}
        | {f"take_{verb}": _takes(verb) for verb in verbs},
        "components": {"messages": messages},
    }


def page() -> str:
    """docs/reference/asyncapi.json."""
    return as_text(document())
