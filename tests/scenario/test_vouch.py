"""A customer without face or code gets the car by the word of two people, and by nothing less (orders-if.md 6.3)."""

from __future__ import annotations

from typing import Any

from simulator.config import Actors
from tests.scenario.tower import Tower, small_tower
from tests.support.sync_tower import SyncTower, told_again
from towerd.fsm.face_events import CustomerVouchedFor
from towerd.fsm.reply import ReplyTo


def vouch(tower: SyncTower, by: str, *, technician: bool) -> Any:
    tower.take(CustomerVouchedFor("o_1", by, technician, "passport", ReplyTo("api", by)))
    return tower.answers[-1]


def test_the_door_opens_by_the_word_of_two() -> None:
    actors = Actors(auto_drive_off=True, customer_delay_s=0.5, boarding_s=0.5, driving_s=0.5)
    tower = SyncTower(lambda *_: None, Tower(small_tower(speed_up=8.0, actors=actors)))
    tower.tick(1.0)
    tower.import_stock()
    tower.order(1, 1)
    assert vouch(tower, "ada", technician=True).ok
    # a restart takes the word with it, as it takes every decision
    tower.start()
    tower.tick(1.0)
    assert vouch(tower, "bob", technician=False).ok
    assert tower.state.tables.orders["o_1"].state == "accepted"
    assert vouch(tower, "ada", technician=True).result["state"] == "identified"
    for _ in range(600):
        if tower.state.tables.orders["o_1"].state == "completed":
            break
        tower.tick()
    assert (tower.state.tables.loans["o_1"].state, tower.state.tables.orders["o_1"].identified_by) == ("out", "papers")
    words = [row.body["data"] for row in tower.told if row.body.get("type") == "order_vouched"]
    assert words == [{"by": "ada", "saw": "passport", "with": "bob", "with_saw": "passport"}]
    assert told_again(tower) == tower.state.tables
