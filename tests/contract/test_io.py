"""`towerctl io` and its route: filters, ages, JSON."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from click.testing import CliRunner, Result

from tests.support.api_tower import Tower, served
from towerd.api.core import Extras
from towerd.cli.towerctl import app
from towerd.plc.register_rows import Words, register_rows
from towerd.plc.registers import blocks


def _rows():  # type: ignore[no-untyped-def]
    system = [0] * blocks()["SYS"].length
    system[5], system[10] = 2, 3
    return register_rows({"SYS": Words(tuple(system), 10.0)}, 12.5)


async def ask(path: Path, *arguments: str) -> Result:
    async with served(path) as tower:
        _fill(tower)
        return await asyncio.to_thread(
            lambda: CliRunner().invoke(app, ["io", *arguments, "--socket", str(path)], env={"COLUMNS": "150"})
        )


def _fill(tower: Tower) -> None:
    # the account of the tests is nobody in particular
    import os
    import pwd

    name = pwd.getpwuid(os.getuid()).pw_name
    tower.settings.users[name] = "viewer"
    tower.server._core.extras = Extras(registers=_rows)


async def test_a_block_as_a_table(tmp_path: Path) -> None:
    done = await ask(tmp_path / "api.sock", "--block", "sys")
    assert done.exit_code == 0, done.output
    line = next(line for line in done.output.splitlines() if "key_switch" in line)
    assert line.split() == ["SYS", "key_switch", "133", "R", "2", "0002", "?", "2.5", "s", "manual"]
    assert "AX_LIFT" not in done.output


async def test_by_name_as_json(tmp_path: Path) -> None:
    done = await ask(tmp_path / "api.sock", "packml_state", "--json")
    [row] = json.loads(done.stdout)["registers"]
    assert (row["block"], row["value"], row["raw"], row["good"]) == ("SYS", 0, [0], False)


async def test_what_was_never_seen_says_so(tmp_path: Path) -> None:
    done = await ask(tmp_path / "api.sock", "mass_kg", "--block", "LOAD")
    assert "never" in done.output


async def test_no_such_register_is_wrong_usage(tmp_path: Path) -> None:
    done = await ask(tmp_path / "api.sock", "no_such_thing")
    assert done.exit_code == 2
    assert "registers.md" in done.output
