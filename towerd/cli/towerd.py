"""`towerd`: the service itself, and the files that it lives on."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import click

from towerd import __version__
from towerd.audit import ChainState, ended, verify
from towerd.cli import client
from towerd.cli.client import Exit, fail
from towerd.cli.options import SHARED, Program, asks, completion, json_option
from towerd.cli.towerd_face import face
from towerd.cli.towerd_face_bench import bench
from towerd.cli.towerd_face_calibrate import calibrate
from towerd.cli.towerd_plctest import plc_test
from towerd.errors import JournalError
from towerd.settings import Settings
from towerd.settings_file import SettingsError, load

DEFAULT_CONFIG: Final = Path("/etc/towerd/tower.toml")
_PAGE: Final = 1000

app = Program("towerd", help=f"Run an unmanned car vending tower.\n\n{client.EXIT_HELP}", context_settings=SHARED)
stock = click.Group("stock", help="What stands in the bays.")
audit = click.Group("audit", help="Who did what.")
for command in (stock, audit, face, plc_test, completion):
    app.add_command(command)
for command in (bench, calibrate):
    face.add_command(command)
click.version_option(__version__, message="towerd %(version)s")(app)

config_option = click.option(
    "--config", "-c", type=click.Path(path_type=Path), default=DEFAULT_CONFIG, help="The settings file."
)


def _settings(path: Path) -> Settings:
    try:
        return load(path)
    except SettingsError as error:
        raise fail(str(error), Exit.CONFIG) from error


@app.command()
@config_option
def run(config: Path) -> None:
    """Run the tower until SIGTERM. The service manager calls this."""
    settings = _settings(config)
    # what loading makes stays for good: looking through it for garbage would only make the start longer
    gc.disable()
    from towerd.app import run as run_app

    gc.freeze()
    gc.enable()
    raise click.exceptions.Exit(run_app(settings, lambda: load(config)))


@app.command()
@click.argument("file", type=click.Path(path_type=Path), default=DEFAULT_CONFIG, help="The settings file.")
@json_option
def check_config(file: Path, as_json: bool) -> None:
    """Check a settings file; every error is shown with its line. Exit 78 if there is any."""
    problems: tuple[Any, ...] = ()
    text = f"{file}: good"
    try:
        load(file)
    except SettingsError as error:
        problems, text = error.problems, str(error)
    if as_json:
        found = [{"line": one.line, "key": one.key, "text": one.text} for one in problems]
        click.echo(json.dumps({"file": str(file), "ok": not problems, "problems": found}, ensure_ascii=False))
    else:
        click.echo(text, err=bool(problems))
    raise click.exceptions.Exit(Exit.CONFIG if problems else Exit.DONE)


@app.command()
@config_option
@json_option
def new_key(config: Path, as_json: bool) -> None:
    """Make a new encryption key for the tower; it applies with a reload, and the platform has to pin its thumbprint.

    The old key is gone with the reload: what was encrypted to it is refused. Run it as root or as the service's account.
    """
    from towerd.orders.keys import make_tower_key

    path = _settings(config).keys.tower_key_file
    try:
        made = make_tower_key(path)
    except OSError as error:
        raise fail(f"{path} cannot be written: {error.strerror}", Exit.DATA) from error
    shown = {"file": str(path), "kid": made.kid, "thumbprint": made.thumbprint}
    text = f"{path}: {made.kid}, thumbprint {made.thumbprint}\nNow: systemctl reload towerd, and let the platform pin the thumbprint."
    click.echo(json.dumps(shown, ensure_ascii=False) if as_json else text)


@stock.command("import")
@click.argument("file", type=click.Path(path_type=Path), help='{"vehicles": [record + "bay": "3-4"]}')
@asks
def import_stock(file: Path, socket: Path, as_json: bool) -> None:
    """Tell the running tower which vehicle stands in which bay. Taken whole or not at all. Role: technician."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise fail(f"{file} cannot be read: {error.strerror}", Exit.DATA) from error
    raise click.exceptions.Exit(client.tell(*client.call(socket, "POST", "/stock/import", content=data), as_json))


def _pages_of_daemon(socket: Path) -> Iterator[Sequence[dict[str, Any]]]:
    after_seq = 0
    while rows := client.get(socket, f"/audit?after_seq={after_seq}&limit={_PAGE}", as_json=False)["rows"]:
        yield rows
        after_seq = rows[-1]["audit_seq"]


def _pages(socket: Path, config: Path) -> Iterable[Sequence[dict[str, Any]]]:
    """From the daemon where it runs (it holds the file), else from the file."""
    if socket.is_socket():
        return _pages_of_daemon(socket)
    from towerd.offline import audit_pages

    return audit_pages(_settings(config))


@audit.command("verify")
@click.option("--head", help="SEQ:HASH that an outsider kept; must be in the chain as it is.")
@config_option
@asks
def verify_audit(head: str | None, socket: Path, config: Path, as_json: bool) -> None:
    """Follow the hash chain of the audit log from the oldest row that is kept. Exit 1 where it is broken. Role: operator.

    While the daemon runs, rows come from it; else from the journal's file.
    """
    state, kept = ChainState(), _head(head)
    try:
        for rows in _pages(socket, config):
            state = verify(rows, state)
            kept = _without_met(kept, rows)
            if state.break_text is not None:
                break
    except JournalError as error:
        raise fail(str(error), Exit.JOURNAL) from error
    state = ended(state)
    _tell_chain(state if kept is None or state.break_text else _without_head(state, kept), as_json)


def _head(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    seq, colon, digest = text.partition(":")
    if not (seq.isdecimal() and colon and digest):
        raise fail("--head is SEQ:HASH, such as 4711:9f86d081…", Exit.USAGE)
    return int(seq), digest


def _without_met(kept: tuple[int, str] | None, rows: Sequence[dict[str, Any]]) -> tuple[int, str] | None:
    return None if kept is not None and any((row["audit_seq"], row["hash"]) == kept for row in rows) else kept


def _without_head(state: ChainState, kept: tuple[int, str]) -> ChainState:
    gone = kept[0] <= state.gone_seq
    why = f"is not kept any more: rows up to {state.gone_seq} are gone" if gone else "is not in the chain"
    return ChainState(state.audit_seq, state.hash, f"row {kept[0]} with the hash {kept[1]} {why}")


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
