"""The broker is down for a whole visit: nothing changes at the tower, and afterwards every event arrives, in order."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.e2e.ear import Ear
from tests.e2e.gate import Gate
from tests.e2e.stack import PREFIX, Options, remembered_places, stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(90)]

VISIT = (
    "order_arrived",
    "order_identified",
    "order_delivering",
    "order_ready",
    "order_handed_over",
    "loan_out",
    "order_completed",
)


def test_a_visit_without_a_broker(tmp_path: Path) -> None:
    gate = Gate(0)
    with stack(tmp_path, Options(broker_port=gate.port)) as made:
        gate.target = made.broker.port
        gate.open()
        made.start()
        placed = made.order()
        made.heard.event("order_accepted", placed.order)
        told = [event["event_seq"] for event in made.heard.events]
        made.heard.close()
        gate.shut()
        made.broker.stop()
        made.until("the loss of the broker", lambda: not made.status()["bus_connected"])
        down_at = datetime.now(UTC)

        made.type_code(placed)
        made.until("the end of the visit", lambda: made.order_state(placed.order) == "completed", 60)
        status = made.status()
        assert not status["bus_connected"]
        assert status["can_deliver"]
        assert remembered_places(status) == made.truth()
        assert made.truth()[placed.answer["result"]["vehicle"]] == "gone"

        up_at = datetime.now(UTC)
        made.broker.start()
        # who listens is there before the tower is: what is not retained is heard only so
        made.ear = Ear(made.broker.port, PREFIX)
        gate.open()
        made.heard.event("order_completed", placed.order, 30)
        seqs = [event["event_seq"] for event in made.heard.events]
        # one that was sent and not acknowledged before may come again; none is missing, none overtakes another
        assert seqs == list(range(seqs[0], seqs[-1] + 1))
        assert seqs[0] <= told[-1] + 1
        of_visit = [event for event in made.heard.events if event.get("type") in VISIT]
        assert [event["type"] for event in of_visit] == list(VISIT)
        assert all(down_at < datetime.fromisoformat(event["at"]) < up_at for event in of_visit)
        made.heard.wait("the newest state", lambda: made.heard.topics.get(f"loan/{placed.order}"))
        assert made.heard.topics[f"order/{placed.order}"]["state"] == "completed"
        assert made.heard.topics["availability"] == "online"
    gate.shut()
