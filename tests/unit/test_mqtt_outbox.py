from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from tests.support.mqtt_kit import Rows
from towerd.fsm.commands import AppendOutbox
from towerd.mqtt.acks import Acknowledgements
from towerd.mqtt.outbox import WINDOW, Outbox
from towerd.mqtt.wire import Received


class Line:
    """A connection that may be down; mids count up over all connections."""

    def __init__(self) -> None:
        self.up = True
        self.sent: list[tuple[int, int]] = []
        self.mid = 0

    def send(self, row: AppendOutbox) -> int | None:
        if not self.up:
            return None
        self.mid += 1
        self.sent.append((self.mid, row.event_seq))
        return self.mid


def outbox(count: int) -> tuple[Outbox, Line, Rows]:
    rows, line = Rows(), Line()
    rows.append(count)
    return Outbox(rows.read, line.send), line, rows


def test_messages_leave_in_order_as_far_as_the_window_goes() -> None:
    box, line, _ = outbox(WINDOW + 5)
    box.pump()
    assert [seq for _, seq in line.sent] == list(range(1, WINDOW + 1))
    assert box.published(1)
    box.pump()
    assert line.sent[-1][1] == WINDOW + 1


def test_only_an_unbroken_row_counts_as_acknowledged() -> None:
    box, line, _ = outbox(3)
    box.pump()
    assert not box.published(3)
    assert not box.published(2)
    assert box.holds(1)
    assert box.published(1)
    assert box.acknowledged_seq == 3
    assert not box.holds(1)
    assert not box.published(99)
    assert len(line.sent) == 3


def test_what_was_not_acknowledged_is_sent_again() -> None:
    box, line, _ = outbox(3)
    box.pump()
    box.published(1)
    box.restart()
    box.pump()
    assert [seq for _, seq in line.sent] == [1, 2, 3, 2, 3]
    assert not box.published(2), "an acknowledgement of the connection before counts no more"


def test_without_a_connection_nothing_counts_as_sent() -> None:
    box, line, _ = outbox(2)
    line.up = False
    box.pump()
    line.up = True
    box.pump()
    assert [seq for _, seq in line.sent] == [1, 2]


STEPS = st.lists(st.sampled_from(["append", "pump", "ack", "late", "lose", "return"]), max_size=80)


def take(step: str, box: Outbox, line: Line, rows: Rows) -> None:
    match step:
        case "append":
            rows.append(7)
        case "pump":
            box.pump()
        case "ack" | "late" if line.sent:
            box.published(line.sent[0 if step == "late" else -1][0])
        case "lose":
            line.up = False
        case "return":
            line.up = True
            box.restart()


@given(STEPS)
def test_whatever_happens_the_order_holds_and_nothing_is_left_out(steps: Sequence[str]) -> None:
    box, line, rows = outbox(3)
    for step in (*steps, "return", "pump"):
        take(step, box, line, rows)
    while box.acknowledged_seq < len(rows.rows):
        for mid, _ in list(line.sent):
            box.published(mid)
        box.pump()
    first_seen = list(dict.fromkeys(seq for _, seq in line.sent))
    assert first_seen == list(range(1, len(rows.rows) + 1))


def received(mid: int) -> Received:
    return Received("t", b"", False, mid, 1)


def test_commands_are_acknowledged_in_the_order_of_their_arrival() -> None:
    seen: list[int] = []
    acks = Acknowledgements(lambda one: seen.append(one.mid))
    first, second, third = (acks.expect(received(mid)) for mid in (1, 2, 3))
    second()
    assert seen == []
    first()
    assert seen == [1, 2]
    third()
    assert seen == [1, 2, 3]


def test_a_commit_that_comes_after_the_connection_acknowledges_nothing() -> None:
    seen: list[int] = []
    acks = Acknowledgements(lambda one: seen.append(one.mid))
    late = acks.expect(received(1))
    acks.clear()
    late()
    assert seen == []
