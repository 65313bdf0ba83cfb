"""Jog is served where the line is fast enough (plc-if.md 1.8)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from towerd.app import core_config
from towerd.settings import Settings

PATHS = {
    "tower_key_file": Path("k"),
    "issuers_file": Path("i"),
    "code_secret_file": Path("c"),
    "faces_dir": Path("f"),
}


@pytest.mark.parametrize(
    ("plc", "served"),
    [
        ({"host": "127.0.0.1"}, True),
        ({"serial_port": "/dev/ttyS0", "baud": 115200}, True),
        ({"serial_port": "/dev/ttyS0", "baud": 57600}, True),
        ({"serial_port": "/dev/ttyS0", "baud": 38400}, False),
        ({"serial_port": "/dev/ttyS0", "baud": 19200}, False),
    ],
)
def test_a_slow_serial_line_does_not_jog(plc: dict[str, Any], served: bool) -> None:
    settings = Settings.model_validate({"state_dir": "s", "tower": {"id": "t-1"}, "plc": plc, "keys": PATHS})
    assert core_config(settings, 1).jog_served is served
