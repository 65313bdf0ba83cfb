"""Tables on wide and narrow terminals, in a pipe, and a page that is drawn again."""

from __future__ import annotations

import sys

import click
import pytest

from tests.support.views import view
from towerd.api import payload
from towerd.cli.screen import draw, table
from towerd.cli.show import status_page
from towerd.view import BayView

ROWS = [("PLC-024", "Outer door of cabin 1 is blocked\nSince the car left", "Look what is in the door"), ("x", "", "")]


@pytest.fixture
def columns(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.delenv("LINES", raising=False)
    return monkeypatch


def test_without_a_terminal_every_row_is_a_line(columns: pytest.MonkeyPatch) -> None:
    text = "word " * 200
    assert table((), [("a", text), ("bb", "c")]).split("\n") == [f"a   {text}".rstrip(), "bb  c"]


def test_a_narrow_terminal_folds_the_widest_columns(columns: pytest.MonkeyPatch) -> None:
    columns.setenv("COLUMNS", "40")
    shown = click.unstyle(table(("code", "what", "do"), ROWS, "In the way")).split("\n")
    assert shown[:2] == ["In the way", "code     what            do"]
    assert max(map(len, shown)) <= 40
    assert [line[9:23].rstrip() for line in shown[2:]] == [
        "Outer door of",
        "cabin 1 is",
        "blocked",
        "Since the car",
        "left",
        "",
    ]
    assert shown[-1] == "x"


def test_no_word_is_cut(columns: pytest.MonkeyPatch) -> None:
    columns.setenv("COLUMNS", "12")
    assert table((), [("2026-11-25T08:00", "so it is")]).split("\n") == [
        "2026-11-25T08:00  so",
        " " * 18 + "it",
        " " * 18 + "is",
    ]


def test_colours_take_no_room(columns: pytest.MonkeyPatch) -> None:
    columns.setenv("COLUMNS", "20")
    shown = table((), [(click.style("FAILED", fg="red"), "it is"), ("good", "it is")])
    assert click.unstyle(shown).split("\n") == ["FAILED  it is", "good    it is"]


def test_nothing_but_a_title() -> None:
    assert table((), [], "SIMULATED") == "SIMULATED"


def test_a_page_takes_the_place_of_the_last(columns: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    draw("one\ntwo")
    assert capsys.readouterr().out == "one\ntwo\n"
    columns.setenv("LINES", "3")
    columns.setenv("COLUMNS", "80")
    columns.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    draw("one\ntwo\nthree")
    assert capsys.readouterr().out == "\x1b[Hone\x1b[K\ntwo\x1b[K\n\x1b[J"


def test_bays_are_counted_by_the_books() -> None:
    known = BayView("1-1", "good", True, "car-1", True, False, False, None)
    in_doubt = BayView("1-2", "unknown", False, None, True, False, False, None)
    seen_empty = BayView("1-3", "good", None, None, True, False, False, None)
    page = status_page(payload.status(view(bays=(known, in_doubt, seen_empty))))
    assert "1 occupied, 1 free, 1 unknown" in page
