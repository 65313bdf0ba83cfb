"""`towerd plc-test --move --by-hand` finds what is wrong with a PLC that moves: simulators with one defect each."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from simulator import control
from simulator.cars import Car
from simulator.config import SimulatorConfig
from simulator.core import Simulator
from simulator.runner import pace
from simulator.server import ModbusServer
from tests.contract.test_plc_address import simulator
from tests.contract.test_plctest import Broken
from tests.support.tower_hands import deeds_for
from towerd.cli.towerd import app
from towerd.plc.codec import check_word, jog_check
from towerd.plc.registers import blocks
from towerd.plc.snapshot import PackmlState
from towerd.plctest.model import Please, Result
from towerd.plctest.runner import all_checks, parse_target, passed, run_checks

CARRIAGE, CABIN, JOG = blocks()["CMD_CARRIAGE"], blocks()["CMD_CABIN1"], blocks()["JOG"]
CONFIG = SimulatorConfig(floors=2, positions=2, speed_up=20, homed=True, rated_person_detection=False)
FORK_CODES = {2, 3}


class Rewritten(Broken):
    """A PLC that takes something else for what was written."""

    def write(self, address: int, words: Sequence[int]) -> None:
        changed, session = list(words), self.sim.plc.link.session
        if address in {CARRIAGE.start, CABIN.start}:
            self.command(address, changed)
            if changed != list(words):
                changed[8] = check_word(changed[:8], changed[9], session)
        if address == JOG.start:
            self.jog(changed, session)
        super().write(address, changed)

    def command(self, address: int, words: list[int]) -> None:
        """Change a mailbox."""

    def jog(self, words: list[int], session: int) -> None:
        """Change JOG."""


class AnyEpochAtDoors(Rewritten):
    """Its doors do not look at occupancy_epoch."""

    def command(self, address: int, words: list[int]) -> None:
        if address == CABIN.start and words[1] == 1:
            words[2] = self.sim.plc.cabins[0].epoch


class AnyEpochForTheFork(Rewritten):
    """Its fork does not look at occupancy_epoch."""

    def command(self, address: int, words: list[int]) -> None:
        if address == CARRIAGE.start and words[0] in FORK_CODES and words[1] == 0:
            words[3] = self.sim.plc.cabins[0].epoch


class NoOverride(Rewritten):
    """It does not know arg3."""

    def command(self, address: int, words: list[int]) -> None:
        if address == CARRIAGE.start:
            words[4] = 0


class AnyJogCheck(Rewritten):
    """It does not look at JOG's check."""

    def jog(self, words: list[int], session: int) -> None:
        words[5] = jog_check(words[:5], session)


class StepsAgain(Rewritten):
    """It takes every JOG for a new one."""

    token = 0

    def jog(self, words: list[int], session: int) -> None:
        self.token += 1
        if jog_check(words[:5], session) == words[5]:
            words[0] = self.token
            words[5] = jog_check(words[:5], session)


class SlowUnholding(Broken):
    """It stays in Unholding for a while; the command goes on in it, and may end."""

    LINGERS_S = 1.0
    PACKML_STATE = blocks()["SYS"].field("packml_state").address
    until_s = 0.0

    def spoil(self, address: int, words: list[int]) -> None:
        state, now_s = self.sim.image.words[self.PACKML_STATE], time.monotonic()
        if state == PackmlState.HELD:
            self.until_s = now_s + self.LINGERS_S
        elif state == PackmlState.EXECUTE and now_s < self.until_s:
            self.put(address, words, self.PACKML_STATE, PackmlState.UNHOLDING)


class StuckUnholding(SlowUnholding):
    """It never leaves Unholding."""

    LINGERS_S = 1e9


class Sound(Broken):
    """Nothing is wrong with its registers."""


