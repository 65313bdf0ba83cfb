"""`towerd plc-test` finds what is wrong with a PLC: simulators with one defect each. And how it tells."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from simulator.config import SimulatorConfig
from simulator.core import Simulator
from simulator.image import ModbusException
from simulator.runner import pace
from simulator.server import ModbusServer
from tests.contract.test_plc_address import simulator
from towerd.cli import towerd_plctest
from towerd.cli.towerd import app
from towerd.plc.codec import check_word
from towerd.plc.registers import blocks
from towerd.plctest import report
from towerd.plctest.model import Result
from towerd.plctest.runner import OtherPcError, all_checks, parse_target, passed, run_checks

SYS, CARRIAGE, STS = blocks()["SYS"], blocks()["CMD_CARRIAGE"], blocks()["STS_CARRIAGE"]
BAYS = blocks()["CMD_BAYS"]


class Broken:
    """A simulator's registers as a PLC with one defect shows them."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim

    def read(self, address: int, count: int) -> list[int]:
        words = self.sim.read(address, count)
        self.spoil(address, words)
        return words

    def spoil(self, address: int, words: list[int]) -> None:
        """Change what is read."""

    def write(self, address: int, words: Sequence[int]) -> None:
        self.sim.write(address, words)

    @staticmethod
    def put(address: int, words: list[int], register: int, value: int) -> None:
        """Change one register where it is among the words."""
        if address <= register < address + len(words):
            words[register - address] = value


class CounterFirst(Broken):
    """It moves both counters before the values."""

    def spoil(self, address: int, words: list[int]) -> None:
        counter = self.sim.image.words[SYS.start + 1] // 4
        for register in (SYS.start + 1, SYS.start + SYS.length - 1):
            self.put(address, words, register, counter)


class Frozen(Broken):
    """Its heartbeat stands."""

    def spoil(self, address: int, words: list[int]) -> None:
        self.put(address, words, SYS.field("plc_heartbeat").address, 7)


class Swapped(Broken):
    """Low word first."""

    def spoil(self, address: int, words: list[int]) -> None:
        at = blocks()["ID"].field("word_order_test").address - address
        if 0 <= at < len(words) - 1:
            words[at], words[at + 1] = words[at + 1], words[at]


class NoException(Broken):
    """It answers zeros where there is nothing."""

    def read(self, address: int, count: int) -> list[int]:
        try:
            return super().read(address, count)
        except ModbusException:
            return [0] * count


class SeqAgain(Broken):
    """It takes the same sequence number twice."""

    last = again = 0

    def write(self, address: int, words: Sequence[int]) -> None:
        if address == CARRIAGE.start:
            self.again += words[9] == self.last
            self.last = words[9]
        super().write(address, words)

    def spoil(self, address: int, words: list[int]) -> None:
        if self.again:
            self.put(address, words, STS.field("reject_seq").address, self.last)


class AnyCheck(Broken):
    """It does not look at check."""

    def write(self, address: int, words: Sequence[int]) -> None:
        fixed = list(words)
        if address == BAYS.start:
            fixed[8] = check_word(fixed[:8], fixed[9], self.sim.image.words[SYS.field("pc_session_echo").address])
        super().write(address, fixed)


class LinkNeverLost(Broken):
    """It does not notice that the PC has gone."""

    def spoil(self, address: int, words: list[int]) -> None:
        self.put(address, words, SYS.field("link_state").address, 1)


FINDS = [
    (Broken, set()),
    (CounterFirst, {"a block changes with its counter"}),
    (Frozen, {"the plc heartbeat moves"}),
    (Swapped, {"identity is right"}),
    (NoException, {"reads outside get exception 2"}),
    (SeqAgain, {"the same seq does nothing"}),
    (AnyCheck, {"a wrong check does nothing", "another session does nothing"}),
]
LOOKED_AT = {
    "a block changes with its counter",
    "the plc heartbeat moves",
    "identity is right",
    "values are in their range",
    "reads outside get exception 2",
    "the same seq does nothing",
    "a wrong check does nothing",
    "another session does nothing",
    "a fence is taken everywhere",
}


