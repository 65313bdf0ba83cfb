"""The PC's side of a session, by hand: one connection, a heartbeat that can be stopped, and single reads and writes.

It shares link and codec with the daemon and none of its decisions.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar

from towerd.plc.codec import TornReadError, check_read, decode_block, jog_words, mailbox_words
from towerd.plc.codes import Args
from towerd.plc.config import LinkConfig
from towerd.plc.link import make_transport
from towerd.plc.outgoing import Control
from towerd.plc.registers import blocks
from towerd.plc.snapshot import PackmlCommand, Unit
from towerd.plc.transport import TransportError
from towerd.plctest.model import CheckFailedError, CheckOpenError, Please

TRIES = 5
LOOK_EVERY_S = 0.02
ANSWER_LIMIT_S = 2.0
ASKED_LIMIT_S = 120.0
SEQ_LIMIT = 65535
Seen = TypeVar("Seen")


def ahead(seq: int, by: int) -> int:
    """The sequence number `by` (may be negative) away from `seq`, counting past 65535 to 1 (5.2)."""
    return (seq - 1 + by) % SEQ_LIMIT + 1


class Reading:
    """One connection. Every request waits its turn."""

    def __init__(self, config: LinkConfig) -> None:
        self.config = config
        self._transport = make_transport(config)
        self._turn = asyncio.Lock()
        self.identity: dict[str, int] = {}
        self.replies_s: list[float] = []

    async def connect(self) -> None:
        """Connect where there is no connection. Raises NotConnectedError."""
        if not self._transport.connected:
            await self._transport.connect()

    async def read(self, address: int, count: int) -> list[int]:
        """`count` words. Raises TransportError."""
        async with self._turn:
            await self.connect()
            began_s = time.monotonic()
            try:
                return await self._transport.read(address, count)
            finally:
                self.replies_s.append(time.monotonic() - began_s)

    async def write(self, address: int, words: Sequence[int]) -> None:
        """Write words in one FC16. Raises TransportError."""
        async with self._turn:
            await self.connect()
            await self._transport.write(address, words)

    async def words(self, name: str) -> list[int]:
        """The words of a block, good by block_id and counters (1.6). Raises BlockError, TransportError."""
        block = blocks()[name]
        for attempt in range(TRIES):
            words = await self.read(block.start, block.length)
            try:
                check_read(name, words)
            except TornReadError:
                if attempt == TRIES - 1:
                    raise
            else:
                return words
        raise AssertionError("the loop returns or raises")

    async def block(self, name: str) -> dict[str, int]:
        """The fields of a block. Raises BlockError, TransportError."""
        return decode_block(name, await self.words(name))

    async def mailbox(self, unit: Unit) -> dict[str, int]:
        """The STS block of a unit."""
        return await self.block(f"STS_{unit.value}")

    async def bays(self) -> list[int]:
        """Every word of BAY."""
        start, count = blocks()["BAY"].start, self.identity["floors"] * self.identity["positions"]
        most = self.config.max_registers
        words: list[int] = []
        while len(words) < count:
            words += await self.read(start + len(words), min(most, count - len(words)))
        return words

    async def until(
        self, name: str, good: Callable[[dict[str, int]], bool], wanted: str, limit_s: float = ANSWER_LIMIT_S
    ) -> dict[str, int]:
        """Read a block until it is good; gives it. Raises CheckFailedError after `limit_s`."""
        deadline_s = time.monotonic() + limit_s
        while not good(shown := await self.block(name)):
            if time.monotonic() > deadline_s:
                raise CheckFailedError(f"no {wanted} within {limit_s:g} s: {name} shows {brief(shown)}")
            await asyncio.sleep(LOOK_EVERY_S)
        return shown

    async def unchanged(self, name: str, fields: Sequence[str], act: Callable[[], Awaitable[None]]) -> str:
        """Do `act`, and look for half a second that the fields stay. Raises CheckFailedError where one moves."""
        before = await self.block(name)
        await act()
        deadline_s = time.monotonic() + 0.5
        while time.monotonic() < deadline_s:
            after = await self.block(name)
            moved = [f"{field} {before[field]} → {after[field]}" for field in fields if before[field] != after[field]]
            if moved:
                raise CheckFailedError(f"{name}: {', '.join(moved)}")
        return f"{name}: {', '.join(f'{field} {before[field]}' for field in fields)} stayed"


class Session(Reading):
    """A session whose heartbeat goes on beside the checks, and can be stopped."""

    def __init__(self, config: LinkConfig) -> None:
        super().__init__(config)
        self._draw = random.Random()  # noqa: S311 - a session number is no secret
        self._beating: asyncio.Task[None] | None = None
        self._enough = asyncio.Event()
        self.control = Control()

    async def close(self) -> None:
        """End heartbeat and connection."""
        await self.stop_heartbeat()
        self._transport.close()

    async def begin(self) -> None:
        """A new session (2.2): ID, the first CTL, the echo. Raises CheckFailedError where it is not taken."""
        await self.stop_heartbeat()
        self.identity = await self.block("ID")
        echo = (await self.block("SYS"))["pc_session_echo"]
        while (session := self._draw.randint(1, SEQ_LIMIT)) in {echo, self.control.session}:
            pass
        self.control.begin(session)
        await self.write_control()
        self.start_heartbeat()
        await self.until("SYS", lambda system: system["pc_session_echo"] == session, f"pc_session_echo {session}")

    async def write_control(self) -> None:
        """CTL with the next heartbeat."""
        await self.write(blocks()["CTL"].start, self.control.next_words(int(time.time())))

    def start_heartbeat(self) -> None:
        """Beat from now on."""
        if self._beating is None:
            self._enough.clear()
            self._beating = asyncio.create_task(self._beat(), name="heartbeat")

    async def stop_heartbeat(self) -> None:
        """Beat no more. One that is on its way is waited for: its reply would be taken for the next request's."""
        if self._beating is not None:
            self._enough.set()
            await self._beating
            self._beating = None

    async def _beat(self) -> None:
        while not self._enough.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._enough.wait(), self.config.beat_s)
                return
            # a lost one is made good by the next; the checks themselves see that the line is bad
            with suppress(TransportError):
                await self.write_control()

    async def packml(self, command: PackmlCommand) -> int:
        """Give a PackML command and wait for its answer; gives packml_reject_code, 0 where it was taken (4.3)."""
        seq = ahead((await self.block("SYS"))["packml_ack_seq"] or SEQ_LIMIT, 1)
        self.control.packml_command, self.control.packml_seq = int(command), seq
        await self.write_control()
        system = await self.until("SYS", lambda shown: shown["packml_ack_seq"] == seq, f"packml_ack_seq {seq}")
        return system["packml_reject_code"]


