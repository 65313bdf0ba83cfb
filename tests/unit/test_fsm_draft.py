"""The state as it becomes in a turn, and whether anything in it is news."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.core_kit import asked, machine, order_in, state_of, tables_of, turn_of, vehicle
from tests.support.passed_over import as_set
from towerd.fsm.commands import StartTimer
from towerd.fsm.draft import UNASKED
from towerd.fsm.state import State
from towerd.fsm.turn import Turn
from towerd.journal.diff import diff
from towerd.orders.model import open_of
from towerd.places import cabin


def before() -> State:
    return state_of(machine(), tables_of(vehicles=[vehicle()], orders=[order_in("accepted")]))


def test_what_was_given_stays_as_it_was() -> None:
    state = before()
    kept = (dict(state.tables.vehicles), dict(state.tables.orders), replace(state.volatile), state.tables.meta)
    turn = turn_of(state)
    turn.put_vehicle(turn.tables.vehicles["car-1"], place=cabin(1))
    turn.drop("orders", "ord-1")
    turn.put("jobs", 1, object())
    turn.set(doing="something")
    turn.set(stopping=True)
    turn.set_meta(boot=9)
    assert (state.tables.vehicles, state.tables.orders, state.volatile, state.tables.meta) == kept
    assert turn.state != state
    assert turn.tables.vehicles["car-1"].place == cabin(1)
    assert turn.tables.orders == {}
    assert (turn.volatile.doing, turn.volatile.stopping, turn.tables.meta.boot) == ("something", True, 9)


def test_tables_that_are_not_touched_are_shared() -> None:
    turn = turn_of(before())
    untouched = turn.tables.orders
    turn.put_vehicle(turn.tables.vehicles["car-1"], place=cabin(1))
    turn.put_vehicle(turn.tables.vehicles["car-1"], condition="out")
    assert turn.tables.orders is untouched
    assert (set(turn.touched("vehicles")), set(turn.touched("orders"))) == ({"car-1"}, set())
    assert turn.tables.vehicles["car-1"].condition == "out"
    assert turn.tables.vehicles["car-1"].place == cabin(1)


def test_dropping_what_is_not_there_changes_nothing() -> None:
    turn = turn_of(before())
    tables = turn.tables
    turn.drop("vehicles", "nobody")
    assert turn.tables is tables


_DEEDS = st.tuples(
    st.sampled_from(["put", "end", "drop", "look", "turn"]), st.sampled_from(["ord-1", "ord-2", "ord-3", "ord-4"])
)


@given(st.lists(_DEEDS, max_size=25))
def test_the_open_orders_are_always_those_that_a_look_through_all_finds(deeds: list[tuple[str, str]]) -> None:
    state = before()
    turn = turn_of(state)
    for deed, name in deeds:
        given_before = dict(state.tables.open_orders)
        if deed == "put":
            turn.put("orders", name, order_in("accepted", name))
        elif deed == "end":
            turn.put("orders", name, order_in("cancelled", name))
        elif deed == "drop":
            turn.drop("orders", name)
        elif deed == "look":
            assert list(turn.tables.open_orders.items()) == list(open_of(turn.tables.orders).items())
        else:
            state = turn.state
            turn = turn_of(state)
            continue
        assert state.tables.open_orders == given_before, "nobody outside the turn sees any of it"
        rows = diff(state.tables, turn.tables, turn.touched_rows)
        assert as_set(rows) == as_set(diff(state.tables, turn.tables))
        new = [key for key in turn.tables.orders if key not in state.tables.orders]
        assert [key for _, key, _ in rows if key in new] == new, "new rows are kept in their order"
        assert list(state.tables.open_orders.items()) == list(open_of(state.tables.orders).items())
    assert list(turn.tables.open_orders.items()) == list(open_of(turn.tables.orders).items())


def test_what_a_row_was_before_the_turn_is_known() -> None:
    turn = turn_of(before())
    old = turn.tables.orders["ord-1"]
    turn.drop("orders", "ord-1")
    turn.put("orders", "ord-2", order_in("accepted", "ord-2"))
    assert (turn.before("orders", "ord-1"), turn.before("orders", "ord-2")) == (old, None)


def test_a_field_that_does_not_exist_is_not_made_up() -> None:
    with pytest.raises(AttributeError):
        turn_of(before()).set(no_such_thing=1)


def test_the_picture_is_the_last_good_one() -> None:
    assert turn_of(before()).snapshot == machine()
    assert turn_of(state_of(None)).snapshot is None


@pytest.mark.parametrize(
    "does",
    [
        lambda turn: turn.put("jobs", 1, object()),
        lambda turn: turn.drop("orders", "ord-1"),
        lambda turn: turn.set_meta(boot=9),
        lambda turn: turn.set(doing="something"),
        lambda turn: turn.ask(StartTimer("minute", 60.0)),
    ],
    ids=["put", "drop", "set_meta", "set", "ask"],
)
def test_whatever_is_done_is_news(does: object) -> None:
    turn = turn_of(before())
    assert not turn.news
    does(turn)  # type: ignore[operator]
    assert turn.news


def test_also_a_second_time() -> None:
    turn = turn_of(before())
    turn.put("jobs", 1, object())
    turn.news = False
    turn.put("jobs", 2, object())
    assert turn.news


def test_what_goes_on_with_each_picture_is_none() -> None:
    turn = turn_of(before())
    turn.set(**{name: getattr(turn.volatile, name) for name in UNASKED})
    assert not turn.news
    assert turn.volatile is not before().volatile


def test_commands_are_kept_in_their_order() -> None:
    turn: Turn = turn_of(before())
    for name in ("one", "other"):
        turn.ask(StartTimer(name, 1.0))
    assert [one.name for one in asked(turn, StartTimer)] == ["one", "other"]
