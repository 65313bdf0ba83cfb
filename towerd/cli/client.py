"""Asking the daemon over its socket, and turning what comes back into text and an exit code."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from json import dumps, loads
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from towerd.paths import API_SOCKET

if TYPE_CHECKING:
    import httpx

DEFAULT_SOCKET: Final = API_SOCKET
_LIMIT_S: Final = 10.0

SocketOption = Annotated[
    Path, typer.Option("--socket", envvar="TOWERD_SOCKET", help="Socket of the daemon.", show_default=True)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable output: the answer as JSON.")]

EXIT_HELP: Final = (
    "Exit codes: 0 done, 1 refused, 2 wrong usage, 65 unusable file, 69 the daemon does not run, 70 it failed, 74 the journal cannot be used,"
    " 75 no answer in time, 77 not allowed, 78 unusable settings."
)


class Exit(IntEnum):
    """Exit codes of both commands; those from 64 on are of sysexits.h."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    DATA = 65
    NOT_RUNNING = 69
    FAILED = 70
    JOURNAL = 74
    NO_ANSWER = 75
    NOT_ALLOWED = 77
    CONFIG = 78


_EXITS: Final = {
    200: Exit.DONE,
    403: Exit.NOT_ALLOWED,
    404: Exit.USAGE,
    409: Exit.REFUSED,
    413: Exit.DATA,
    422: Exit.DATA,
    504: Exit.NO_ANSWER,
}


def fail(text: str, code: Exit) -> typer.Exit:
    """Tell `text` on standard error; the exception to raise."""
    typer.echo(text, err=True)
    return typer.Exit(code)


def _not_running(path: Path, why: str) -> typer.Exit:
    cure = "Is the service running? systemctl status towerd"
    return fail(f"towerd does not answer at {path} ({why}). {cure}", Exit.NOT_RUNNING)


def _knock(path: Path) -> None:
    """Whether anybody is there and lets us in. Raises typer.Exit."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except PermissionError as error:
            raise fail(f"you may not open {path}: ask to be added to its group", Exit.NOT_ALLOWED) from error
        except OSError as error:
            raise _not_running(path, error.strerror or str(error)) from error


class _Connection(http.client.HTTPConnection):
    """HTTP over the daemon's Unix socket. The library of the streams takes longer to load than an answer to come."""

    def __init__(self, path: Path, limit_s: float | None) -> None:
        super().__init__("towerd", timeout=limit_s)
        self._path = path

    def connect(self) -> None:
        """Open the socket. Raises OSError."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def call(
    path: Path,
    method: str,
    route: str,
    limit_s: float | None = _LIMIT_S,
    *,
    json: Any = None,
    content: bytes | None = None,
) -> tuple[int, dict[str, Any]]:
    """Ask once, with a body that is JSON or bytes: HTTP status and answer. No limit: `limit_s` None.

    Raises typer.Exit with a clear text where there is no daemon, no way in, or no answer.
    """
    _knock(path)
    body, headers = (content, {}) if json is None else (dumps(json).encode(), {"content-type": "application/json"})
    connection = _Connection(path, limit_s)
    try:
        connection.request(method, route, body, headers)
        answer = connection.getresponse()
        return answer.status, loads(answer.read())
    except TimeoutError as error:
        raise fail(f"towerd took longer than {limit_s} s", Exit.NO_ANSWER) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _not_running(path, str(error) or type(error).__name__) from error
    finally:
        connection.close()


@contextmanager
def speaking(path: Path, limit_s: float | None) -> Iterator[httpx.Client]:
    """A client of the daemon's API. Raises typer.Exit with a clear text where there is none, or it is too slow."""
    _knock(path)
    import httpx

    try:
        with httpx.Client(
            transport=httpx.HTTPTransport(uds=str(path)), base_url="http://towerd", timeout=limit_s
        ) as client:
            yield client
    except httpx.TimeoutException as error:
        raise fail(f"towerd took longer than {limit_s} s", Exit.NO_ANSWER) from error
    except httpx.TransportError as error:
        raise _not_running(path, str(error) or type(error).__name__) from error


def get(path: Path, route: str, as_json: bool) -> dict[str, Any]:
    """What is at `route`. Raises typer.Exit where it is not to be had."""
    status, body = call(path, "GET", route)
    if status != 200:
        raise typer.Exit(tell(status, body, as_json))
    return body


def lines(path: Path, route: str) -> Iterator[dict[str, Any]]:
    """The lines of a stream, until it ends. Raises typer.Exit."""
    with speaking(path, None) as client, client.stream("GET", route) as answer:
        if answer.status_code != 200:
            answer.read()
            raise typer.Exit(tell(answer.status_code, answer.json(), as_json=False))
        for line in answer.iter_lines():
            yield loads(line)


def tell(status: int, body: dict[str, Any], as_json: bool) -> Exit:
    """Show the answer to a request; the exit code that goes with it."""
    code = _EXITS.get(status, Exit.FAILED)
    if as_json:
        typer.echo(dumps(body, ensure_ascii=False))
    elif code is Exit.DONE:
        result = body.get("result")
        typer.echo(_done(result or {}))
    else:
        result = body.get("result") or {}
        reasons = ", ".join(body.get("reasons", ()))
        text = body.get("text") or result.get("text", "")
        typer.echo(": ".join(filter(None, ("refused", reasons, text))), err=True)
        if result.get("cure"):
            typer.echo(f"  what to do: {result['cure']}", err=True)
    return code


def _done(result: dict[str, Any]) -> str:
    if "text" in result:
        return ": ".join(filter(None, (result.get("command"), result["text"])))
    return f"done: {dumps(result, ensure_ascii=False)}" if result else "done"


def print_json(body: dict[str, Any]) -> None:
    """One line of JSON."""
    typer.echo(dumps(body, ensure_ascii=False))


def ask(path: Path, route: str, as_json: bool, method: str = "POST", **content: Any) -> None:
    """Ask for something to be done, and end with the exit code that its answer has. Raises typer.Exit always."""
    raise typer.Exit(tell(*call(path, method, route, **content), as_json))
