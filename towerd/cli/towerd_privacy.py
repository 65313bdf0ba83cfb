"""`towerd privacy`: what is held of people, what of it is one customer's, and having a customer forgotten."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from towerd.api.peer import account_name
from towerd.cli import client
from towerd.cli.client import Exit, fail
from towerd.cli.options import asks
from towerd.cli.private import write_private
from towerd.cli.screen import table
from towerd.cli.settings_option import config_option, settings_of
from towerd.errors import ConfigError, JournalError

privacy = click.Group("privacy", help="What is held of people.")
_customer = click.argument("customer", help="The platform's pseudonym of the customer, such as c_7Hq2.")


@contextmanager
def _journal_errors() -> Iterator[None]:
    try:
        yield
    except JournalError as error:
        raise fail(str(error), Exit.JOURNAL) from error
    except (ConfigError, OSError) as error:
        raise fail(str(error), Exit.CONFIG) from error


def _checked(customer: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9_-]{1,64}", customer) is None:
        raise fail(f"{customer!r} is no customer: letters, digits, _ and -, at most 64", Exit.USAGE)
    return customer


@privacy.command()
@config_option
@asks
def report(socket: Path, config: Path, as_json: bool) -> None:
    """Show what is held, of whom and until when. While no daemon runs, the journal's file is read. Role: operator."""
    if socket.is_socket():
        told = client.get(socket, "/privacy", as_json)
    else:
        from towerd.offline import privacy_desk

        with _journal_errors(), privacy_desk(settings_of(config)) as desk:
            told = desk.report()
    if as_json:
        client.print_json(told)
        return
    rows = [(row["customer"], row["what"], row["id"], _until(row)) for row in told["held"]]
    click.echo(table(("customer", "what", "id", "kept until"), rows) if rows else "nothing is held under a name")
    totals = [(row["what"], str(row["count"]), row["until_at"] or "sent") for row in told["totals"]]
    click.echo("\n" + table(("without a name", "how many", "the last until"), totals))


def _until(row: dict[str, Any]) -> str:
    return row["until_at"] or "a day or more after it ends"


@privacy.command("export")
@_customer
@click.option(
    "--selfies", type=click.Path(path_type=Path), help="A folder to write the customer's selfies to, one file an order."
)
@config_option
@asks
def export_data(customer: str, selfies: Path | None, socket: Path, config: Path, as_json: bool) -> None:
    """Print everything that is held of a customer, as JSON; your name is in the audit log. Role: technician.

    Selfies can be opened by root and by the service's account alone: the daemon gives them as they are sealed.
    """
    del as_json  # it is JSON in any case
    told = _exported(_checked(customer), socket, config)
    sealed = told.pop("faces_sealed")
    if selfies is not None:
        told["selfies"] = _write_selfies(sealed, selfies, config)
    click.echo(json.dumps(told, ensure_ascii=False, indent=1))


def _exported(customer: str, socket: Path, config: Path) -> dict[str, Any]:
    if socket.is_socket():
        route = f"/privacy/{customer}"
        told = client.get(socket, route, as_json=True)
        return {**told, "audit": _rows(lambda seq: client.get(socket, f"{route}/audit?after_seq={seq}", as_json=True))}
    from towerd.offline import note_export, privacy_desk

    settings = settings_of(config)
    with _journal_errors():
        note_export(settings, customer, _account())
    with _journal_errors(), privacy_desk(settings) as desk:
        return {**desk.export(customer), "audit": _rows(lambda seq: desk.audit(customer, seq))}


def _rows(page: Callable[[int], dict[str, Any]]) -> list[dict[str, Any]]:
    """The customer's rows of the whole audit log, a page at a time."""
    rows: list[dict[str, Any]] = []
    after_seq: int | None = 0
    while after_seq is not None:
        found = page(after_seq)
        rows += found["rows"]
        after_seq = found["next_seq"]
    return rows


def _write_selfies(sealed: dict[str, str], folder: Path, config: Path) -> list[str]:
    from towerd.faceid.template import unpack
    from towerd.faceid.vault import Vault
    from towerd.keyfiles import VaultError

    settings = settings_of(config)
    vault = Vault(settings.keys.faces_dir, settings.tower.id)
    paths = []
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for order, text in sealed.items():
            paths.append(folder / f"{order}.jpg")
            write_private(paths[-1], unpack(vault.unseal(order, base64.b64decode(text))).selfie_jpeg)
    except (VaultError, OSError) as error:
        raise fail(f"a selfie cannot be written: {error}", Exit.DATA) from error
    return [str(path) for path in paths]


@privacy.command()
@_customer
@click.option("--yes", is_flag=True, help="Do not ask whether it is meant.")
@config_option
@asks
def erase(customer: str, yes: bool, socket: Path, config: Path, as_json: bool) -> None:
    """Forget a customer at once; what an open order or loan needs goes when that has ended. Role: technician.

    It cannot be undone, and your name is in the audit log. While no daemon runs it is done in the journal's file.
    """
    _checked(customer)
    if not yes:
        click.confirm(f"Forget everything about {customer}? Nobody can bring it back", abort=True, err=True)
    if socket.is_socket():
        raise click.exceptions.Exit(_tell(*client.call(socket, "POST", f"/privacy/{customer}/erase"), as_json))
    from towerd.offline import erase_customer

    with _journal_errors():
        result = erase_customer(settings_of(config), customer, _account())
    raise click.exceptions.Exit(_tell(200, {"ok": True, "reasons": [], "result": result}, as_json))


def _account() -> str:
    return account_name(os.getuid()) or str(os.getuid())


def _tell(status: int, body: dict[str, Any], as_json: bool) -> Exit:
    if as_json or status != 200:
        return client.tell(status, body, as_json)
    kept = body["result"]["kept"]
    going_on = f"; {', '.join(kept)} goes on: the rest is forgotten when that has ended" if kept else ""
    click.echo(f"forgotten{going_on}")
    return Exit.DONE
