"""The shipped ACL of mosquitto allows a tower exactly what it publishes and reads."""

from __future__ import annotations

import re
from pathlib import Path

from towerd.mqtt.topics import CHANNELS, Topics

LINES = (Path(__file__).parents[2] / "config" / "mosquitto" / "towerd.acl").read_text(encoding="utf-8").splitlines()
OWN = Topics("towerd", "%u")


def allowed(what: str) -> list[str]:
    """Topics after these words."""
    return [line.removeprefix(what).strip() for line in LINES if line.startswith(what)]


def test_a_tower_publishes_its_channels_and_no_command() -> None:
    channels = [OWN.full(re.sub(r"\{.*\}", "+", channel.topic)) for channel in CHANNELS]
    assert allowed("pattern write") == channels
    assert not [topic for topic in channels if "cmd" in topic]


def test_a_tower_reads_its_commands_and_what_it_clears() -> None:
    assert allowed("pattern read") == [OWN.full(topic) for topic in ("cmd/+", "order/+", "loan/+")]


def test_only_the_platform_writes_beside_the_towers() -> None:
    assert allowed("topic write") == ["towerd/v1/+/cmd/+"]
    rules = [line for line in LINES if line and not line.startswith("#")]
    assert all(
        line.startswith(("pattern write", "pattern read", "topic write", "topic read", "user ")) for line in rules
    )
    assert [line for line in rules if line.startswith("user ")] == ["user platform.example", "user screen.example"]
