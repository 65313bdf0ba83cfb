"""The wire: Modbus TCP and RTU through pymodbus, behind a guard. The only importer of pymodbus.

The library is told to do nothing by itself: no retries (its default sent one command four times), no reconnect. The
guard looks at every frame before the library does, has the time limit of each request, ends one at once when the
connection ends, drops the connection after a lost reply on TCP, and keeps silent for 300 ms after one on RTU
(plc-if.md 1.8), so that a late reply is never taken for the answer to another request.
"""

from __future__ import annotations

import asyncio
import os
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.client.base import ModbusBaseClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU

from towerd.plc.config import LinkConfig
from towerd.plc.frames import READ, WRITE, Expected, rtu_problem, tcp_problem
from towerd.plc.transport import (
    BadReplyError,
    ExceptionReplyError,
    NoReplyError,
    NotConnectedError,
    Transport,
    TransportError,
)

SILENCE_S = 0.3
LIBRARY_EXTRA_S = 0.2
"""The library's own time limit only has to be later than ours."""


def _heed_cancellation() -> None:
    """Raise CancelledError where the library's wait_for has swallowed one: on Python 3.11 it gives the result instead,
    if that came in the same turn of the loop. Whoever was told to end would go on for ever.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _reason(error: OSError) -> str:
    """What the system says, without the library's words around it: connection refused, no route to host."""
    text = os.strerror(error.errno) if error.errno is not None and error.errno > 0 else error.strerror or str(error)
    return text[:1].lower() + text[1:]


class _GuardedTransport(ABC):
    """What TCP and RTU share. One request at a time; the caller sees to it."""

    def __init__(self, config: LinkConfig) -> None:
        self._config = config
        self._client: ModbusBaseClient | None = None
        self._expected: Expected | None = None
        self._limit_at_s = 0.0

    @property
    def connected(self) -> bool:
        """Whether a request can be sent."""
        return self._client is not None and self._client.connected

    async def connect(self) -> None:
        """Make a new connection with a client of its own: nothing is left of the old one. Raises NotConnectedError."""
        self.close()
        client = self._make_client()
        self._client = client
        create, why = client.ctx.call_create, f"no answer within {client.comm_params.timeout_connect:.3g} s"

        async def watched() -> Any:
            nonlocal why
            try:
                return await create()
            except OSError as error:
                why = _reason(error)
                raise

        client.ctx.call_create = watched  # the library tells no more than that it failed
        connected = await client.connect()
        _heed_cancellation()
        if not connected:
            self.close()
            raise NotConnectedError(f"no connection to {self._where()}: {why}")

    async def read(self, address: int, count: int) -> list[int]:
        """`count` holding registers from `address`. Raises TransportError."""
        reply = await self._request(
            Expected(self._config.device_id, READ, address, count),
            lambda client: client.read_holding_registers(address, count=count, device_id=self._config.device_id),
        )
        return list(reply.registers)

    async def write(self, address: int, words: Sequence[int]) -> None:
        """Write holding registers from `address` in one FC16. Raises TransportError."""
        await self._request(
            Expected(self._config.device_id, WRITE, address, len(words)),
            lambda client: client.write_registers(address, list(words), device_id=self._config.device_id),
        )

    @abstractmethod
    async def rest(self) -> None:
        """Wait until a request may be sent."""

    def close(self) -> None:
        """End the connection at once; what is still in the buffers is dropped."""
        client, self._client = self._client, None
        if client is None:
            return
        if isinstance(client.ctx.transport, asyncio.WriteTransport):
            client.ctx.transport.abort()
        client.close()

    async def _request(self, expected: Expected, send: Callable[[ModbusBaseClient], Awaitable[ModbusPDU]]) -> ModbusPDU:
        await self.rest()
        client = self._client
        if client is None or not client.connected:
            raise NotConnectedError(f"no connection to {self._where()}")
        self._expected = expected
        loop = asyncio.get_running_loop()
        limit_s = self._config.reply_limit_s(expected.count)
        self._limit_at_s = loop.time() + limit_s
        watch = loop.call_later(limit_s, self._fail, NoReplyError(f"no reply within {limit_s:.3g} s"))
        try:
            reply = await send(client)
        except TransportError:
            self._reply_lost()
            raise
        except ModbusException:
            self._reply_lost()
            raise NoReplyError("the request could not be sent") from None
        finally:
            watch.cancel()
            self._expected = None
        _heed_cancellation()
        if reply.isError():
            raise ExceptionReplyError(reply.exception_code)
        return reply

    def _observe_packet(self, sending: bool, data: bytes) -> bytes:
        """Called by the library with everything sent and received. Empty: the library sees nothing of it."""
        if sending:
            return data
        self._heard()
        if self._expected is None:
            return b""
        problem = self._problem(data, self._expected)
        if problem is None:
            return data
        self._fail(BadReplyError(problem))
        return b""

    def _observe_connection(self, connected: bool) -> None:
        if not connected:
            self._fail(NoReplyError("the connection ended before the reply"))

    def _fail(self, error: TransportError) -> None:
        """End the open request now, not at its time-out."""
        if self._expected is not None and self._client is not None:
            self._expected = None
            if not self._client.ctx.response_future.done():
                self._client.ctx.response_future.set_exception(error)

    @abstractmethod
    def _make_client(self) -> ModbusBaseClient: ...

    @abstractmethod
    def _where(self) -> str: ...

    @abstractmethod
    def _problem(self, frame: bytes, expected: Expected) -> str | None: ...

    @abstractmethod
    def _reply_lost(self) -> None: ...

    @abstractmethod
    def _heard(self) -> None: ...


