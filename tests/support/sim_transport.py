"""The simulator's registers as a transport, in process: no socket, so that a virtual clock can drive both sides."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from simulator.core import Simulator
from simulator.image import ModbusException
from simulator.wire import Fate
from towerd.plc.transport import ExceptionReplyError, NoReplyError, NotConnectedError

REPLY_WITHIN_S = 0.3


class SimTransport:
    """`Transport` over `Simulator.read` and `write`. `cut` loses the answer, `deaf` the request too."""

    def __init__(self, simulator: Simulator, log: Callable[[int, Sequence[int]], None] | None = None) -> None:
        self._simulator = simulator
        self._log = log
        self._connected = False
        self.plugged = True
        self.cut = False
        self.lose_answer_of: Callable[[int, Sequence[int]], bool] = lambda address, words: False

    @property
    def connected(self) -> bool:
        return self._connected

    async def connect(self) -> None:
        await asyncio.sleep(0)
        if not self.plugged or self._simulator.wire.cut:
            raise NotConnectedError("the cable is out")
        self._connected = True

    async def rest(self) -> None:
        """No silence is needed."""

    async def _pass(self) -> Fate:
        await asyncio.sleep(0)
        wire = self._simulator.wire
        if not (self.plugged and self._connected) or wire.cut:
            self._connected = False
            raise NoReplyError("no reply")
        if wire.silent:
            await self._in_vain()
        return wire.fate()

    async def _in_vain(self) -> None:
        """Wait as long as the driver waits, then give up and end the connection."""
        await asyncio.sleep(REPLY_WITHIN_S)
        self._connected = False
        raise NoReplyError("no reply in time")

    async def _back(self, fate: Fate) -> None:
        """The way of the reply: late, or not at all; a second copy is dropped by the real driver."""
        if not fate.arrives or fate.request_delay_s + fate.reply_delay_s > REPLY_WITHIN_S:
            await self._in_vain()
        await asyncio.sleep(fate.request_delay_s + fate.reply_delay_s)

    async def read(self, address: int, count: int) -> list[int]:
        fate = await self._pass()
        try:
            words = self._simulator.read(address, count)
        except ModbusException as error:
            raise ExceptionReplyError(error.code) from error
        await self._back(fate)
        return words

    async def write(self, address: int, words: Sequence[int]) -> None:
        fate = await self._pass()
        if fate.request_delay_s:
            asyncio.get_running_loop().call_later(fate.request_delay_s, self._simulator.write, address, words)
            await self._back(fate)
            return
        try:
            self._simulator.write(address, words)
        except ModbusException as error:
            raise ExceptionReplyError(error.code) from error
        if self._log is not None:
            self._log(address, words)
        if self.lose_answer_of(address, words):
            self._connected = False
            raise NoReplyError("the answer was lost")
        await self._back(fate)

    def close(self) -> None:
        self._connected = False
