"""Modbus TCP on 127.0.0.1: MBAP framing, one connection; a new one takes the place of the old (plc-if.md 1.1)."""

from __future__ import annotations

import asyncio
import struct

from simulator.pdu import Registers, answer
from simulator.wire import Fate, Wire

MBAP = struct.Struct(">HHHB")
HOST = "127.0.0.1"
LONGEST_PDU = 253


class ModbusServer:
    """Serves one device. Requests are answered in the order in which they came, pipelined ones too."""

    def __init__(self, registers: Registers, device_id: int = 1, wire: Wire | None = None) -> None:
        self._registers = registers
        self._wire = wire or Wire()
        self._device_id = device_id
        self._server: asyncio.Server | None = None
        self._current: asyncio.StreamWriter | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, port: int = 0, host: str = HOST) -> int:
        """Listen; port 0 takes a free one. Returns the bound port. Raises OSError where it is taken."""
        self._server = await asyncio.start_server(self._connected, host, port)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close the connection and stop listening."""
        if self._server is not None:
            self._server.close()
        self._drop()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()
            self._server = None

    def _drop(self) -> None:
        if self._current is not None:
            self._current.transport.abort()
            self._current = None

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self._drop()
        self._current = writer
        if self._wire.cut:
            self._drop()
        try:
            await self._serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            return  # the other side has gone; the heartbeat says so to the program
        finally:
            if self._current is writer:
                self._current = None
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while self._current is writer:
            transaction, protocol, length, device_id = MBAP.unpack(await reader.readexactly(MBAP.size))
            if protocol != 0 or not 2 <= length <= LONGEST_PDU + 1:
                return  # not Modbus: nothing after it can be trusted
            request = await reader.readexactly(length - 1)
            if self._current is not writer:
                return
            if device_id != self._device_id:
                continue  # another device's: silence, as on a bus
            if self._wire.cut:
                return
            if not self._wire.silent:
                await self._reply(writer, transaction, request)

    async def _reply(self, writer: asyncio.StreamWriter, transaction: int, request: bytes) -> None:
        """Do the request and answer it, as the wire lets it."""
        fate = self._wire.fate()
        if fate.request_delay_s:
            await asyncio.sleep(fate.request_delay_s)
        reply = answer(self._registers, request)
        if fate.reply_delay_s:
            await asyncio.sleep(fate.reply_delay_s)
        if self._current is not writer:
            return
        writer.write(_framed(fate, transaction, self._device_id, reply))
        await writer.drain()


def _framed(fate: Fate, transaction: int, device_id: int, reply: bytes) -> bytes:
    """The bytes of a reply after what the wire did to it."""
    unit = device_id if fate.unit is None else fate.unit
    frame = MBAP.pack(transaction, 0, len(reply) + 1, unit) + reply
    return fate.mangled(frame)