PATCHED = {
    "clear": ("simulator.program.cabin.Cabin.is_clear", True),
    "station": ("simulator.program.rules.stands_at", lambda plc, station: True),
    "doors": ("simulator.program.rules.inner_doors_closed", lambda plc: True),
    "open": ("simulator.program.rules.cabin_open_for_fork", lambda plc, number: True),
    "tokens": ("simulator.program.jog.TOKEN_MS", 10**6),
    "jog": ("simulator.program.jog.Jog._allowed", lambda jog: True),
    "enabling": ("simulator.program.plc.Plc.enabled", True),
    "both": ("simulator.program.refusal._override_fits", lambda plc, command: True),
}
FINDS = [
    (AnyEpochAtDoors, "", "a door with another epoch is refused", "no reject_seq"),
    (Sound, "clear", "the inner door asks for a clear cabin", "no reject_seq"),
    (Sound, "station", "the inner door asks for the carriage", "no reject_seq"),
    (Sound, "doors", "the inner door opens and closes", "no reject_seq"),
    (AnyEpochForTheFork, "", "the fork works in the cabin", "no reject_seq"),
    (Sound, "open", "the fork works in the cabin", "no reject_seq"),
    (Sound, "jog", "jog in auto moves nothing", "AX_LIFT moved"),
    (Sound, "jog", "nothing moves without the enabling switch", "AX_LIFT moved"),
    (StepsAgain, "", "a step moves once", "by the same token again"),
    (Sound, "tokens", "jog stops without fresh tokens", "no standstill after the last token"),
    (AnyJogCheck, "", "jog with a wrong check stops", "under a wrong check"),
    (Sound, "jog", "jog stops when the switch is let go", "the lift went on"),
    (Sound, "both", "both sensors of a pair are refused", "no reject_seq"),
    (NoOverride, "", "a sensor of the carriage is left out", "refused 2 with 6"),
    (NoOverride, "", "a sensor of a bay is left out", "refused 3 with 6"),
]


async def results_on(broken: type[Broken], names: Sequence[str], *, somebody: bool = True) -> dict[str, Result]:
    """What comes of these checks; `somebody` at the tower does what they ask for."""
    sim = Simulator(CONFIG, [("bay:2-1", Car(7))])
    server = ModbusServer(broken(sim))
    pacing = asyncio.create_task(pace(sim))

    def ask(please: Please, where: str) -> None:
        for deed in deeds_for(please, where):
            assert control.handle(sim, json.dumps(deed).encode())["ok"], deed

    try:
        address = f"127.0.0.1:{await server.start()}"
        checks = [check for check in all_checks() if check.name in names]
        assert len(checks) == len(names)
        done = await run_checks(parse_target(address), checks, ask=ask if somebody else None)
    finally:
        pacing.cancel()
        await asyncio.gather(pacing, return_exceptions=True)
        await server.stop()
    return {result.check.name: result for result in done}


@pytest.mark.parametrize(("broken", "patched", "name", "seen"), FINDS)
async def test_each_defect_is_found(
    broken: type[Broken], patched: str, name: str, seen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if patched:
        monkeypatch.setattr(*PATCHED[patched])
    done = await results_on(broken, [name])
    assert done[name].verdict == "fail"
    assert seen in done[name].seen


AFTER_UNHOLD = ["a lost link holds", "a door with another epoch is refused"]


async def test_a_state_that_passes_by_itself_is_waited_for() -> None:
    done = await results_on(SlowUnholding, AFTER_UNHOLD)
    assert {name: one.verdict for name, one in done.items()} == dict.fromkeys(AFTER_UNHOLD, "pass")


async def test_a_state_that_never_passes_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("towerd.plctest.machine.STATE_LIMIT_S", 1.0)
    done = await results_on(StuckUnholding, AFTER_UNHOLD)
    assert {name: one.verdict for name, one in done.items()} == dict.fromkeys(AFTER_UNHOLD, "fail")
    assert "end of packml_state 12" in done[AFTER_UNHOLD[1]].seen


async def test_what_nobody_does_stays_open_and_says_what() -> None:
    names = ["jog in auto moves nothing", "a step moves once", "the inner door opens and closes"]
    done = await results_on(Sound, names, somebody=False)
    assert {name: one.verdict for name, one in done.items()} == {
        names[0]: "pass",
        names[1]: "open",
        names[2]: "open",
    }
    assert not passed(done.values())
    assert done[names[1]].seen == "turn the key to Manual (--by-hand asks for it)"
    assert "press the button outside" in done[names[2]].seen


@pytest.mark.e2e
def test_the_command_asks_on_stderr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody obeys: the checks of Manual stay open once the time is over."""
    monkeypatch.setattr("towerd.plctest.desk.ASKED_LIMIT_S", 0.1)
    chosen = [check for check in all_checks() if check.name in {"jog in auto moves nothing", "a step moves once"}]
    monkeypatch.setattr("towerd.plctest.runner.all_checks", lambda **asked: chosen)
    with simulator(tmp_path, "tcp") as (address, _):
        done = CliRunner().invoke(app, ["plc-test", address, "--move", "--by-hand", "--yes", "--json"])
    assert done.stderr == "→ turn the key to Manual\n"
    told = json.loads(done.stdout)
    assert [check["verdict"] for check in told["checks"]] == ["pass", "open"]
    assert done.exit_code == 1
    assert told["checks"][1]["seen"] == "turn the key to Manual: not done in 0.1 s"
