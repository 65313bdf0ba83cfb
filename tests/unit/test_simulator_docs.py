"""The page docs/simulator.md says what the catalogue says: `python -m tests.unit.test_simulator_docs` brings it up to date."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from simulator.__main__ import app
from simulator.listing import as_table, as_text

PAGE = Path(__file__).parents[2] / "docs" / "simulator.md"
BEGIN, END = "<!-- faults -->\n", "<!-- end of faults -->\n"


def with_table(text: str) -> str:
    head, _, rest = text.partition(BEGIN)
    return f"{head}{BEGIN}{as_table()}\n{END}{rest.partition(END)[2]}"


def test_the_table_of_faults_is_that_of_the_catalogue() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert with_table(text) == text


def test_list_faults_prints_the_catalogue() -> None:
    result = CliRunner().invoke(app, ["--list-faults"])
    assert result.exit_code == 0
    assert result.output == as_text() + "\n"


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
