"""A technician at the cabinet of a tower of real processes."""

from __future__ import annotations

from tests.e2e.stack import Stack


def lead_by_hand(house: Stack) -> None:
    """Key to Manual, switch held, machine in Execute."""
    house.act("set_key", mode=2)
    house.act("enabling", held=True)
    house.until("the key at Manual", lambda: house.status()["mode"] == "manual")
    if house.status()["packml"] != "execute":
        house.until("Unhold taken", lambda: house.api("POST", "/packml/unhold").status_code == 200)
    house.until("Execute", lambda: house.status()["packml"] == "execute")
