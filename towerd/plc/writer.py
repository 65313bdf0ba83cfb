"""Writes to the PLC: commands once, the heartbeat for ever (plc-if.md 3.1, 4.3, 5.2, 8.1)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from towerd.fsm.commands import WriteMailbox, WritePackml
from towerd.fsm.events import PlcWriteUnanswered
from towerd.plc.codec import RangeError
from towerd.plc.config import LinkConfig
from towerd.plc.freshness import ROUNDING_S
from towerd.plc.jog import JogBlock
from towerd.plc.outgoing import Control, Outgoing, words_of
from towerd.plc.registers import blocks
from towerd.plc.transport import Transport, TransportError
from towerd.ports import Clock, Inbox

log = logging.getLogger(__name__)

MAILBOX_WORDS = 10


class Writer:
    """Owns the words of CTL and what waits. A mailbox write without a good answer is posted as PlcWriteUnanswered;
    `failed(reason)` is told of a heartbeat without one.
    """

    def __init__(
        self,
        transport: Transport,
        config: LinkConfig,
        clock: Clock,
        inbox: Inbox,
        failed: Callable[[str], None],
    ) -> None:
        self._transport = transport
        self._config = config
        self._clock = clock
        self._inbox = inbox
        self._failed = failed
        self._control = Control()
        self.outgoing = Outgoing()
        self._beat_at_s = float("-inf")
        self._whole: list[int] = []
        self.jog = JogBlock()

    @property
    def heartbeat_due_s(self) -> float:
        """When the next heartbeat is due, on the loop's clock in s."""
        return self._beat_at_s + self._config.beat_s

    @property
    def session(self) -> int:
        """The pc_session of the last CTL, 0 before the first."""
        return self._control.session

    async def begin(self, session: int) -> None:
        """The first CTL of a new session: no command in it (2.2). Raises TransportError."""
        self._control.begin(session)
        self.jog.begin(session)
        await self._write_control()

    async def beat(self, words: int = 0) -> None:
        """The heartbeat, where it is due, or would be late after a request for `words` registers whose reply is lost
        (1.8). Raises TransportError where that ended the connection.
        """
        # first, or the silence after a lost reply would make the heartbeat late that was not due before it
        await self._transport.rest()
        due_s = self._beat_at_s + self._config.beat_before(words)
        if asyncio.get_running_loop().time() < due_s - ROUNDING_S:
            return
        if (acknowledgement := self.outgoing.next_acknowledgement()) is not None:
            self._control.take_acknowledgement(acknowledgement)
        await self._write_control()

    async def send_waiting(self, words: int) -> None:
        """Send what waits, then the heartbeat where it is due ahead of a read of `words` registers.

        Raises TransportError where that ended the connection.
        """
        # what stops and comes meanwhile is first then
        await self._transport.rest()
        while (command := self.outgoing.next_command()) is not None:
            if isinstance(command, WritePackml):
                self._control.take_packml(command)
                await self._write_control()
            else:
                await self.beat(MAILBOX_WORDS)
                await self._write_mailbox(command)
        await self._write_jog()
        await self.beat(words)

    def drop(self, reason: str) -> None:
        """Forget what was not sent; mailbox commands are told as unanswered."""
        self.jog.clear()
        for command in self.outgoing.clear():
            self.unanswered(command, f"not sent: {reason}")

    async def _write_jog(self) -> None:
        """Never ahead of a heartbeat that is due, or would be late after it (1.8). A lost write is made good by the next
        token, or the axis stops (7.1).
        """
        words = self.jog.next_words(asyncio.get_running_loop().time())
        if words is None:
            return
        await self.beat(len(words))
        try:
            await self._transport.write(blocks()["JOG"].start, words)
        except TransportError as error:
            if not self._transport.connected:
                raise
            log.info("JOG write failed: %s", error)

    def unanswered(self, command: WriteMailbox, reason: str) -> None:
        """Tell that a mailbox command got no good answer, or was not sent."""
        self._inbox.post(PlcWriteUnanswered(command.unit, command.seq, reason))

    async def _write_control(self) -> None:
        """The CTL block with the next heartbeat. A failed write is made good by the next one.

        On a serial line the heartbeat goes alone where nothing else has moved: half of the time on the wire.
        """
        self._beat_at_s = asyncio.get_running_loop().time()
        words = self._control.next_words(int(self._clock.now().timestamp()))
        short = bool(self._config.serial_port) and words[1:] == self._whole[1:]
        self._whole = []
        try:
            await self._transport.write(blocks()["CTL"].start, words[:1] if short else words)
        except TransportError as error:
            if not self._transport.connected:
                raise
            self._failed(f"CTL: {error}")
            log.info("CTL write failed: %s", error)
        else:
            self._whole = words

    async def _write_mailbox(self, command: WriteMailbox) -> None:
        """One FC16, once (5.2, 5.6)."""
        try:
            await self._transport.write(blocks()[f"CMD_{command.unit.value}"].start, words_of(command))
        except RangeError as error:
            self.unanswered(command, f"not sent: {error}")
        except TransportError as error:
            self.unanswered(command, str(error))
            if not self._transport.connected:
                raise
