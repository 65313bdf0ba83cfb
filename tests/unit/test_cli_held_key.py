"""Whether a key is held down, by auto-repeat alone."""

from __future__ import annotations

from towerd.cli.held_key import GAP_S, HeldKey, split

UP, DOWN = b"\x1b[A", b"\x1b[B"


def held_from(*presses: tuple[bytes, float]) -> HeldKey:
    held = HeldKey()
    for data, at_s in presses:
        held.feed(data, at_s)
    return held


def test_a_single_press_moves_nothing() -> None:
    held = held_from((UP, 1.0))
    assert held.direction(1.0) == 0


def test_movement_begins_with_the_repeat_and_ends_with_it() -> None:
    held = held_from((UP, 1.0), (UP, 1.5))
    assert held.direction(1.5) == 0, "the second comes after the keyboard's own delay"
    held.feed(UP, 1.53)
    assert held.direction(1.53) == 1
    assert held.direction(1.53 + GAP_S - 0.01) == 1
    assert held.direction(1.53 + GAP_S + 0.01) == 0
    held.feed(UP, 1.9)
    assert held.direction(1.9) == 0, "pressed anew"


def test_another_way_stops_first() -> None:
    held = held_from((UP, 1.0), (UP, 1.03), (DOWN, 1.06))
    assert held.direction(1.06) == 0
    held.feed(b"j", 1.09)
    assert held.direction(1.09) == -1


def test_a_burst_was_held_back_on_its_way() -> None:
    held = held_from((UP, 1.0), (UP, 1.03), (UP * 20, 1.06))
    assert held.direction(1.06) == 0
    held.feed(UP * 9 + b"q", 1.07)
    assert held.quit
    assert held.direction(1.07) == 0


def test_another_window_in_front_stops_until_the_key_is_pressed_anew() -> None:
    held = held_from((b"+", 1.0), (b"+", 1.03), (b"\x1b[O", 1.04))
    assert held.direction(1.05) == 0
    held.feed(b"++", 1.06)
    assert held.direction(1.06) == 0
    held.feed(b"\x1b[I", 1.07)
    assert held.direction(1.3) == 0
    held.feed(b"+", 1.4)
    held.feed(b"+", 1.43)
    assert held.direction(1.43) == 1


def test_speed_and_leaving() -> None:
    held = held_from((b"3", 1.0))
    assert held.speed_pct == 30
    held.feed(b"0x", 1.1)
    assert held.speed_pct == 100
    for key in (b"q", b"\x03", b"\x04"):
        assert held_from((key, 1.0)).quit


def test_a_key_may_come_in_pieces() -> None:
    assert split(b"a\x1b[A\x1b") == ([b"a", UP], b"\x1b")
    held = held_from((b"\x1b", 1.0), (b"[A", 1.0), (UP, 1.02))
    assert held.direction(1.02) == 1
