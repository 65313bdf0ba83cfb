"""`towerctl` loads only what it needs: it is to answer within 0.3 s (bench_towerctl measures that)."""

from __future__ import annotations

import asyncio
import getpass
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.api_tower import served

HEAVY = {"asyncio", "email", "fastapi", "http", "httpx", "pydantic", "rich", "ssl", "typer", "towerd.settings"}
ASK = """\
import sys
from towerd.cli.towerctl import app
app(sys.argv[1:], prog_name="towerctl", standalone_mode=False)
print("LOADED", *sys.modules)
"""


@pytest.mark.parametrize("words", [("status",), ("drive-in",)])
async def test_no_heavy_library_is_loaded(tmp_path: Path, words: tuple[str, ...]) -> None:
    async with served(tmp_path / "api.sock") as tower:
        tower.settings.users[getpass.getuser()] = "viewer"
        asked = await asyncio.create_subprocess_exec(
            sys.executable, "-c", ASK, *words, "--socket", str(tower.path), stdout=subprocess.PIPE
        )
        shown, _ = await asked.communicate()
    told, _, loaded = shown.decode().partition("LOADED")
    assert told
    assert loaded
    assert HEAVY & set(loaded.split()) == set()
