"""Modbus RTU, 8N1, on a serial line or a pseudo-terminal: CRC, silence between frames, one device id (plc-if.md 1.1, 1.8).

A frame ends with 3.5 characters of silence after a right CRC. What has no right CRC is dropped after a longer silence:
a program above an operating system sees gaps that were not on the wire, and must not cut a good frame in two.
"""

from __future__ import annotations

import asyncio
import os
import termios
import tty
from collections.abc import Callable
from contextlib import suppress

from simulator.pdu import Registers, answer
from simulator.program.crc import crc16_bytes
from simulator.wire import Fate, Wire

BITS_PER_CHARACTER = 10
SHORTEST_SILENCE_S = 0.00175
TORN_SILENCE_S = 0.05
LONGEST_FRAME = 256
BROADCAST = 0
BAUD_RATES = {
    19200: termios.B19200,
    38400: termios.B38400,
    57600: termios.B57600,
    115200: termios.B115200,
}


def silence_s(baud: int) -> float:
    """The silence that ends a frame: 3.5 characters, and 1.75 ms at least."""
    return max(3.5 * BITS_PER_CHARACTER / baud, SHORTEST_SILENCE_S)


def sealed(body: bytes) -> bytes:
    """A frame: device id and PDU, then their CRC, low byte first."""
    return body + crc16_bytes(body).to_bytes(2, "little")


def is_whole(frame: bytes | bytearray) -> bool:
    """Whether the frame's CRC is right."""
    return len(frame) >= 4 and crc16_bytes(frame[:-2]) == int.from_bytes(frame[-2:], "little")


def open_line(path: str, baud: int) -> int:
    """A serial device, raw, 8N1, without flow control. Raises OSError; ValueError for a rate that it does not know."""
    if baud not in BAUD_RATES:
        raise ValueError(f"baud must be one of {', '.join(map(str, BAUD_RATES))}, not {baud}")
    handle = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        tty.setraw(handle)
        modes = termios.tcgetattr(handle)
        modes[2] = modes[2] & ~(termios.PARENB | termios.CSTOPB | termios.CRTSCTS) | termios.CLOCAL | termios.CREAD
        modes[4] = modes[5] = BAUD_RATES[baud]
        termios.tcsetattr(handle, termios.TCSANOW, modes)
    except termios.error as error:
        os.close(handle)
        raise OSError(f"{path} is no serial line: {error}") from error
    except OSError:
        os.close(handle)
        raise
    return handle


class SerialServer:
    """Serves one device on a line with others: requests to another device id are nobody's business here."""

    def __init__(self, registers: Registers, baud: int = 115200, device_id: int = 1, wire: Wire | None = None) -> None:
        self._registers = registers
        self._wire = wire or Wire()
        self._baud = baud
        self._device_id = device_id
        self._handle = self._slave = -1
        self._received = bytearray()
        self._unsent = bytearray()
        self._timer: asyncio.TimerHandle | None = None
        self._late: set[asyncio.TimerHandle] = set()

    def open(self, path: str) -> str:
        """Serve on a serial device; gives its path. Raises OSError, ValueError."""
        self._begin(open_line(path, self._baud))
        return path

    def open_pty(self) -> str:
        """Serve on a new pseudo-terminal; gives the path that the other side opens. Raises OSError."""
        handle, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(handle, False)
        path = os.ttyname(self._slave)
        self._begin(handle)
        return path

    def close(self) -> None:
        """Serve no more."""
        for timer in (self._timer, *self._late):
            if timer is not None:
                timer.cancel()
        self._timer = None
        self._late.clear()
        if self._handle >= 0:
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._handle)
            loop.remove_writer(self._handle)
        for handle in (self._handle, self._slave):
            if handle >= 0:
                os.close(handle)
        self._handle = self._slave = -1
        self._received.clear()
        self._unsent.clear()

    def _begin(self, handle: int) -> None:
        self._handle = handle
        asyncio.get_running_loop().add_reader(handle, self._arrived)

    def _arrived(self) -> None:
        data = b""
        with suppress(BlockingIOError):
            data = os.read(self._handle, LONGEST_FRAME)
        # beyond the longest frame nothing can become right any more; it is kept short until the line rests
        self._received = (self._received + data)[: LONGEST_FRAME + 1]
        if self._timer is not None:
            self._timer.cancel()
        rest_s = silence_s(self._baud) if is_whole(self._received) else TORN_SILENCE_S
        self._timer = asyncio.get_running_loop().call_later(rest_s, self._line_rests)

    def _line_rests(self) -> None:
        self._timer = None
        frame = bytes(self._received)
        self._received.clear()
        if not is_whole(frame) or frame[0] not in {self._device_id, BROADCAST} or self._wire.cut or self._wire.silent:
            return
        fate = self._wire.fate()
        self._later(fate.request_delay_s, lambda: self._do(frame, fate))

    def _do(self, frame: bytes, fate: Fate) -> None:
        """Do a request and answer it, as the wire lets it."""
        reply = answer(self._registers, frame[1:-2])
        if frame[0] != BROADCAST:
            unit = frame[0] if fate.unit is None else fate.unit
            sent = fate.mangled(sealed(bytes((unit,)) + reply))
            self._later(fate.reply_delay_s, lambda: self._queue(sent))

    def _later(self, delay_s: float, act: Callable[[], None]) -> None:
        if not delay_s:
            act()
            return

        def now() -> None:
            self._late.discard(timer)
            act()

        timer = asyncio.get_running_loop().call_later(delay_s, now)
        self._late.add(timer)

    def _queue(self, sent: bytes) -> None:
        self._unsent += sent
        self._send()

    def _send(self) -> None:
        loop = asyncio.get_running_loop()
        with suppress(BlockingIOError):
            del self._unsent[: os.write(self._handle, self._unsent)]
        if self._unsent:
            loop.add_writer(self._handle, self._send)
        else:
            loop.remove_writer(self._handle)
