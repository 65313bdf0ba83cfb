"""The only loop: an event from the queue, the reducer, the journal, then the ports (invariants 1 to 3 and 5).

One consumer, no locks. What an event changed is on the disk before any command leaves, but for stop, which leaves first.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, get_args

import structlog

from towerd.errors import JournalError
from towerd.fsm import commands as cmd
from towerd.fsm.config import CoreConfig
from towerd.fsm.events import Event, Stamped, Started
from towerd.fsm.reducer import step
from towerd.fsm.show import build_view
from towerd.fsm.state import State, Tables
from towerd.fsm.turn import Turn
from towerd.journal.diff import diff
from towerd.plc.snapshot import PackmlCommand
from towerd.ports import Bus, Changes, Clock, FaceMatcher, Journal, Planner, Plc, Watchdog
from towerd.view import View

log = structlog.get_logger(__name__)

BUG_CODE: Final = 70
JOURNAL_CODE: Final = 74
_JOURNAL_COMMANDS: Final = get_args(cmd.JournalCommand)
_SHOW_EVERY_S: Final = 0.08
"""Less than a poll interval: so showing falls into step with the pictures, each time between one and the reading of the next."""
_SHOW_AFTER_S: Final = 0.02
"""How long what is new waits to be shown: commands have left by then, and the next picture is not read yet."""
_TURN_LIMIT_S: Final = 1.0
_HOLD_LEAVES_S: Final = 0.3


@dataclass(slots=True)
class Ports:
    """What the engine speaks to. `answer_api` takes answers of channel "api"; `page` is the pager's, which a core without
    steps never asks; `committed` learns of each commit's time. The others are those of `ports.Photographer` and `ports.Customers`.
    """

    plc: Plc
    journal: Journal
    bus: Bus
    matcher: FaceMatcher
    planner: Planner
    clock: Clock
    watchdog: Watchdog
    answer_api: Callable[[cmd.Answer], None] = field(default=lambda answer: None)
    page: Callable[[cmd.Page], None] = field(default=lambda command: None)
    committed: Callable[[datetime], None] = field(default=lambda at: None)
    take_photos: Callable[[cmd.TakePhotos], None] = field(default=lambda command: None)
    destroy_photo_key: Callable[[cmd.DestroyPhotoKey], None] = field(default=lambda command: None)
    destroy_customer_key: Callable[[cmd.DestroyCustomerKey], None] = field(default=lambda command: None)
    recall_customer: Callable[[cmd.RecallCustomer], None] = field(default=lambda command: None)


@dataclass(frozen=True, slots=True)
class _Posted:
    event: Event
    attachment: bytes | None
    done: Callable[[], None] | None


class Queue:
    """`ports.Inbox`: the one queue. It exists before the engine, so that adapters can be made with it."""

    def __init__(self) -> None:
        self.items: asyncio.Queue[_Posted] = asyncio.Queue()

    def post(self, event: Event, attachment: bytes | None = None, done: Callable[[], None] | None = None) -> None:
        """See `ports.Inbox`."""
        self.items.put_nowait(_Posted(event, attachment, done))


class Engine:
    """Takes events until told to end. `run` gives the exit code of the process."""

    def __init__(self, config: CoreConfig, queue: Queue, ports: Ports, tables: Tables) -> None:
        self.state = State(tables)
        self._config = config
        self._queue = queue
        self._ports = ports
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._exit: int | None = None
        self._view: View | None = None
        self._show_due_s = ports.clock.mono_s() + _SHOW_EVERY_S
        self._dirty = True
        self._sealed: dict[str, bytes] = {}
        self._handlers = self._command_handlers()

    def view(self) -> View:
        """The newest view; built when asked for, at most once a change."""
        if self._view is None:
            stamped = Stamped(self._ports.clock.now(), self._ports.clock.mono_s(), Started(0, ""))
            self._view = build_view(self.state, self._config, Turn(self.state, stamped, self._config))
        return self._view

    async def run(self) -> int:
        """Take events until a command ends the process. Whatever raises here is a bug: the machine is held."""
        try:
            while self._exit is None:
                posted = await self._next()
                if posted is not None:
                    self._take(posted)
                elif self._dirty:
                    self._show()
                self._ports.watchdog.alive()
        except JournalError as error:
            log.exception("the journal failed: the machine is held, the process ends", error=str(error))
            await self.hold()
            return JOURNAL_CODE
        except Exception as error:
            log.exception("bug: the machine is held, the process ends", error=repr(error), trace=traceback.format_exc())
            await self.hold()
            return BUG_CODE
        finally:
            for timer in self._timers.values():
                timer.cancel()
        return self._exit

    async def _next(self) -> _Posted | None:
        """What is to be taken; None once it is time to show what is new, commands having left meanwhile, or to say that all is well."""
        if not self._queue.items.empty():
            return self._queue.items.get_nowait()
        limit_s = max(0.0, self._show_due_s - self._ports.clock.mono_s()) if self._dirty else _TURN_LIMIT_S
        try:
            async with asyncio.timeout(limit_s):
                return await self._queue.items.get()
        except TimeoutError:
            return None

    def _take(self, posted: _Posted) -> None:
        stamped = Stamped(self._ports.clock.now(), self._ports.clock.mono_s(), posted.event)
        before = self.state
        after, commands = step(before, stamped, self._config)
        for command in commands:
            if isinstance(command, cmd.WritePackml) and command.stops:
                self._ports.plc.write_packml(command)
        self._commit(stamped, before, after, commands, posted.attachment)
        self.state = after
        self._view = None
        if not self._dirty:
            self._dirty, self._show_due_s = True, max(self._show_due_s, stamped.mono_s + _SHOW_AFTER_S)
        for command in commands:
            self._carry_out(command)
        if posted.done is not None:
            posted.done()

    def _commit(
        self, stamped: Stamped, before: State, after: State, commands: Sequence[cmd.Command], attachment: bytes | None
    ) -> None:
        appends = tuple(command for command in commands if isinstance(command, _JOURNAL_COMMANDS))
        rows = diff(before.tables, after.tables, after.touched)
        if not rows and not appends:
            return
        told = next((command.event for command in commands if isinstance(command, cmd.RecordAs)), stamped.event)
        stamped = Stamped(stamped.at, stamped.mono_s, told)
        self._ports.journal.commit(stamped, before.volatile, Changes(rows, appends), attachment)
        self._ports.committed(stamped.at)
        if any(isinstance(command, cmd.AppendOutbox) for command in appends):
            self._ports.bus.wake()

    def _carry_out(self, command: cmd.Command) -> None:
        handler = self._handlers.get(type(command))
        if handler is not None:
            handler(command)

    def _command_handlers(self) -> dict[type, Callable[..., None]]:
        ports = self._ports
        return {
            cmd.WriteMailbox: ports.plc.write_mailbox,
            cmd.WritePackml: self._write_packml,
            cmd.AcknowledgeAlarm: ports.plc.acknowledge,
            cmd.WriteJog: ports.plc.jog,
            cmd.StartTimer: self._start_timer,
            cmd.CancelTimer: lambda command: self._cancel_timer(command.name),
            cmd.RequestPlan: ports.planner.request,
            cmd.Watch: self._watch,
            cmd.AskChallenge: lambda command: ports.matcher.challenge(command.track),
            cmd.DestroyFaceKey: lambda command: ports.matcher.destroy_key(command.order),
            cmd.TakePhotos: ports.take_photos,
            cmd.DestroyPhotoKey: ports.destroy_photo_key,
            cmd.DestroyCustomerKey: ports.destroy_customer_key,
            cmd.RecallCustomer: ports.recall_customer,
            cmd.Answer: self._answer,
            cmd.Page: ports.page,
            cmd.EndProcess: self._end,
        }

    def _write_packml(self, command: cmd.WritePackml) -> None:
        # what stops has left already
        if not command.stops:
            self._ports.plc.write_packml(command)

    def _start_timer(self, command: cmd.StartTimer) -> None:
        from towerd.fsm.events import TimerExpired

        self._cancel_timer(command.name)
        loop = asyncio.get_running_loop()
        self._timers[command.name] = loop.call_later(command.after_s, self._queue.post, TimerExpired(command.name))

    def _cancel_timer(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()

    def _watch(self, command: cmd.Watch) -> None:
        # who was watched before is not read again: the matcher holds the very same bytes
        known = self._sealed
        found = {order: known.get(order) or self._ports.journal.face(order) for order in command.orders}
        self._sealed = {order: sealed for order, sealed in found.items() if sealed is not None}
        self._ports.matcher.watch(self._sealed)

    def _answer(self, command: cmd.Answer) -> None:
        if command.reply.channel == "mqtt":
            self._ports.bus.answer(command)
        elif command.reply.channel == "api":
            self._ports.answer_api(command)

    def _end(self, command: cmd.EndProcess) -> None:
        log.info("ending", code=command.code, reason=command.reason)
        self._exit = command.code

    def _show(self) -> None:
        self._dirty, self._show_due_s = False, self._ports.clock.mono_s() + _SHOW_EVERY_S
        view = self.view()
        self._ports.bus.show(view)
        self._ports.watchdog.status(f"{view.activity.what}; {', '.join(view.why_not) or 'can deliver'}")

    async def hold(self) -> None:
        """Hold the machine whatever state this process is in, and let that leave: for the end after a bug."""
        machine = self.state.volatile.snapshot
        if machine is None:
            return
        seq = (machine.system.packml_ack_seq + 1) & 0xFFFF
        self._ports.plc.write_packml(cmd.WritePackml(PackmlCommand.HOLD, seq, machine.session))
        await asyncio.sleep(_HOLD_LEAVES_S)
