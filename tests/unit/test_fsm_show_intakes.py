"""Cars that are driven in and what is owed at the cabins, as screens show them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.support.core_kit import tables_of
from tests.support.values import AT
from towerd.fsm.intake_row import Intake, Owing
from towerd.fsm.show_intakes import button_lost_s, driving_in, intake_views, owing_views
from towerd.fsm.state import Meta

ROW = Intake(2, "loan", "ord-1", "car-1", "kiosk", "clearing", AT, AT, lost_s=5.0)
OWING = {1: Owing(1, "button", AT)}
LATER = AT + timedelta(seconds=30)


def test_each_cabin_says_what_to_do_and_what_it_has_cost() -> None:
    first, second = intake_views(tables_of(intakes={2: ROW, 1: replace(ROW, cabin=1)}, owing=OWING), LATER, 900.0)
    assert (first.cabin, second.cabin) == (1, 2)
    assert (first.button_lost_s, second.button_lost_s) == (35.0, 5.0)
    assert "button" in second.text
    (ended,) = intake_views(tables_of(intakes={1: replace(ROW, cabin=1, state="done")}, owing=OWING), LATER, 900.0)
    assert ended.button_lost_s == 5.0


def test_what_is_owed_is_asked_of_whoever_comes() -> None:
    (owed,) = owing_views(tables_of(owing=OWING))
    assert (owed.cabin, owed.what, owed.since_at, owed.paged) == (1, "button", AT, False)
    assert "press the button" in owed.please


def test_all_that_was_ever_lost_counts_what_is_being_lost() -> None:
    rows = {**OWING, 2: Owing(2, "answer", AT)}
    assert button_lost_s(tables_of(owing=rows, meta=Meta(button_lost_s=100.0)), LATER) == 130.0
    assert button_lost_s(tables_of(meta=Meta(button_lost_s=100.0)), LATER) == 100.0


def test_what_the_tower_does() -> None:
    assert driving_in(tables_of()) is None
    assert driving_in(tables_of(intakes={2: replace(ROW, state="done")})) is None
    assert driving_in(tables_of(intakes={2: ROW})) == ("driving_in", None)
    assert driving_in(tables_of(intakes={2: ROW}, owing=OWING)) == ("driving_in", "cabin 1: button owed")
    assert driving_in(tables_of(owing=OWING)) == ("waiting", "cabin 1: button owed")