async def results_on(broken: Callable[[Simulator], Broken], names: set[str]) -> list[Result]:
    sim = Simulator(SimulatorConfig())
    server = ModbusServer(broken(sim))
    port = await server.start()
    pacing = asyncio.create_task(pace(sim))
    try:
        checks = [check for check in all_checks() if check.name in names]
        assert len(checks) == len(names)
        return await run_checks(parse_target(f"127.0.0.1:{port}"), checks)
    finally:
        pacing.cancel()
        await asyncio.gather(pacing, return_exceptions=True)
        await server.stop()


@pytest.mark.parametrize(("broken", "found"), FINDS, ids=[broken.__name__ for broken, _ in FINDS])
async def test_each_defect_is_found_and_nothing_else(broken: type[Broken], found: set[str]) -> None:
    results = await results_on(broken, LOOKED_AT)
    assert {result.check.name for result in results if result.verdict == "fail"} == found
    assert passed(results) is not bool(found)


async def test_a_plc_that_another_pc_commands_is_left_alone() -> None:
    with pytest.raises(OtherPcError, match="stop it first"):
        await results_on(LinkNeverLost, LOOKED_AT)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plc", ("plc", 502)),
        ("10.0.0.7:1502", ("10.0.0.7", 1502)),
        ("[fe80::1]:502", ("fe80::1", 502)),
        ("serial:/dev/ttyS0", ("/dev/ttyS0", 115200)),
        ("serial:/dev/ttyS0?19200", ("/dev/ttyS0", 19200)),
    ],
)
def test_addresses(text: str, shown: tuple[str, int]) -> None:
    link = parse_target(text)
    assert ((link.host, link.port) if link.host else (link.serial_port, link.baud)) == shown


@pytest.mark.parametrize("text", ["plc:x", "serial:/dev/ttyS0?fast", "serial:", "serial:/dev/ttyS0?300", ""])
def test_what_is_no_address_is_wrong_usage(text: str) -> None:
    assert CliRunner().invoke(app, ["plc-test", text]).exit_code == 2


def test_nobody_there_is_69() -> None:
    done = CliRunner().invoke(app, ["plc-test", "127.0.0.1:9"])
    assert done.exit_code == 69
    assert "no connection to 127.0.0.1:9" in done.stderr


def test_moving_is_asked_for_first() -> None:
    done = CliRunner().invoke(app, ["plc-test", "127.0.0.1:9", "--move"], input="n\n")
    assert done.exit_code == 1
    assert "emergency stop" in done.stdout


def test_whoever_is_asked_by_hand_moves_the_machine() -> None:
    done = CliRunner().invoke(app, ["plc-test", "127.0.0.1:9", "--by-hand"])
    assert done.exit_code == 2
    assert "--move" in done.stderr


@pytest.mark.e2e
def test_the_command_tells_json(tmp_path: Path) -> None:
    with simulator(tmp_path, "tcp") as (address, _):
        done = CliRunner().invoke(app, ["plc-test", address, "--json"])
    told = json.loads(done.stdout)
    assert done.exit_code == 0, told
    assert told["ok"]
    assert told["counts"] == {"pass": len(told["checks"])}
    assert not any(check["moves"] for check in told["checks"])


async def test_a_plc_that_is_always_slow_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("towerd.plctest.reading.STEADY_LIMIT_S", 0.0)
    [result] = await results_on(Broken, {"replies come in time"})
    assert result.verdict == "fail"
    assert "ms as a rule" in result.seen


async def test_a_failure_says_what_was_wanted() -> None:
    results = await results_on(Frozen, {"the plc heartbeat moves"})
    row = report.as_json("here", results)["checks"][0]
    assert row["verdict"] == "fail"
    assert "every 100 ms" in row["wanted"]
    assert "stood for" in row["seen"]
    assert (
        report.summary(results) == "0 passed, 1 failed (the plc heartbeat moves), 0 could not be looked at, 0 skipped"
    )
    shown = towerd_plctest.as_table("here", results)
    assert "every 100 ms" in shown
    assert "PLC interface 1.0 at here" in shown
