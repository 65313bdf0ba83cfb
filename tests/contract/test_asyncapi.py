"""The AsyncAPI document: valid by AsyncAPI's own schema, whole, and every reference in it leads somewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from tests.support.orders_kit import EXAMPLES
from tools.reference.__main__ import FOLDER
from towerd.mqtt.topics import CHANNELS
from towerd.orders.claims import KINDS

SPECIFICATION = Path(__file__).parents[1] / "data" / "asyncapi-3.0.0.schema.json"
PREFIX = "{root}/v1/{tower}/"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    made: dict[str, Any] = json.loads((FOLDER / "asyncapi.json").read_text(encoding="utf-8"))
    return made


@pytest.fixture(scope="module")
def specification() -> Draft7Validator:
    return Draft7Validator(json.loads(SPECIFICATION.read_text(encoding="utf-8")))


def test_it_is_valid(document: dict[str, Any], specification: Draft7Validator) -> None:
    assert [f"{error.json_path}: {error.message}" for error in specification.iter_errors(document)] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("asyncapi",), "2.6.0"),
        (("info", "title"), None),
        (("channels", "state", "address"), 7),
        (("operations", "publish_state", "action"), "publish"),
        (("operations", "publish_state", "bindings", "mqtt", "qos"), 3),
        (("components", "messages", "state", "weather"), "fine"),
    ],
)
def test_what_is_wrong_is_seen(
    document: dict[str, Any], specification: Draft7Validator, path: tuple[str, ...], value: Any
) -> None:
    broken = deepcopy(document)
    at = broken
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = value
    assert not specification.is_valid(broken)


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    found = set(_references(document))
    assert len(found) > len(CHANNELS) + len(KINDS)
    for reference in found:
        file, _, pointer = reference.partition("#")
        if file:
            assert "title" in json.loads((FOLDER / file).read_text(encoding="utf-8")), reference
        at: Any = document
        for name in pointer.removeprefix("/").split("/") if pointer else ():
            assert name in at, reference
            at = at[name]


def test_every_topic_of_the_examples_is_a_channel(document: dict[str, Any]) -> None:
    addresses = {channel["address"].removeprefix(PREFIX) for channel in document["channels"].values()}
    commands = {f"cmd/{verb}" for verb in {*EXAMPLES["claims"], "state"}}
    assert addresses == {*EXAMPLES["topics"], "rsp/{name}", *commands}


def test_every_channel_names_its_parameters_and_is_used(document: dict[str, Any]) -> None:
    used = {operation["channel"]["$ref"].rpartition("/")[2] for operation in document["operations"].values()}
    assert used == set(document["channels"])
    for channel in document["channels"].values():
        braces = {part.partition("}")[0] for part in channel["address"].split("{")[1:]}
        assert set(channel["parameters"]) == braces


def test_what_the_tower_publishes_has_its_quality_of_service(document: dict[str, Any]) -> None:
    shown = {
        name.removeprefix("publish_"): operation["bindings"]["mqtt"]
        for name, operation in document["operations"].items()
        if operation["action"] == "send"
    }
    assert {name: (one["retain"], one["qos"]) for name, one in shown.items()} == {
        channel.name: (channel.retained, channel.qos) for channel in CHANNELS
    }
