"""The JOG block: fresh tokens, the newest word only, and nothing that is too old."""

from __future__ import annotations

from towerd.fsm.commands import WriteJog
from towerd.plc.codec import jog_check
from towerd.plc.jog import FRESH_S, JogBlock

UP = WriteJog(0, 1, 40, 0, 7)
STOP = WriteJog(0, 0, 1, 0, 7)


def test_each_word_has_a_token_of_its_own_and_its_check() -> None:
    block = JogBlock()
    block.begin(7)
    block.add(UP, 1.0)
    words = block.next_words(1.0)
    assert words == [8, 0, 1, 40, 0, jog_check([8, 0, 1, 40, 0], 7)]
    assert block.next_words(1.0) is None
    block.add(WriteJog(2, -1, 40, 5, 7), 1.1)
    words = block.next_words(1.1)
    assert words is not None
    assert words[:5] == [9, 2, 0xFFFF, 40, 5]


def test_the_newest_word_counts() -> None:
    block = JogBlock()
    block.add(UP, 1.0)
    block.add(STOP, 1.01)
    words = block.next_words(1.02)
    assert words is not None
    assert words[2] == 0
    assert block.next_words(1.02) is None


def test_a_movement_that_waited_too_long_is_dropped_and_a_stop_never() -> None:
    block = JogBlock()
    block.add(UP, 1.0)
    assert block.next_words(1.0 + FRESH_S + 0.01) is None
    block.add(STOP, 1.0)
    assert block.next_words(9.0) is not None


def test_another_session_forgets_what_waits() -> None:
    block = JogBlock()
    block.add(UP, 1.0)
    block.begin(65535)
    assert block.next_words(1.0) is None
    block.add(UP, 1.0)
    block.clear()
    assert block.next_words(1.0) is None
    block.add(UP, 1.0)
    words = block.next_words(1.0)
    assert words is not None
    assert words[0] == 1, "tokens go on past 65535"
