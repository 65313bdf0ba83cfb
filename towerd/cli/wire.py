"""HTTP/1.1 over the daemon's Unix socket. The standard library's client takes longer to load than an answer to come."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from json import loads
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.parse import quote

_MOST_HEADERS: Final = 100
_LINE_BYTES: Final = 65536


class WireError(Exception):
    """There is no daemon, or what it says is no answer; the text says why."""


class WireTimeoutError(WireError):
    """The daemon has been silent for longer than allowed."""


@contextmanager
def _told() -> Iterator[None]:
    # errors of a caller's own files and terminals are not to be taken for the daemon's
    try:
        yield
    except TimeoutError as error:
        raise WireTimeoutError("no answer in time") from error
    except PermissionError:
        raise
    except (OSError, ValueError) as error:
        raise WireError((error.strerror if isinstance(error, OSError) else None) or str(error)) from error


class Wire:
    """The daemon at a socket. Each question has a connection of its own: one that is kept is closed while nobody asks."""

    def __init__(self, path: Path, limit_s: float | None) -> None:
        """`limit_s` is how long any silence of the daemon may last; None for ever."""
        self._path, self._limit_s = path, limit_s

    def ask(self, method: str, route: str, body: bytes = b"") -> tuple[int, dict[str, Any]]:
        """Status and answer, both sides being JSON. Raises WireError, PermissionError."""
        with _told(), self._opened() as connection:
            status, answer = _asked(connection, method, route, body)
            return status, loads(b"".join(answer))

    def lines(self, route: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """Each line of a stream of JSON as it comes, with the status; an answer that is no stream is one line.

        Raises WireError, PermissionError.
        """
        with _told():
            opened = self._opened()
        with opened as connection:
            with _told():
                status, answer = _asked(connection, "GET", route, b"")
            rest: bytes | None = b""
            while rest is not None:
                with _told():
                    found, rest = _next_lines(answer, rest)
                yield from ((status, one) for one in found)

    def _opened(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(self._limit_s)
        try:
            connection.connect(str(self._path))
        except OSError:
            connection.close()
            raise
        return connection


def _next_lines(answer: Iterator[bytes], rest: bytes) -> tuple[list[dict[str, Any]], bytes | None]:
    """What the next piece completes, and what is left of it; None once there is no more."""
    piece = next(answer, None)
    *whole, left = (rest + (b"\n" if piece is None else piece)).split(b"\n")
    return [loads(line) for line in whole if line], None if piece is None else left


def _asked(connection: socket.socket, method: str, route: str, body: bytes) -> tuple[int, Iterator[bytes]]:
    """Status, and the pieces of the answer as they come."""
    head = f"{method} {quote(route, safe='/?&=%:,+')} HTTP/1.1\r\nHost: towerd\r\nConnection: close\r\n"
    kind = "Content-Type: application/json\r\n" if body else ""
    connection.sendall(f"{head}{kind}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    heard = connection.makefile("rb")
    version, _, rest = _line(heard).partition(" ")
    if not version.startswith("HTTP/1."):
        raise ValueError("the answer is no HTTP")
    return int(rest[:3]), _pieces(heard, _headers(heard))


def _line(heard: BinaryIO) -> str:
    line = heard.readline(_LINE_BYTES)
    if not line.endswith(b"\n"):
        raise ValueError("the answer has no end")
    return line.decode("latin-1").rstrip("\r\n")


def _headers(heard: BinaryIO) -> dict[str, str]:
    found: dict[str, str] = {}
    for _ in range(_MOST_HEADERS):
        line = _line(heard)
        if not line:
            return found
        name, _, value = line.partition(":")
        found[name.lower()] = value.strip()
    raise ValueError("the answer has too many headers")


def _pieces(heard: BinaryIO, headers: dict[str, str]) -> Iterator[bytes]:
    if headers.get("transfer-encoding") != "chunked":
        yield _exactly(heard, int(headers.get("content-length", "0")))
        return
    while size := int(_line(heard).partition(";")[0], 16):
        yield _exactly(heard, size)
        _line(heard)


def _exactly(heard: BinaryIO, size: int) -> bytes:
    data = heard.read(size)
    if len(data) != size:
        raise ValueError("the answer has no end")
    return data
