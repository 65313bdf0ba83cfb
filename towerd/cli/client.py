"""Asking the daemon over its socket, and turning what comes back into text and an exit code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum
from itertools import takewhile
from json import dumps
from pathlib import Path
from typing import Any, Final

import click

from towerd.cli.wire import Wire, WireError, WireTimeoutError

_LIMIT_S: Final = 10.0

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


_JSON_WANTED: Final = "towerd.json"


def note_json(context: click.Context, arguments: Sequence[str]) -> None:
    """Remember for all commands of this call whether `--json` is among its words."""
    context.meta[_JSON_WANTED] = json_among(arguments)


def json_among(arguments: Sequence[str]) -> bool:
    """Whether `--json` is among the options: behind `--` there are none."""
    return "--json" in takewhile(lambda word: word != "--", arguments)


def json_wanted() -> bool:
    """Whether whoever called reads JSON."""
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.meta.get(_JSON_WANTED))


def print_failure(text: str, code: int) -> None:
    """What went wrong as the answer in JSON, in the form of the daemon's own refusals."""
    print_json({"ok": False, "reasons": [Exit(code).name.lower()], "text": text})


class Failure(click.exceptions.Exit):
    """An end with a text that people have been told; its program tells it as JSON too, where it gets that far."""

    def __init__(self, text: str, code: Exit) -> None:
        """`text`: what went wrong."""
        super().__init__(code)
        self.text = text


def fail(text: str, code: Exit) -> Failure:
    """Tell `text` on standard error; the exception to raise."""
    click.echo(text, err=True)
    return Failure(text, code)


@contextmanager
def speaking(path: Path, limit_s: float | None) -> Iterator[Wire]:
    """The daemon, to ask it. Raises click.exceptions.Exit with a clear text where there is none, no way in, or it
    is too slow.
    """
    try:
        yield Wire(path, limit_s)
    except WireTimeoutError as error:
        raise fail(f"towerd took longer than {limit_s} s", Exit.NO_ANSWER) from error
    except PermissionError as error:
        raise fail(f"you may not open {path}: ask to be added to its group", Exit.NOT_ALLOWED) from error
    except WireError as error:
        cure = "Is the service running? systemctl status towerd"
        raise fail(f"towerd does not answer at {path} ({error}). {cure}", Exit.NOT_RUNNING) from error


def call(
    path: Path,
    method: str,
    route: str,
    limit_s: float | None = _LIMIT_S,
    *,
    json: Any = None,
    content: bytes = b"",
) -> tuple[int, dict[str, Any]]:
    """Ask once, with a body that is JSON or bytes: HTTP status and answer. No limit: `limit_s` None.

    Raises click.exceptions.Exit with a clear text where there is no daemon, no way in, or no answer.
    """
    with speaking(path, limit_s) as wire:
        return wire.ask(method, route, content if json is None else dumps(json).encode())


def get(path: Path, route: str, as_json: bool) -> dict[str, Any]:
    """What is at `route`. Raises click.exceptions.Exit where it is not to be had."""
    status, body = call(path, "GET", route)
    if status != 200:
        raise click.exceptions.Exit(tell(status, body, as_json))
    return body


def lines(path: Path, route: str) -> Iterator[dict[str, Any]]:
    """The lines of a stream, until it ends. Raises click.exceptions.Exit."""
    with speaking(path, None) as wire:
        for status, body in wire.lines(route):
            if status != 200:
                raise click.exceptions.Exit(tell(status, body, as_json=False))
            yield body


def tell(status: int, body: dict[str, Any], as_json: bool) -> Exit:
    """Show the answer to a request; the exit code that goes with it."""
    code = _EXITS.get(status, Exit.FAILED)
    if as_json or (code is not Exit.DONE and json_wanted()):
        print_json(body)
    elif code is Exit.DONE:
        result = body.get("result")
        click.echo(_done(result or {}))
    else:
        result = body.get("result") or {}
        reasons = ", ".join(body.get("reasons", ()))
        text = body.get("text") or result.get("text", "")
        click.echo(": ".join(filter(None, ("refused", reasons, text))), err=True)
        if result.get("cure"):
            click.echo(f"  what to do: {result['cure']}", err=True)
    return code


def _done(result: dict[str, Any]) -> str:
    if "text" in result:
        return ": ".join(filter(None, (result.get("command"), result["text"])))
    return f"done: {dumps(result, ensure_ascii=False)}" if result else "done"


def print_json(body: dict[str, Any]) -> None:
    """One line of JSON."""
    click.echo(dumps(body, ensure_ascii=False))


def ask(path: Path, route: str, as_json: bool, method: str = "POST", **content: Any) -> None:
    """Ask for something to be done, and end with the exit code that its answer has. Raises click.exceptions.Exit always."""
    raise click.exceptions.Exit(tell(*call(path, method, route, **content), as_json))
