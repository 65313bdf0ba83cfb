"""`towerd audit`: who did what, and whether nobody has changed it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import click

from towerd.audit import ChainState, Heads, ended, verify
from towerd.cli import client
from towerd.cli.client import Exit, fail
from towerd.cli.options import asks
from towerd.cli.settings_option import config_option, settings_of
from towerd.errors import JournalError

_PAGE: Final = 1000

audit = click.Group("audit", help="Who did what.")


def _pages_of_daemon(socket: Path) -> Iterator[Sequence[dict[str, Any]]]:
    after_seq = 0
    while rows := client.get(socket, f"/audit?after_seq={after_seq}&limit={_PAGE}", as_json=False)["rows"]:
        yield rows
        after_seq = rows[-1]["audit_seq"]


def pages(socket: Path, config: Path) -> Iterable[Sequence[dict[str, Any]]]:
    """The audit log page by page: from the daemon where it runs (it holds the file), else from the file.

    Raises JournalError, and click.exceptions.Exit.
    """
    if socket.is_socket():
        return _pages_of_daemon(socket)
    from towerd.offline import audit_pages

    return audit_pages(settings_of(config))


@audit.command("verify")
@click.option("--head", help="SEQ:HASH that an outsider kept; must be in the chain as it is.")
@click.option(
    "--events",
    type=click.Path(path_type=Path),
    help="Messages of the topic `event` as an outsider received them, one JSON object a line; every head in them must be in the chain.",
)
@config_option
@asks
def verify_audit(head: str | None, events: Path | None, socket: Path, config: Path, as_json: bool) -> None:
    """Follow the hash chain of the audit log from the oldest row that is kept. Exit 1 where it is broken. Role: operator.

    While the daemon runs, rows come from it; else from the journal's file. What was cut off the end, or written anew as a
    whole, shows against a head that somebody else has kept, and only there.
    """
    state, heads = ChainState(), Heads(_head(head), _heads_of(events))
    try:
        for rows in pages(socket, config):
            state = verify(rows, state)
            heads.meet(rows)
            if state.break_text is not None:
                break
    except JournalError as error:
        raise fail(str(error), Exit.JOURNAL) from error
    _tell_chain(heads.against(ended(state)), as_json)


def _head(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    seq, colon, digest = text.partition(":")
    if not (seq.isdecimal() and colon and digest):
        raise fail("--head is SEQ:HASH, such as 4711:9f86d081…", Exit.USAGE)
    return int(seq), digest


def _heads_of(path: Path | None) -> list[tuple[int, str]]:
    if path is None:
        return []
    try:
        found = [_told_head(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, ValueError, AttributeError) as error:
        raise fail(f"{path} cannot be read: {error}", Exit.DATA) from error
    heads = [one for one in found if one is not None]
    if not heads:
        raise fail(f"{path} holds no message with audit_seq and audit_hash", Exit.DATA)
    return heads


def _told_head(message: Any) -> tuple[int, str] | None:
    seq, digest = message.get("audit_seq"), message.get("audit_hash")
    return (seq, digest) if isinstance(seq, int) and isinstance(digest, str) else None


def _tell_chain(state: ChainState, as_json: bool) -> None:
    broken = state.break_text
    if as_json:
        body = {"ok": broken is None, "audit_seq": state.audit_seq, "hash": state.hash, "break": broken}
        click.echo(json.dumps(body, ensure_ascii=False))
    else:
        click.echo(
            broken or f"whole: {state.audit_seq - state.gone_seq} rows, head {state.audit_seq}:{state.hash}",
            err=broken is not None,
        )
    raise click.exceptions.Exit(Exit.REFUSED if broken else Exit.DONE)
