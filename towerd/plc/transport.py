"""What the session asks of a connection to the PLC, and how a request can fail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class TransportError(Exception):
    """A request that got no good answer. A write may have arrived all the same (plc-if.md 5.6)."""


class NotConnectedError(TransportError):
    """There is no connection, or none could be made."""


class NoReplyError(TransportError):
    """Nothing came in time, or the connection ended first."""


class BadReplyError(TransportError):
    """What came is no answer to the request: function code, device, length or address differ (1.6)."""


class ExceptionReplyError(TransportError):
    """The PLC answered with a Modbus exception; nothing was changed (1.5)."""

    def __init__(self, code: int) -> None:
        super().__init__(f"Modbus exception {code}")
        self.code = code


class Transport(Protocol):
    """One connection, one request at a time. It never repeats a request and never reconnects by itself."""

    @property
    def connected(self) -> bool:
        """Whether a request can be sent. A lost reply may end the connection."""

    async def connect(self) -> None:
        """Make a new connection, ending an old one. Raises NotConnectedError."""

    async def rest(self) -> None:
        """Wait until a request may be sent: on a serial line a silence follows a lost reply (1.8)."""

    async def read(self, address: int, count: int) -> list[int]:
        """`count` holding registers from `address` (FC3). Raises TransportError."""

    async def write(self, address: int, words: Sequence[int]) -> None:
        """Write holding registers from `address` in one FC16. Raises TransportError."""

    def close(self) -> None:
        """End the connection at once; what is still in the buffers is dropped."""
