"""The forms of what is published: words of enumerations, and the fields that the examples show."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from tests.support.orders_kit import EXAMPLES
from towerd.cabin.model import DoorState
from towerd.mqtt import shapes
from towerd.mqtt.topics import channel_of
from towerd.orders.model import VehicleRecord


def test_words_are_those_that_the_code_writes() -> None:
    assert shapes.names(DoorState)[:2] == ["closed", "opening"]
    assert TypeAdapter(shapes.Door).json_schema()["enum"] == shapes.names(DoorState)
    assert "unknown_key" in TypeAdapter(shapes.Reason).json_schema()["enum"]


@pytest.mark.parametrize("topic", [name for name, shown in EXAMPLES["topics"].items() if isinstance(shown, dict)])
def test_fields_are_those_of_the_examples_in_their_order(topic: str) -> None:
    body: Any = shapes.BODIES[channel_of(topic).name]
    assert [*shapes.Envelope.__annotations__, *body.__annotations__] == list(EXAMPLES["topics"][topic])


def test_a_line_of_the_catalogue_is_the_record_without_its_tag() -> None:
    record = set(VehicleRecord.__dataclass_fields__) - {"tag"}
    assert set(shapes.CatalogueVehicle.__annotations__) == record | {"condition", "orderable_from", "ready_in_s"}
