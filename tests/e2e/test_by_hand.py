"""A car fetched by hand with towerctl, as the technician handbook says it, through real processes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.by_hand import lead_by_hand
from tests.e2e.processes import run, towerctl
from tests.e2e.stack import Stack, stack

pytestmark = pytest.mark.e2e


def say(house: Stack, *arguments: str) -> Any:
    """One command; what it answers."""
    done = run(towerctl(*arguments, "--socket", house.socket, "--json"))
    assert done.returncode == 0, (arguments, done.stdout, done.stderr)
    return json.loads(done.stdout)


def test_the_handbooks_way_to_fetch_a_car_by_hand(tmp_path: Path) -> None:
    with stack(tmp_path) as house:
        house.start()
        vehicle = house.stock["vehicles"][0]
        bay, name = vehicle["bay"], vehicle["id"]
        refused = run(towerctl("goto", bay, "--socket", house.socket))
        assert refused.returncode == 1
        assert "the key is at Auto" in refused.stderr
        assert "what to do:" in refused.stderr
        lead_by_hand(house)
        for line in (f"goto {bay}", f"lock open {bay}", f"fork get {bay}", f"lock close {bay}", "goto cabin:1"):
            assert say(house, *line.split())["result"]["text"].startswith("done"), line
        house.act("press_clear", cabin=1)
        house.until("a clear cabin", lambda: house.status()["cabins"][0]["clear_confirmed"])
        for line in ("door inner open 1", "fork put cabin:1", "door inner close 1"):
            assert say(house, *line.split())["result"]["text"].startswith("done"), line
        assert house.truth()[name] == "cabin:1"
        assert house.status()["cabins"][0]["vehicle"] == name
        assert say(house, "lease", "show")["commander"]
        house.act("enabling", held=False)
        house.act("set_key", mode=1)
        house.until("the key at Auto", lambda: house.status()["mode"] == "auto")
        house.until("what changed is told", lambda: "changes_unconfirmed" in house.status()["why_not"])
        assert any(name in line for line in say(house, "confirm-changes")["result"]["changes"])
        house.until("nothing to confirm", lambda: "changes_unconfirmed" not in house.status()["why_not"])
