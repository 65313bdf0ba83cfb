"""What the commands make of a daemon that answers, stops in the middle, or is something else."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from towerd.cli.wire import Wire, WireError, WireTimeoutError

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@contextmanager
def daemon(path: Path, answer: bytes, *, silent: threading.Event | None = None) -> Iterator[Callable[[], bytes]]:
    """Somebody at a socket who says `answer` to whatever is asked, once; what was asked. With `silent` it stays on the line."""
    heard: list[bytes] = []

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            heard.append(connection.recv(65536))
            connection.sendall(answer)
            if silent is not None:
                silent.wait(10)

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield lambda: heard[0]
        finally:
            if silent is not None:
                silent.set()
            thread.join()


def test_a_question_and_its_answer(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with daemon(path, b'HTTP/1.1 409 Conflict\r\nContent-Length: 12\r\n\r\n{"ok":false}') as asked:
        assert Wire(path, 5).ask("POST", "/places/a b\r\nX: y/set?n=1", b'{"x":1}') == (409, {"ok": False})
    head, _, body = asked().partition(b"\r\n\r\n")
    first, *headers = head.split(b"\r\n")
    assert first == b"POST /places/a%20b%0D%0AX:%20y/set?n=1 HTTP/1.1"
    assert b"Content-Length: 7" in headers
    assert b"Content-Type: application/json" in headers
    assert body == b'{"x":1}'


def test_a_stream_comes_line_by_line_however_it_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with daemon(path, CHUNKED + b'9\r\n{"n":1}\n{\r\n6;x=y\r\n"n":2}\r\n1\r\n\n\r\n8\r\n{"n":33}\r\n0\r\n\r\n'):
        assert list(Wire(path, 5).lines("/watch")) == [(200, {"n": 1}), (200, {"n": 2}), (200, {"n": 33})]


def test_lines_come_before_the_stream_has_ended(tmp_path: Path) -> None:
    path, over = tmp_path / "s", threading.Event()
    with daemon(path, CHUNKED + b'8\r\n{"n":1}\n\r\n', silent=over):
        lines = Wire(path, None).lines("/watch")
        assert next(lines) == (200, {"n": 1})
        over.set()
        with pytest.raises(WireError, match="no end"):
            next(lines)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"", "no end"),
        (b"220 mail.example ESMTP\r\n", "no HTTP"),
        (b"HTTP/1.1 what\r\n\r\n", "invalid literal"),
        (OK + b"Content-Length: 5\r\n\r\n{}", "no end"),
        (OK + b"Content-Length: x\r\n\r\n{}", "invalid literal"),
        (OK + b"Content-Length: 2\r\n\r\n{]", "property name"),
        (OK + b"X: y\r\n" * 101, "too many headers"),
        (OK + b"X: " + b"y" * 70_000, "no end"),
        (CHUNKED + b"zz\r\n", "invalid literal"),
        (CHUNKED + b"5\r\n{}", "no end"),
    ],
)
def test_what_is_no_whole_answer_is_told(tmp_path: Path, answer: bytes, why: str) -> None:
    path = tmp_path / "s"
    with daemon(path, answer), pytest.raises(WireError, match=why):
        Wire(path, 5).ask("GET", "/status")


def test_silence_has_an_end(tmp_path: Path) -> None:
    path, over = tmp_path / "s", threading.Event()
    with daemon(path, OK, silent=over), pytest.raises(WireTimeoutError):
        Wire(path, 0.05).ask("GET", "/status")


def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(WireError, match="No such file"):
        Wire(tmp_path / "none", 5).ask("GET", "/status")
    with pytest.raises(WireError, match="No such file"):
        next(Wire(tmp_path / "none", 5).lines("/watch"))
