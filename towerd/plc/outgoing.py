"""What waits to be written to the PLC, and the words of CTL. Pure: it decides the order, the session sends."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from towerd.fsm.commands import AcknowledgeAlarm, WriteMailbox, WritePackml
from towerd.plc.codec import WORD_LIMIT, encode_block, mailbox_words


@dataclass(slots=True)
class Control:
    """The words of CTL. They stay as they are between commands: each acts once, on a change of its seq (4.3, 8.1).

    A lost CTL write may therefore be repeated by the next one.
    """

    session: int = 0
    heartbeat: int = 0
    packml_command: int = 0
    packml_seq: int = 0
    alarm_ack_code: int = 0
    alarm_ack_seq: int = 0

    def begin(self, session: int) -> None:
        """The first CTL of a session: no command; the PLC copies the seqs and acts on neither (2.2)."""
        self.session = session
        self.packml_command = self.packml_seq = self.alarm_ack_code = self.alarm_ack_seq = 0

    def take_packml(self, command: WritePackml) -> None:
        """Carry a PackML command from now on."""
        self.packml_command, self.packml_seq = int(command.command), command.seq

    def take_acknowledgement(self, command: AcknowledgeAlarm) -> None:
        """Carry an acknowledgement from now on."""
        self.alarm_ack_code, self.alarm_ack_seq = command.code, command.seq

    def next_words(self, utc_s: int) -> list[int]:
        """The whole block with the next heartbeat (3.1)."""
        self.heartbeat = (self.heartbeat + 1) & WORD_LIMIT
        return encode_block(
            "CTL",
            {
                "pc_heartbeat": self.heartbeat,
                "pc_session": self.session,
                "packml_command": self.packml_command,
                "packml_seq": self.packml_seq,
                "alarm_ack_code": self.alarm_ack_code,
                "alarm_ack_seq": self.alarm_ack_seq,
                "utc_s": utc_s,
            },
        )


def words_of(command: WriteMailbox) -> list[int]:
    """Words 0 to 9 of a mailbox (5.2). Raises RangeError on a value that does not fit."""
    arg0, arg1, arg2, arg3 = command.args
    values = {
        "code": command.code,
        "arg0": arg0,
        "arg1": arg1,
        "arg2": arg2,
        "arg3": arg3,
        "job_id": command.job_id,
        "limit_ds": command.limit_ds,
    }
    return mailbox_words(command.unit.value, values, command.seq, command.session)


class Outgoing:
    """Commands in the order in which they go: what stops first, then as they came.

    Acknowledgements go with the regular heartbeat, one each, so that the PLC's scan sees every one of them.
    """

    def __init__(self) -> None:
        self._urgent: deque[WritePackml] = deque()
        self._waiting: deque[WriteMailbox | WritePackml] = deque()
        self._acknowledgements: deque[AcknowledgeAlarm] = deque()

    def add(self, command: WriteMailbox | WritePackml) -> None:
        """Queue a command. One that stops overtakes, and a PackML command that it overtook is never sent:
        it would undo the stop.
        """
        if isinstance(command, WritePackml) and command.stops:
            self._waiting = deque(waiting for waiting in self._waiting if isinstance(waiting, WriteMailbox))
            self._urgent.append(command)
        else:
            self._waiting.append(command)

    def add_acknowledgement(self, command: AcknowledgeAlarm) -> None:
        """Queue an acknowledgement for a later heartbeat."""
        self._acknowledgements.append(command)

    def next_command(self) -> WriteMailbox | WritePackml | None:
        """What goes next, or None."""
        if self._urgent:
            return self._urgent.popleft()
        return self._waiting.popleft() if self._waiting else None

    def next_acknowledgement(self) -> AcknowledgeAlarm | None:
        """What the next heartbeat acknowledges, or None."""
        return self._acknowledgements.popleft() if self._acknowledgements else None

    def clear(self) -> list[WriteMailbox]:
        """Forget everything; returns the mailbox commands that were never sent."""
        unsent = [waiting for waiting in self._waiting if isinstance(waiting, WriteMailbox)]
        self._urgent.clear()
        self._waiting.clear()
        self._acknowledgements.clear()
        return unsent