class TcpTransport(_GuardedTransport):
    """Modbus TCP. A lost or wrong reply ends the connection: its late successor has nowhere to arrive."""

    def _make_client(self) -> ModbusBaseClient:
        return AsyncModbusTcpClient(
            self._config.host or "",
            port=self._config.port,
            timeout=self._config.timeout_s + LIBRARY_EXTRA_S,
            retries=0,
            reconnect_delay=0,
            trace_packet=self._observe_packet,
            trace_connect=self._observe_connection,
        )

    def _where(self) -> str:
        return f"{self._config.host}:{self._config.port}"

    def _problem(self, frame: bytes, expected: Expected) -> str | None:
        transaction = self._client.ctx.request_transaction_id if self._client else 0
        return tcp_problem(frame, expected, transaction)

    def _reply_lost(self) -> None:
        self.close()

    async def rest(self) -> None:
        """TCP needs no silence: the connection has ended."""

    def _heard(self) -> None:
        """TCP needs no rest between frames."""


class RtuTransport(_GuardedTransport):
    """Modbus RTU, 8N1. After a lost or wrong reply it keeps silent until 300 ms past the time-out, and drops what comes
    (1.8). Between any two frames the line rests for 3.5 characters.
    """

    def __init__(self, config: LinkConfig) -> None:
        super().__init__(config)
        self._silent_until_s = 0.0

    def close(self) -> None:
        """Close the port. Silence follows here too: the port may be closed because a foreign reply was read."""
        if self._client is not None:
            self._reply_lost()
        super().close()

    def _make_client(self) -> ModbusBaseClient:
        return AsyncModbusSerialClient(
            self._config.serial_port or "",
            baudrate=self._config.baud,
            timeout=self._config.timeout_s + LIBRARY_EXTRA_S,
            retries=0,
            reconnect_delay=0,
            trace_packet=self._observe_packet,
            trace_connect=self._observe_connection,
        )

    def _where(self) -> str:
        return self._config.serial_port or ""

    def _problem(self, frame: bytes, expected: Expected) -> str | None:
        return rtu_problem(frame, expected)

    def _reply_lost(self) -> None:
        # from the time-out, also where a foreign frame was seen before it: the right one may come until then
        since_s = max(asyncio.get_running_loop().time(), self._limit_at_s)
        self._silent_until_s = since_s + SILENCE_S

    def _heard(self) -> None:
        rested_s = asyncio.get_running_loop().time() + self._config.rest_s
        self._silent_until_s = max(self._silent_until_s, rested_s)

    async def rest(self) -> None:
        """Wait until the silence after a lost reply, or between two frames, is over (1.8)."""
        # what still comes makes it longer
        while (remaining_s := self._silent_until_s - asyncio.get_running_loop().time()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(remaining_s)


def make_transport(config: LinkConfig) -> Transport:
    """The transport that the settings ask for."""
    return TcpTransport(config) if config.host else RtuTransport(config)
