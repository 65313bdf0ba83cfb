"""Topic names (orders-if.md 2, 3.2)."""

from __future__ import annotations

import pytest

from towerd.mqtt.topics import CHANNELS, Topics, bay, cabin, channel_of, loan, order

TOWER = Topics("towers", "tower-1")
PREFIX = "towers/v1/tower-1/"


def test_each_thing_has_its_topic() -> None:
    assert [cabin(1), bay("3-4"), order("o_1"), loan("o_1")] == ["cabin/1", "bay/3-4", "order/o_1", "loan/o_1"]
    assert TOWER.full(cabin(1)) == PREFIX + "cabin/1"


@pytest.mark.parametrize(
    ("relative", "name", "retained", "qos"),
    [
        ("state", "state", True, 1),
        ("cabin/1", "cabin", True, 0),
        ("bay/3-4", "bay", True, 0),
        ("lift", "lift", True, 0),
        ("alarm/active", "alarm_active", True, 1),
        ("alarm/event", "alarm_event", False, 1),
        ("rsp/shop_7", "answer", False, 1),
        ("plc/availability", "plc_availability", True, 1),
    ],
)
def test_each_topic_has_its_channel(relative: str, name: str, retained: bool, qos: int) -> None:
    channel = channel_of(relative)
    assert (channel.name, channel.retained, channel.qos) == (name, retained, qos)


@pytest.mark.parametrize("relative", ["cmd/hold", "alarm", "weather"])
def test_what_the_tower_does_not_publish_has_no_channel(relative: str) -> None:
    with pytest.raises(KeyError):
        channel_of(relative)


def test_channels_have_names_of_their_own() -> None:
    assert len({channel.name for channel in CHANNELS}) == len({channel.topic for channel in CHANNELS}) == len(CHANNELS)


@pytest.mark.parametrize(("full", "relative"), [(PREFIX + "state", "state"), ("towers/v1/tower-10/state", None)])
def test_a_topic_of_another_tower_is_none_of_ours(full: str, relative: str | None) -> None:
    assert TOWER.relative(full) == relative


@pytest.mark.parametrize(
    ("full", "verb"),
    [
        (PREFIX + "cmd/test_drive", "test_drive"),
        (PREFIX + "cmd/a/b", None),
        (PREFIX + "cmd/", None),
        (PREFIX + "rsp/hold", None),
        ("towers/v1/tower-2/cmd/hold", None),
    ],
)
def test_only_a_command_topic_of_this_tower_has_a_verb(full: str, verb: str | None) -> None:
    assert TOWER.verb(full) == verb


@pytest.mark.parametrize(
    ("response_topic", "reply_to", "goes_to"),
    [
        (PREFIX + "rsp/shop", "other", PREFIX + "rsp/shop"),
        ("elsewhere/rsp/shop", "other", PREFIX + "rsp/other"),
        (PREFIX + "state", None, None),
        (PREFIX + "rsp/a/b", None, None),
        (None, "shop", PREFIX + "rsp/shop"),
        (None, "a/b", None),
        (None, "", None),
        (None, None, None),
    ],
)
def test_an_answer_goes_to_a_topic_of_ours_or_nowhere(
    response_topic: str | None, reply_to: str | None, goes_to: str | None
) -> None:
    assert TOWER.answer_topic(response_topic, reply_to) == goes_to
