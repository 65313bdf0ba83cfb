"""The simulator's registers as a transport, in process: no socket, so that a virtual clock can drive both sides."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from simulator.core import Simulator
from simulator.image import ModbusException
from towerd.plc.transport import ExceptionReplyError, NoReplyError, NotConnectedError


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
        if not self.plugged:
            raise NotConnectedError("the cable is out")
        self._connected = True

    async def _pass(self) -> None:
        await asyncio.sleep(0)
        if not (self.plugged and self._connected):
            self._connected = False
            raise NoReplyError("no reply")

    async def read(self, address: int, count: int) -> list[int]:
        await self._pass()
        try:
            return self._simulator.read(address, count)
        except ModbusException as error:
            raise ExceptionReplyError(error.code) from error

    async def write(self, address: int, words: Sequence[int]) -> None:
        await self._pass()
        try:
            self._simulator.write(address, words)
        except ModbusException as error:
            raise ExceptionReplyError(error.code) from error
        if self._log is not None:
            self._log(address, words)
        if self.lose_answer_of(address, words):
            self._connected = False
            raise NoReplyError("the answer was lost")

    def close(self) -> None:
        self._connected = False
