"""The real daemon dies by SIGKILL in the midst of a visit, at every state of the order and in every kind of step.

Each time it is started again, the customer is asked again where that is needed, and the visit comes to its end: the
books tell what is, nothing has moved twice, and no event is missing.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from simulator.platform import Placed
from tests.e2e.processes import LateError
from tests.e2e.stack import Options, Stack, remembered_places, stack
from tests.support.photos import PHOTOS_DIR, needs_photos, selfie

pytestmark = [pytest.mark.e2e, pytest.mark.kill, pytest.mark.timeout(120)]

CARRIAGE, BAYS, CABIN = "CARRIAGE", "BAYS", "CABIN1"
LIFT_TO, FORK_GET, FORK_PUT, UNLOCK, LOCK, INNER, OUTER = 1, 2, 3, 10, 11, 20, 21
STATES = ("accepted", "identified", "delivering", "ready", "handed_over", "completed")
# what is asked of which unit, and whether the first argument is not 0: a floor with bays, or a door that opens
STEPS = {
    "lift to the bay": (CARRIAGE, LIFT_TO, True),
    "unlock": (BAYS, UNLOCK, True),
    "get": (CARRIAGE, FORK_GET, True),
    "lock": (BAYS, LOCK, True),
    "lift to the cabin": (CARRIAGE, LIFT_TO, False),
    "inner door opens": (CABIN, INNER, True),
    "put": (CARRIAGE, FORK_PUT, False),
    "inner door closes": (CABIN, INNER, False),
    "outer door opens": (CABIN, OUTER, True),
    "outer door closes": (CABIN, OUTER, False),
}
ASKED = ("accepted", "arrived", "identified", "delivering", "staged", "ready")
"""States in which the customer of a tower that has started anew is asked who they are."""


def kinds(made: Stack) -> list[tuple[str, int, bool]]:
    return [(unit, code, args[0] != 0) for unit, code, args in made.motions()]


def kill(made: Stack) -> None:
    """What a power cut leaves: no signal that could be caught, nothing tidied up."""
    daemon = made.daemon
    assert daemon is not None
    workers = daemon.children()
    os.kill(daemon.pid, signal.SIGKILL)
    assert daemon.await_end() == -signal.SIGKILL
    made.until("the end of its workers", lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))


def cut_at_state(made: Stack, order: str, state: str) -> None:
    made.heard.event(f"order_{state}", order)
    kill(made)


def cut_in_step(made: Stack, step: str) -> None:
    made.until(f"the step {step}", lambda: STEPS[step] in kinds(made))
    kill(made)


def check(made: Stack, placed: Placed, outer_moves: tuple[int, ...] = (1,)) -> None:
    """The visit's end, whatever happened on the way. `outer_moves`: how often the outer door may have opened, and closed."""
    made.heard.event("order_completed", placed.order, 60)
    assert made.order_state(placed.order) == "completed"
    status = made.status()
    assert remembered_places(status) == made.truth()
    assert not [alarm for alarm in status["alarms"] if alarm["code"].startswith("TWR")]
    executed = made.act("executed")
    assert max(Counter((e["unit"], e["session"], e["seq"]) for e in executed).values()) == 1
    done = Counter(kinds(made))
    assert done.pop(STEPS["outer door opens"]) in outer_moves
    assert done.pop(STEPS["outer door closes"]) in outer_moves
    assert done == dict.fromkeys([step for step in STEPS.values() if step[1] != OUTER], 1)
    assert made.act("state")["collisions"] == []
    seqs = sorted({event["event_seq"] for event in made.heard.events})
    assert seqs == list(range(1, len(seqs) + 1))
    assert max(event["boot"] for event in made.heard.events) == 2


def start_again(made: Stack, placed: Callable[[], Placed]) -> None:
    """The next life; the customer types the code once more where the tower has to ask."""
    made.start_daemon()
    made.until("the PLC link", lambda: made.status()["plc_good"])
    order = placed()
    if made.order_state(order.order) in ASKED:
        made.type_code(order)


@pytest.mark.parametrize("state", STATES)
def test_killed_in_a_state_of_the_order(tmp_path: Path, state: str) -> None:
    with stack(tmp_path) as made, ThreadPoolExecutor(1) as customer:
        made.start()
        asked = customer.submit(made.order)
        if state != "accepted":
            order = asked.result()
            made.enter_code(order)
            cut_at_state(made, order.order, state)
        else:
            # the answer may die with the daemon: the platform asks again under the same token
            made.heard.event("order_accepted")
            kill(made)
        start_again(made, asked.result)
        # a door that stands open for somebody who is not known any more may close, and open again for the code
        check(made, asked.result(), (1, 2) if state == "ready" else (1,))


@pytest.mark.parametrize("step", STEPS)
def test_killed_in_a_step(tmp_path: Path, step: str) -> None:
    with stack(tmp_path) as made:
        made.start()
        order = made.order()
        made.enter_code(order)
        cut_in_step(made, step)
        start_again(made, lambda: order)
        check(made, order)


def test_killed_with_the_door_open_nobody_gets_the_car_without_the_code(tmp_path: Path) -> None:
    with stack(tmp_path, Options(drive_off=False)) as made:
        made.start()
        order = made.order()
        made.enter_code(order)
        cut_at_state(made, order.order, "ready")
        made.start_daemon()
        made.until("the closed door", lambda: made.status()["plc_good"] and made.order_state(order.order) == "staged")
        assert made.status()["cabins"][0]["outer_door"] == "closed"
        made.type_code(order)
        made.until("the open door", lambda: made.order_state(order.order) == "ready")
        made.act("drive_off", cabin=1)
        check(made, order, (2,))


@needs_photos
def test_killed_with_the_face_known_the_face_is_asked_again(tmp_path: Path) -> None:
    with stack(tmp_path, Options(photos=PHOTOS_DIR)) as made:
        made.start()
        made.until("the face worker", lambda: made.status()["face_available"])
        order = made.order(selfie_jpeg=selfie("obama2.jpg"))
        assert order.answer["result"]["code_only"] is False
        made.show_face("obama.jpg", order.order, "order_delivering")
        cut_in_step(made, "put")
        made.show("blank")
        made.start_daemon()
        made.heard.event("order_staged", order.order)
        with pytest.raises(LateError):
            made.heard.event("order_ready", order.order, 1.0)
        made.show_face("obama.jpg", order.order, "order_ready")
        check(made, order)
        assert looks(made) == [(1, "face"), (2, "face")]


def looks(made: Stack) -> list[tuple[int, Any]]:
    found = {event["event_seq"]: event for event in made.heard.events if event.get("type") == "order_identified"}
    return [(event["boot"], event["data"]["by"]) for _seq, event in sorted(found.items())]
