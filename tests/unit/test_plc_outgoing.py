"""Outgoing: the order of what waits, and the words of CTL."""

from __future__ import annotations

from towerd.fsm.commands import AcknowledgeAlarm, WriteMailbox, WritePackml
from towerd.plc.codec import check_word
from towerd.plc.outgoing import Control, Outgoing, words_of
from towerd.plc.snapshot import PackmlCommand, Unit

MOVE = WriteMailbox(Unit.CARRIAGE, 1, 7, 1, (2, 3, 0, 0), 9, 600)
LOCK = WriteMailbox(Unit.BAYS, 1, 7, 11, (2, 3, 0, 0), 9, 60)
START = WritePackml(PackmlCommand.START, 1, 7)
HOLD = WritePackml(PackmlCommand.HOLD, 2, 7)
ABORT = WritePackml(PackmlCommand.ABORT, 3, 7)


def drained(outgoing: Outgoing) -> list[WriteMailbox | WritePackml]:
    commands = []
    while (command := outgoing.next_command()) is not None:
        commands.append(command)
    return commands


def test_commands_go_in_their_order() -> None:
    outgoing = Outgoing()
    for command in (LOCK, START, MOVE):
        outgoing.add(command)
    assert drained(outgoing) == [LOCK, START, MOVE]


def test_what_stops_goes_first_and_takes_back_what_would_undo_it() -> None:
    outgoing = Outgoing()
    for command in (LOCK, START, HOLD, MOVE, ABORT):
        outgoing.add(command)
    assert drained(outgoing) == [HOLD, ABORT, LOCK, MOVE]


def test_forgetting_returns_the_mailbox_commands() -> None:
    outgoing = Outgoing()
    for command in (START, LOCK, HOLD):
        outgoing.add(command)
    outgoing.add_acknowledgement(AcknowledgeAlarm(5, 1, 7))
    assert outgoing.clear() == [LOCK]
    assert drained(outgoing) == []
    assert outgoing.next_acknowledgement() is None


def test_acknowledgements_go_one_by_one() -> None:
    outgoing = Outgoing()
    first, second = AcknowledgeAlarm(5, 1, 7), AcknowledgeAlarm(6, 2, 7)
    outgoing.add_acknowledgement(first)
    outgoing.add_acknowledgement(second)
    assert [outgoing.next_acknowledgement(), outgoing.next_acknowledgement()] == [first, second]


def test_ctl_keeps_its_words_and_moves_its_heartbeat() -> None:
    control = Control(heartbeat=65534)
    control.begin(7)
    assert control.next_words(0x12345678) == [65535, 7, 0, 0, 0, 0, 0x1234, 0x5678]
    control.take_packml(HOLD)
    control.take_acknowledgement(AcknowledgeAlarm(0xFFFF, 4, 7))
    assert control.next_words(1) == [0, 7, 4, 2, 0xFFFF, 4, 0, 1]
    assert control.next_words(2)[:6] == [1, 7, 4, 2, 0xFFFF, 4]
    control.begin(8)
    assert control.next_words(3)[1:6] == [8, 0, 0, 0, 0]


def test_words_of_a_mailbox_command() -> None:
    words = words_of(MOVE)
    assert words == [1, 2, 3, 0, 0, 0, 9, 600, check_word(words[:8], 1, 7), 1]
