"""The view as JSON and as metrics: everything shown, nothing secret."""

from __future__ import annotations

import json
from dataclasses import replace

from tests.support.values import order
from tests.support.views import view
from towerd.api import metrics, payload
from towerd.plc.snapshot import Unit


def test_status_is_json_and_holds_no_secret() -> None:
    shown = payload.status(view(orders=(replace(order(), code_mac="c0de" * 16, payload_sha256="5ea1" * 16),)))
    text = json.dumps(shown)
    assert "c0dec0de" not in text
    assert "5ea15ea1" not in text
    assert shown["at"] == "2026-11-25T08:00:00.123Z"
    assert shown["simulated"] is True
    assert shown["orders"][0]["number"] == "0815"
    assert shown["offers"][0]["vehicle"]["place"] == "bay:3-4"


def test_other_values_become_json_too() -> None:
    assert payload.jsonable({Unit.BAYS: {3}, 1: (Unit.BAYS, 0.5, None)}) == {"BAYS": [3], "1": ["BAYS", 0.5, None]}


def test_why_says_what_to_do() -> None:
    shown = payload.why(view())
    assert shown["can_deliver"] is False
    assert shown["obstacles"][0]["cure"] == "Look what is in the door"


def test_alarms_and_health() -> None:
    assert payload.alarms(view())["alarms"][0]["code"] == "PLC-024"
    assert payload.health(view())["ok"] is True
    assert payload.health(view(plc_good=False, plc_reason="no answer"))["plc_reason"] == "no answer"


def test_metrics_count_and_carry_simulated() -> None:
    text = metrics.exposition(view()).decode()
    assert "towerd_simulated 1.0\n" in text
    assert 'towerd_orders{kind="test_drive",state="accepted"} 1.0\n' in text
    assert 'towerd_alarms{priority="high",state="unacked_active"} 1.0\n' in text
    assert "towerd_bays_occupied 1.0\n" in text
    assert "python_info" in text
