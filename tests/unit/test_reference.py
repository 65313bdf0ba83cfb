"""The reference says what the program says now."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.reference import markdown
from tools.reference.__main__ import FOLDER, PAGES, drifted, files, main, write
from towerd.faults import FAULTS
from towerd.fsm.charts import CHARTS
from towerd.orders.claims import KINDS
from towerd.plc.registers import registers
from towerd.settings import Settings


def test_the_pages_are_up_to_date() -> None:
    assert drifted(FOLDER) == [], "run `make reference`"
    assert main(["--check"]) == 0


def test_drift_is_seen_and_mended(tmp_path: Path) -> None:
    assert drifted(tmp_path) == list(files())
    write(tmp_path)
    assert drifted(tmp_path) == []
    (tmp_path / "faults.md").write_text("old")
    (tmp_path / "schemas" / "state.json").unlink()
    (tmp_path / "schemas" / "state_of_old.json").write_text("{}")
    assert drifted(tmp_path) == ["faults.md", "schemas/state.json", "schemas/state_of_old.json"]
    write(tmp_path)
    assert drifted(tmp_path) == []


@pytest.mark.parametrize(
    ("page", "wanted"),
    [
        ("registers", {register.field for register in registers()}),
        ("faults", {fault.code for fault in FAULTS.values()}),
        ("states", {state for chart in CHARTS.values() for state in chart.states}),
        ("settings", set(Settings.model_fields)),
        ("api", {"/status", "/code", "/stock/import", "/packml/{command}"}),
        ("cli", {"towerd run", "towerctl why", "towerctl watch"}),
        ("topics", {"cmd/test_drive", "{root}/v1/{tower}/catalogue"}),
    ],
)
def test_pages_are_whole(page: str, wanted: set[str]) -> None:
    text = PAGES[page]()
    assert [name for name in sorted(wanted) if name not in text] == []


def test_tables_keep_bars_and_lines_inside_their_cells() -> None:
    assert markdown.table(("a", "b"), [("x|y", "1\n2")]) == "| a | b |\n|---|---|\n| x\\|y | 1 2 |"
    assert markdown.table(("a",), []) == ""


@pytest.mark.parametrize(
    ("page", "begins"),
    [("CHANGELOG.md", "- Orders over MQTT 5: "), ("docs/integrator-handbook.md", "Verbs served: ")],
)
def test_verbs_served_are_told_once_and_all(page: str, begins: str) -> None:
    text = (FOLDER.parents[1] / page).read_text()
    [told] = re.findall(re.escape(begins) + r"([^;]*);", text)
    assert set(re.findall(r"`(\w+)`", told)) == KINDS | {"state"}
