"""A Modbus TCP peer that answers as it is told: well, late, wrongly, or not at all."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Reply = Callable[[bytes], bytes | None]


def good(request: bytes) -> bytes:
    """The right answer: registers that show their own address, or the echo of a write."""
    transaction, device, function = request[:2], request[6], request[7]
    address, count = int.from_bytes(request[8:10], "big"), int.from_bytes(request[10:12], "big")
    if function == 3:
        data = b"".join((address + n).to_bytes(2, "big") for n in range(count))
        return frame(transaction, device, bytes([3, 2 * count]) + data)
    return frame(transaction, device, bytes([function]) + request[8:12])


def frame(transaction: bytes, device: int, pdu: bytes) -> bytes:
    """A Modbus TCP frame."""
    return transaction + b"\x00\x00" + (len(pdu) + 1).to_bytes(2, "big") + bytes([device]) + pdu


@dataclass
class Peer:
    """What it was asked, how it answers next (`good` when nothing is said), and how many came."""

    port: int = 0
    replies: deque[Reply] = field(default_factory=deque)
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection; an answer of None ends it when it is empty, else it stays silent."""
        self.connections += 1
        self.writers.append(writer)
        try:
            while True:
                head = await reader.readexactly(6)
                request = head + await reader.readexactly(int.from_bytes(head[4:6], "big"))
                self.requests.append(request)
                reply = (self.replies.popleft() if self.replies else good)(request)
                if reply == b"":
                    return
                if reply is not None:
                    writer.write(reply)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


@asynccontextmanager
async def modbus_peer() -> AsyncIterator[Peer]:
    """A peer that listens on a free port of this machine."""
    peer = Peer()
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
    peer.port = server.sockets[0].getsockname()[1]
    try:
        yield peer
    finally:
        server.close()
        for writer in peer.writers:
            writer.transport.abort()
        await server.wait_closed()
        await asyncio.sleep(0)
