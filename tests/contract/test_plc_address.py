"""The suite for any PLC. `pytest tests/contract/test_plc_address.py --plc ADDRESS` runs it on yours; else on the simulator,
over TCP and over RTU. The checks are those of `towerd plc-test`.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from simulator.control import ask as tell
from tests.scenario.tower import record
from tests.support.tower_hands import deeds_for
from towerd.plctest.model import Check, Please, Result
from towerd.plctest.runner import all_checks, parse_target, run_checks

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

BAUD = 115200


@contextmanager
def simulator(folder: Path, line: str) -> Iterator[tuple[str, int]]:
    """A simulator with one vehicle, in a process of its own; gives its address and its control port."""
    stock = folder / "stock.json"
    stock.write_text(json.dumps({"vehicles": [{**record(1), "bay": "2-3"}]}))
    where = ["--port", "0"] if line == "tcp" else ["--pty", "--baud", str(BAUD)]
    command = [sys.executable, "-m", "simulator", *where, "--stock", str(stock), "--speed-up", "20", "--no-rated"]
    size = ["--floors", "2", "--positions", "3", "--control-port", "0"]
    with subprocess.Popen([*command, *size], stdout=subprocess.PIPE, text=True) as process:
        try:
            told = dict(word.split("=") for word in process.stdout.readline().split() if "=" in word)  # type: ignore[union-attr]
            address = f"127.0.0.1:{told['port']}" if line == "tcp" else f"serial:{told['serial']}?{BAUD}"
            yield address, int(told["control"])
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def outcome(request: pytest.FixtureRequest) -> dict[str, Result]:
    """Every check has run once on the PLC that was named, in order, by its name."""
    return _run(request.config.getoption("--plc"), move=request.config.getoption("--plc-move"))


def _run(address: str, *, move: bool, control: int | None = None) -> dict[str, Result]:
    """`control`: the control port of a simulator, where somebody does what the checks ask for."""
    checks = all_checks(move=move, by_hand=control is not None)

    def ask(please: Please, where: str) -> None:
        for deed in deeds_for(please, where):
            assert control is not None
            assert tell(control, deed)["ok"], deed

    results = asyncio.run(run_checks(parse_target(address), checks, ask=None if control is None else ask))
    return {result.check.name: result for result in results}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "check" in metafunc.fixturenames:
        checks = all_checks() if metafunc.config.getoption("--plc") else []
        metafunc.parametrize("check", checks, ids=lambda check: f"{check.paragraph}: {check.name}")


@pytest.mark.parametrize("line", ["tcp", pytest.param("rtu", marks=pytest.mark.line)])
def test_the_simulator_keeps_every_paragraph(line: str, tmp_path: Path) -> None:
    with simulator(tmp_path, line) as (address, control):
        done = _run(address, move=True, control=control)
    broken = {
        name: f"wanted: {one.check.wanted}; seen: {one.seen}" for name, one in done.items() if one.verdict != "pass"
    }
    assert not broken
    assert len(done) > 55


def test_the_plc_keeps(check: Check, outcome: dict[str, Result]) -> None:
    if check.name not in outcome:
        pytest.skip("moves the machine (--plc-move), or asks for a hand (towerd plc-test --by-hand)")
    result = outcome[check.name]
    if result.verdict == "skipped":
        pytest.skip(result.seen)
    assert result.verdict == "pass", f"{check.paragraph}: wanted: {check.wanted}; seen: {result.seen}"
