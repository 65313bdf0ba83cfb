from __future__ import annotations

import pytest

from towerd.mqtt.floods import PROVEN_MOST, PROVEN_S, TOLD_AT_ONCE, Floods


def test_no_more_is_told_than_there_is_room_for() -> None:
    floods = Floods()
    assert [floods.may_tell(5.0) for _ in range(TOLD_AT_ONCE + 1)] == [True] * TOLD_AT_ONCE + [False]
    told = sum(floods.may_tell(5.0 + number / 100) for number in range(6000))
    assert told == pytest.approx(600, abs=1), "ten a second from then on"


def test_an_address_is_proven_for_a_while() -> None:
    floods = Floods()
    assert not floods.proven("rsp/shop", 0.0)
    floods.prove("rsp/shop", 10.0)
    assert floods.proven("rsp/shop", 10.0 + PROVEN_S)
    assert not floods.proven("rsp/other", 10.0)
    assert not floods.proven("rsp/shop", 11.0 + PROVEN_S)


def test_the_oldest_addresses_are_forgotten() -> None:
    floods = Floods()
    floods.prove("first", 0.0)
    for number in range(PROVEN_MOST - 1):
        floods.prove(f"a_{number}", 1.0)
    floods.prove("first", 2.0)
    floods.prove("one more", 3.0)
    assert floods.proven("first", 3.0)
    assert not floods.proven("a_0", 3.0)
