"""The link to the PLC is lost in the midst of a delivery, with real processes: cable out, PLC frozen; and it comes back."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from simulator.platform import Placed
from tests.e2e.gate import Gate
from tests.e2e.processes import run, towerctl
from tests.e2e.stack import Options, Stack, remembered_places, stack
from towerd.plc.snapshot import PackmlState

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

SLOWLY = 6.0
"""The carriage is on its way for long enough to be caught there."""
BACK_S, LOAD_S = 5.0, 1.0
LINK_LOST = 2
FORK_PUT = 3


def settled(made: Stack, state: PackmlState) -> bool:
    shown = made.act("state")
    return bool(shown["packml_state"] == state and (state is not PackmlState.HELD or shown["stop_reason"] == LINK_LOST))


def why(made: Stack) -> str:
    """The one thing that `towerctl why` names."""
    done = run(towerctl("why", "--json", "--socket", made.socket))
    [obstacle] = json.loads(done.stdout)["obstacles"]
    return str(obstacle["text"])


def lost(made: Stack) -> None:
    made.until("everything unknown", lambda: not made.status()["plc_good"], 1.0 + LOAD_S)


def on_its_way(made: Stack) -> Placed:
    """A car has been ordered, and the carriage is out for it."""
    placed = made.order()
    made.enter_code(placed)
    made.until("a carriage on its way", lambda: made.act("state")["station"] is None)
    return placed


def back_in(made: Stack, what: str, reached: Callable[[], bool]) -> None:
    began_s = time.monotonic()
    made.until(what, reached, BACK_S + LOAD_S)
    assert time.monotonic() - began_s <= BACK_S + LOAD_S


def check_end(made: Stack, placed: Placed) -> None:
    """The car is out, the books tell the truth, and nothing has been done twice."""
    made.heard.event("order_completed", placed.order, 60)
    assert remembered_places(made.status()) == made.truth()
    assert made.truth()[placed.answer["result"]["vehicle"]] == "gone"
    executed = made.act("executed")
    assert max(Counter((one["unit"], one["session"], one["seq"]) for one in executed).values()) == 1
    forks = Counter(code for unit, code, _ in made.motions() if unit == "CARRIAGE")
    assert forks[FORK_PUT] == 1
    assert made.act("state")["collisions"] == []
    assert not [alarm for alarm in made.status()["alarms"] if alarm["code"].startswith("TWR")]


def test_cable_out_then_plc_frozen_and_the_delivery_goes_on_by_itself(tmp_path: Path) -> None:
    gate = Gate(0)
    with stack(tmp_path, Options(plc_gate=gate.port, speed_up=SLOWLY)) as made:
        made.start_house()
        gate.target = made.plc_port
        gate.open()
        serve(made)
        placed = on_its_way(made)

        gate.shut()
        lost(made)
        assert why(made).endswith("connection refused")
        made.until("a machine that the PLC holds", lambda: settled(made, PackmlState.HELD), 2.0)
        gate.open()
        back_in(made, "Execute again", lambda: settled(made, PackmlState.EXECUTE))

        made.until("the car on the carriage", lambda: made.act("state")["load"] is not None)
        [plc] = [one for one in made.running if one.name == "plc"]
        os.kill(plc.pid, signal.SIGSTOP)
        lost(made)
        assert why(made) == "no good values for 1 s: no reply within 0.3 s"
        os.kill(plc.pid, signal.SIGCONT)
        back_in(made, "the PLC link", lambda: made.status()["plc_good"])
        check_end(made, placed)
    gate.shut()


def serve(made: Stack) -> None:
    made.start_daemon()
    made.until("the PLC link", lambda: made.status()["plc_good"])
    made.import_stock()
    made.until_serving()


def test_where_the_settings_do_not_allow_it_the_machine_stays_held_and_says_why(tmp_path: Path) -> None:
    gate, changes = Gate(0), {"machine": {"auto_start": True, "resume_after_link_loss": False}}
    with stack(tmp_path, Options(plc_gate=gate.port, speed_up=SLOWLY, changes=changes)) as made:
        made.start_house()
        gate.target = made.plc_port
        gate.open()
        serve(made)
        placed = on_its_way(made)

        gate.shut()
        lost(made)
        gate.open()
        back_in(made, "the PLC link", lambda: made.status()["plc_good"])
        made.until("what it waits for", lambda: made.status()["why_not"] == ["packml_held"])
        assert why(made) == "The machine is held: link to the PC lost"
        moved = made.act("state")["lift_mm"], made.act("state")["turntable_cdeg"]
        assert made.order_state(placed.order) == "delivering"
        # longer than a resumption takes where it is allowed
        time.sleep(1.5)
        assert settled(made, PackmlState.HELD)
        assert (made.act("state")["lift_mm"], made.act("state")["turntable_cdeg"]) == moved
        done = run(towerctl("packml", "unhold", "--socket", made.socket))
        assert done.returncode == 0, done.stdout + done.stderr
        check_end(made, placed)
    gate.shut()
