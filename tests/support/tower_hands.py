"""What somebody at the tower is asked for by `towerd plc-test`, as acts and faults of the simulator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from towerd.plctest.model import Please

Deed = dict[str, Any]
_CARRIAGE: Deed = {"name": "sensor_stuck", "sensor": "front", "value": True}


def deeds_for(please: Please, where: str) -> Sequence[Deed]:
    """Lines for the control port. `where` names a bay as the check does: " (2-3)"."""
    bay: Deed = {"name": "sensor_stuck", "bay": where.strip(" ()"), "sensor": "first", "value": False}
    return {
        Please.KEY_AUTO: ({"do": "set_key", "mode": 1},),
        Please.KEY_MANUAL: ({"do": "set_key", "mode": 2},),
        Please.HOLD: ({"do": "enabling", "held": True},),
        Please.LET_GO: ({"do": "enabling", "held": False},),
        Please.CLEAR: ({"do": "press_clear", "cabin": 1},),
        Please.CARRIAGE_SENSOR: ({"do": "inject", **_CARRIAGE},),
        Please.CARRIAGE_MEND: ({"do": "clear", **_CARRIAGE},),
        Please.BAY_SENSOR: ({"do": "inject", **bay},),
        Please.BAY_MEND: ({"do": "clear", **bay},),
    }[please]
