"""`towerctl` loads only what it needs: it is to answer within 0.3 s (bench_towerctl measures that)."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {"pydantic", "pydantic_settings", "httpx", "fastapi", "rich.table", "rich.live", "asyncio", "towerd.settings"}


def test_no_heavy_library_is_loaded_before_it_is_needed() -> None:
    code = "import sys, towerd.cli.towerctl; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert HEAVY & set(done.stdout.split()) == set()
