"""How long a reply may take and how often the heartbeat goes, on TCP and on a serial line (plc-if.md 1.8, 3.1)."""

from __future__ import annotations

import pytest

from towerd.plc.config import LinkConfig

TCP = LinkConfig(host="plc")
SLOW = LinkConfig(serial_port="/dev/ttyS0", baud=19200)
FAST = LinkConfig(serial_port="/dev/ttyS0", baud=115200)


def test_on_tcp_every_reply_has_the_same_limit_and_the_heartbeat_its_100_ms() -> None:
    assert TCP.reply_limit_s(96) == TCP.reply_limit_s(1) == 0.3
    assert TCP.beat_s == TCP.beat_before(96) == 0.1


def test_on_a_serial_line_a_reply_has_its_time_on_the_wire_and_100_ms() -> None:
    assert SLOW.reply_limit_s(96) == pytest.approx(0.1 + 209 * 10 / 19200)
    assert FAST.reply_limit_s(96) == pytest.approx(0.1 + 209 * 10 / 115200)
    assert LinkConfig(serial_port="/dev/ttyS0", baud=19200, timeout_ms=150).reply_limit_s(96) == 0.15


@pytest.mark.parametrize("words", [1, 10, 48, 96, 100])
@pytest.mark.parametrize("link", [SLOW, FAST])
def test_on_a_serial_line_a_heartbeat_is_in_time_even_after_a_lost_reply(link: LinkConfig, words: int) -> None:
    assert link.beat_before(words) + link.reply_limit_s(words) + link.wire_s(25) + link.rest_s <= 0.3
    assert link.beat_before(words) > 0.0


def test_half_of_a_slow_line_is_not_spent_on_heartbeats() -> None:
    assert (SLOW.beat_s, FAST.beat_s) == (0.2, 0.1)


def test_the_rest_between_two_frames() -> None:
    assert SLOW.rest_s == pytest.approx(0.001823, abs=1e-6)
    assert FAST.rest_s == 0.00175
