"""The page docs/simulator.md says what the catalogue says: `python -m tests.unit.test_simulator_docs` brings it up to date."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from simulator.__main__ import app
from simulator.config import SimulatorConfig
from simulator.listing import acts_table, as_table, as_text, moments_list
from simulator.scenario import parse, read

PAGE = Path(__file__).parents[2] / "docs" / "simulator.md"
PARTS = {"faults": as_table, "acts": acts_table, "moments": moments_list}


def brought_up_to_date(text: str) -> str:
    for name, make in PARTS.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
        head, _, rest = text.partition(begin)
        text = f"{head}{begin}{make()}\n{end}{rest.partition(end)[2]}"
    return text


def test_the_tables_are_those_of_the_program() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert brought_up_to_date(text) == text


def test_the_scenario_on_the_page_runs() -> None:
    text = PAGE.read_text(encoding="utf-8")
    example = text.partition("```toml\n")[2].partition("```")[0]
    assert len(parse(example, SimulatorConfig())) == 2


def test_the_example_among_the_settings_can_be_played() -> None:
    path = PAGE.parents[1] / "config" / "scenario.example.toml"
    assert len(read(path, SimulatorConfig())) == 4


def test_the_example_in_python_runs() -> None:
    text = PAGE.read_text(encoding="utf-8")
    example = text.partition("```python\n")[2].partition("```")[0]
    assert "sim.step" in example
    exec(compile(example, str(PAGE), "exec"), {})


def test_list_faults_prints_the_catalogue() -> None:
    result = CliRunner().invoke(app, ["--list-faults"])
    assert result.exit_code == 0
    assert result.output == as_text() + "\n"


if __name__ == "__main__":
    PAGE.write_text(brought_up_to_date(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
