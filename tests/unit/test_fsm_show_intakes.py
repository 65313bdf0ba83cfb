"""Cars that are driven in, as screens show them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.support.core_kit import tables_of
from tests.support.values import AT
from towerd.fsm.intake_row import Intake
from towerd.fsm.show_intakes import button_lost_s, driving_in, intake_views
from towerd.fsm.state import Meta

ROW = Intake(2, "loan", "ord-1", "car-1", "kiosk", "clearing", AT, AT, lost_s=5.0)
OWING = replace(ROW, cabin=1, owed="button", owed_since_at=AT)
LATER = AT + timedelta(seconds=30)


def test_each_cabin_says_what_to_do_and_what_it_has_cost() -> None:
    first, second = intake_views(tables_of(intakes={2: ROW, 1: OWING}), LATER)
    assert (first.cabin, second.cabin) == (1, 2)
    assert "press the button" in first.please
    assert second.please == ""
    assert (first.button_lost_s, second.button_lost_s) == (35.0, 5.0)
    assert "button" in second.text


def test_all_that_was_ever_lost_counts_what_is_being_lost() -> None:
    tables = tables_of(intakes={2: ROW, 1: OWING}, meta=Meta(button_lost_s=100.0))
    assert button_lost_s(tables, LATER) == 130.0
    assert button_lost_s(tables_of(meta=Meta(button_lost_s=100.0)), LATER) == 100.0


def test_what_the_tower_does() -> None:
    assert driving_in(tables_of()) is None
    assert driving_in(tables_of(intakes={2: replace(ROW, state="done")})) is None
    assert driving_in(tables_of(intakes={2: ROW})) == ("driving_in", None)
    assert driving_in(tables_of(intakes={2: ROW, 1: OWING})) == ("driving_in", "cabin 1: button owed")
