"""What the core is told of the settings: whether jog is served (plc-if.md 1.8), what bays take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from towerd.bays.sizes import Size
from towerd.configs import core_config
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


def test_the_core_knows_what_bays_of_each_class_take() -> None:
    rows = [
        {"length_mm": 5200, "width_mm": 2000, "height_mm": height_mm, "mass_kg": 2500} for height_mm in (1600, 2100)
    ]
    given = {"state_dir": "s", "tower": {"id": "t-1"}, "plc": {"host": "127.0.0.1"}, "keys": PATHS}
    assert core_config(Settings.model_validate(given), 1).bay_sizes == ()
    settings = Settings.model_validate({**given, "machine": {"bay_sizes": rows}})
    assert core_config(settings, 1).bay_sizes == (Size(5200, 2000, 1600, 2500), Size(5200, 2000, 2100, 2500))
