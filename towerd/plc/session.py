"""The PLC as the engine commands it: connect, identify, begin a session, poll, write, notice the loss (plc-if.md 1 to 3, 5).

One task owns the connection. Between any two requests it sends what waits: what stops first, then commands in their
order, then the heartbeat. A command wakes it at once. Nothing is ever sent twice but CTL, whose words act once.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from contextlib import suppress

from towerd.fsm.commands import AcknowledgeAlarm, WriteJog, WriteMailbox, WritePackml
from towerd.fsm.events import PlcLost, PlcObserved, PlcRefused
from towerd.plc.codec import WORD_LIMIT, BadBlockError, BlockError
from towerd.plc.config import LinkConfig
from towerd.plc.decode import IdentityError, Picture
from towerd.plc.freshness import ROUNDING_S, Freshness
from towerd.plc.reader import Reader
from towerd.plc.registers import blocks
from towerd.plc.snapshot import Identity
from towerd.plc.transport import Transport, TransportError
from towerd.plc.writer import Writer
from towerd.ports import Clock, Inbox

log = logging.getLogger(__name__)

ECHO_LIMIT_S = 1.0
ECHO_PAUSE_S = 0.02
BACKOFF_FIRST_S = 0.2
BACKOFF_LAST_S = 3.0
"""Longest pause between two tries, so that a link is in use again 5 s after it is back."""
REFUSED_PAUSE_S = 5.0


class SessionEndedError(Exception):
    """The session is over; begin again at 2.1."""


def draw_session() -> int:
    """A number for pc_session, 1 to 65535."""
    return 1 + secrets.randbelow(WORD_LIMIT)


class PlcSession:
    """The Plc port over one Transport. `draw` gives numbers for pc_session."""

    def __init__(
        self,
        inbox: Inbox,
        transport: Transport,
        config: LinkConfig,
        clock: Clock,
        draw: Callable[[], int] = draw_session,
    ) -> None:
        self._inbox = inbox
        self._transport = transport
        self._config = config
        self._draw = draw
        self._freshness = Freshness(self._lose)
        self._reader = Reader(transport, config.max_registers, self._before_request, self._freshness.good)
        self._writer = Writer(transport, config, clock, inbox, self._freshness.failed)
        self._wake = asyncio.Event()
        self._picture: Picture | None = None
        self._session = 0
        self._serving = False
        self._known = True
        self._refusal: PlcRefused | None = None
        self._backoff_s = 0.0

    def write_mailbox(self, command: WriteMailbox) -> None:
        """Send once, ahead of the next read. No good answer, or another session by now: PlcWriteUnanswered."""
        if command.session != self._session:
            reason = "session changed" if self._session else "no link to the PLC"
            self._writer.unanswered(command, f"not sent: {reason}")
            return
        self._writer.outgoing.add(command)
        self._wake.set()

    def write_packml(self, command: WritePackml) -> None:
        """Send with a CTL write of its own, at once. What stops overtakes all else, and is sent in whatever session
        there is; any other command of another session is dropped, and packml_ack_seq never shows it.
        """
        if self._session and (command.stops or command.session == self._session):
            self._writer.outgoing.add(command)
            self._wake.set()

    def acknowledge(self, command: AcknowledgeAlarm) -> None:
        """Send with the next heartbeat. Another session by now: dropped, the alarm stays unacknowledged."""
        if self._session and command.session == self._session:
            self._writer.outgoing.add_acknowledgement(command)

    def jog(self, command: WriteJog) -> None:
        """Send with a new token, after the heartbeat that is due. Another session by now, or too late: dropped."""
        if self._session and command.session == self._session:
            self._writer.jog.add(command, asyncio.get_running_loop().time())
            self._wake.set()

    async def run(self) -> None:
        """Connect, poll and reconnect until cancelled. The only owner of the connection."""
        self._freshness.start()
        try:
            while True:
                await self._connect_and_serve()
                # none after a connection that served: then 0.2 s, doubling to 3 s
                pause_s = self._backoff_s
                self._backoff_s = min(BACKOFF_LAST_S, max(BACKOFF_FIRST_S, 2 * pause_s))
                await asyncio.sleep(pause_s)
        finally:
            self._freshness.stop()
            self._transport.close()

    async def _connect_and_serve(self) -> None:
        """One connection from its beginning to its end."""
        try:
            await self._transport.connect()
            await self._begin()
            await self._serve()
        except IdentityError as error:
            self._refuse(error)
        except SessionEndedError as ended:
            log.info("PLC session ended: %s", ended)
        except (TransportError, BlockError) as error:
            self._freshness.failed(str(error))
            log.info("PLC connection ended: %s", error)
        finally:
            self._serving = False
        self._transport.close()

    def _refuse(self, error: IdentityError) -> None:
        """Tell once what was seen (2.1); nothing was written. Try again, slowly."""
        if self._picture is not None:
            self._lose(f"another device answers: {error}")
        self._known = False
        self._freshness.stop()
        self._backoff_s = REFUSED_PAUSE_S
        refusal = PlcRefused(error.field, error.seen, error.wanted)
        if refusal != self._refusal:
            self._refusal = refusal
            self._inbox.post(refusal)

    async def _begin(self) -> None:
        """Read ID; go on with the session where neither the PLC restarted nor the values became stale, else a new one."""
        identity = await self._reader.read_identity()
        if self._picture is not None and self._picture.identity != identity:
            self._lose("PLC restarted")
        if not self._session:
            await self._begin_session(identity)

    async def _begin_session(self, identity: Identity) -> None:
        """Draw pc_session, write CTL, wait for the echo and for a sign that the PLC's program runs (2.2)."""
        loop = asyncio.get_running_loop()
        picture = Picture(identity)
        system = await self._reader.read_system(picture)
        while (session := self._draw() & WORD_LIMIT) in (0, system.pc_session_echo, self._writer.session):
            pass
        await self._writer.begin(session)
        deadline_s = loop.time() + ECHO_LIMIT_S
        first_beat = system.plc_heartbeat
        while system.pc_session_echo != session or system.plc_heartbeat == first_beat:
            if loop.time() >= deadline_s - ROUNDING_S:
                raise BlockError(f"the PLC's program stands still or does not take session {session}")
            await asyncio.sleep(ECHO_PAUSE_S)
            await self._writer.beat(blocks()["SYS"].length)
            system = await self._reader.read_system(picture)
            if system.boot_id != identity.boot_id:
                raise SessionEndedError("the PLC restarted while the session began")
        self._freshness.start()
        self._reader.forget()
        self._picture, self._session = picture, session

    async def _serve(self) -> None:
        """Poll and send until the connection or the session ends."""
        loop = asyncio.get_running_loop()
        self._serving = True
        poll_due_s = loop.time()
        while True:
            await self._before_request(0)
            now_s = loop.time()
            if now_s >= poll_due_s - ROUNDING_S:
                poll_due_s = max(poll_due_s + self._config.poll_s, now_s)
                await self._try_poll()
                poll_due_s = self._freshness.next_look_s(now_s, poll_due_s)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout_at(min(poll_due_s, self._writer.heartbeat_due_s)):
                    await self._wake.wait()
            self._wake.clear()

    async def _before_request(self, words: int) -> None:
        """What goes ahead of every read of `words` registers. Not before the device has been identified (2.1)."""
        if self._serving:
            if not self._session:
                raise SessionEndedError("the values became stale")
            await self._writer.send_waiting(words)

    async def _try_poll(self) -> None:
        """One poll. A failed read is told to the watch; it ends the connection where the transport says so, or where
        a reply was not the block that was asked for: the next one may be off as well.
        """
        try:
            await self._poll()
        except BadBlockError:
            raise
        except (BlockError, TransportError) as error:
            if not self._transport.connected:
                raise
            self._freshness.failed(str(error))
            log.info("PLC read failed: %s", error)

    async def _poll(self) -> None:
        """Read everything that may have moved and post it as one snapshot (1.4, 2.3)."""
        picture = self._picture
        if picture is None:
            raise SessionEndedError("the values became stale")
        first = await self._reader.read_first(picture)
        self._check_system(picture)
        await self._reader.read_rest(picture)
        if picture.system is not first:
            self._check_system(picture)
        elif not self._session:
            raise SessionEndedError("the values became stale")
        self._freshness.complete()
        self._backoff_s = 0.0
        self._refusal = None
        self._known = True
        self._inbox.post(PlcObserved(picture.snapshot(self._session)))

    def _check_system(self, picture: Picture) -> None:
        """A restart (2.4), a heartbeat that stands (3.2) or another PC's session end this one. For a SYS that has just been read:
        of an old one the heartbeat always stands.
        """
        system = picture.system
        if system.boot_id != picture.identity.boot_id:
            self._lose("PLC restarted")
        elif self._session and system.pc_session_echo != self._session:
            self._backoff_s = REFUSED_PAUSE_S
            self._lose(f"the PLC follows another session, {system.pc_session_echo}")
        elif self._freshness.beat_stands(system.plc_heartbeat):
            self._lose("plc_heartbeat has stood still for 1 s")
        if not self._session:
            raise SessionEndedError("the values became unknown")

    def _lose(self, reason: str) -> None:
        """Everything is unknown from now on; told once. Commands that were not sent yet never will be."""
        self._session = 0
        self._picture = None
        self._freshness.stop()
        self._writer.drop(reason)
        self._wake.set()
        if self._known:
            self._known = False
            self._inbox.post(PlcLost(reason))