class Desk(Session):
    """Commands, one by one, right ones and wrong ones. `ask` tells somebody at the tower what to do; None: nobody is there."""

    def __init__(self, config: LinkConfig, ask: Callable[[Please, str], None] | None = None) -> None:
        super().__init__(config)
        self._ask = ask
        self._token = 0

    async def had(
        self,
        look: Callable[[], Awaitable[Seen]],
        good: Callable[[Seen], bool],
        ask: Please,
        where: str = "",
        wait_s: float = 0,
    ) -> Seen:
        """What is looked at, as it has to be: after `wait_s` by itself, or by somebody who is asked for it.

        Raises CheckOpenError where nobody is there, or does not do it.
        """
        deadline_s, asked = time.monotonic() + wait_s, False
        while not good(seen := await look()):
            if time.monotonic() > deadline_s:
                if asked:
                    raise CheckOpenError(f"{ask}{where}: not done in {ASKED_LIMIT_S:g} s")
                self.please(ask, where)
                deadline_s, asked = time.monotonic() + ASKED_LIMIT_S, True
            await asyncio.sleep(LOOK_EVERY_S)
        return seen

    def please(self, ask: Please, where: str = "") -> None:
        """Ask somebody at the tower for something. Raises CheckOpenError where nobody is there."""
        if self._ask is None:
            raise CheckOpenError(f"{ask}{where} (--by-hand asks for it)")
        self._ask(ask, where)

    def next_token(self) -> int:
        """A token for JOG that is not the last one (7.1)."""
        self._token = ahead(self._token or self.control.session, 1)
        return self._token

    async def jog(self, token: int, axis: int, direction: int, **how: int) -> None:
        """Write JOG whole. `how`: speed_pct, step (0 continuous), check (is added to the right one)."""
        values = {"token": token, "axis": axis, "direction": direction}
        values |= {"speed_pct": how.get("speed_pct", 100), "step": how.get("step", 0)}
        words = jog_words(values, self.control.session)
        words[5] = words[5] + how.get("check", 0) & 0xFFFF
        await self.write(blocks()["JOG"].start, words)

    async def next_seq(self, unit: Unit, by: int = 1) -> int:
        """The number `by` ahead of the last that the mailbox took (5.4)."""
        return ahead((await self.mailbox(unit))["taken_seq"] or SEQ_LIMIT, by)

    async def send(self, unit: Unit, seq: int, code: int, args: Args = (0, 0, 0, 0), **spoil: int) -> None:
        """Write a mailbox. `spoil`: limit_ds, session, check (is added to the right one)."""
        arg0, arg1, arg2, arg3 = args
        values = {"code": code, "arg0": arg0, "arg1": arg1, "arg2": arg2, "arg3": arg3, "job_id": 0}
        values["limit_ds"] = spoil.get("limit_ds", 1200)
        words = mailbox_words(unit.value, values, seq, spoil.get("session", self.control.session))
        words[8] = words[8] + spoil.get("check", 0) & 0xFFFF
        await self.write(blocks()[f"CMD_{unit.value}"].start, words)

    async def refusal(self, unit: Unit, seq: int, code: int, args: Args = (0, 0, 0, 0)) -> int:
        """Send what must be refused; gives its reject_code. Raises CheckFailedError where it is not refused."""
        await self.send(unit, seq, code, args)
        shown = await self.until(
            f"STS_{unit.value}", lambda one: one["reject_seq"] == seq, f"reject_seq {seq} for code {code}{args}"
        )
        return shown["reject_code"]

    async def fence(self, unit: Unit) -> int:
        """NOP under the next number, and wait for fence_seq (5.6)."""
        seq = await self.next_seq(unit)
        await self.send(unit, seq, 0)
        await self.fenced(unit, seq)
        return seq

    async def fenced(self, unit: Unit, seq: int) -> None:
        """Wait until fence_seq shows a NOP or CANCEL that was sent. Raises CheckFailedError."""
        await self.until(f"STS_{unit.value}", lambda shown: shown["fence_seq"] == seq, f"fence_seq {seq}")

    async def run(self, unit: Unit, code: int, args: Args = (0, 0, 0, 0), limit_s: float = 120.0) -> Mapping[str, int]:
        """Send a command and wait for its end; gives the mailbox then. Raises CheckFailedError where it is refused."""
        seq = await self.next_seq(unit)
        await self.send(unit, seq, code, args)
        return await self.ended(unit, seq, limit_s)

    async def ended(self, unit: Unit, seq: int, limit_s: float = 120.0) -> Mapping[str, int]:
        """Wait for the end of a command that was sent. Raises CheckFailedError where it is refused or does not end."""
        shown = await self.until(
            f"STS_{unit.value}", lambda one: seq in {one["last_seq"], one["reject_seq"]}, f"last_seq {seq}", limit_s
        )
        if shown["last_seq"] != seq:
            raise CheckFailedError(f"{unit.value} refused {seq} with {shown['reject_code']}")
        return shown


def brief(shown: Mapping[str, int]) -> str:
    """The fields that are not 0, without those of the frame."""
    return ", ".join(
        f"{key} {value}"
        for key, value in shown.items()
        if value and key not in {"block_id", "counter", "counter_copy", "boot_id", "utc_s", "cabinet_temp_dc"}
    )
