"""`towerd`: the service itself, and the files that it lives on."""

from __future__ import annotations

import gc
import json
from pathlib import Path
from typing import Any

import click

from towerd import __version__
from towerd.cli import client
from towerd.cli.client import Exit, fail
from towerd.cli.options import SHARED, Program, asks, completion, json_option
from towerd.cli.settings_option import DEFAULT_CONFIG, config_option, settings_of
from towerd.cli.towerd_audit import audit
from towerd.cli.towerd_face import face
from towerd.cli.towerd_face_bench import bench
from towerd.cli.towerd_face_calibrate import calibrate
from towerd.cli.towerd_plctest import plc_test
from towerd.cli.towerd_privacy import privacy
from towerd.settings_file import SettingsError, load

app = Program("towerd", help=f"Run an unmanned car vending tower.\n\n{client.EXIT_HELP}", context_settings=SHARED)
stock = click.Group("stock", help="What stands in the bays.")
for command in (stock, audit, privacy, face, plc_test, completion):
    app.add_command(command)
for command in (bench, calibrate):
    face.add_command(command)
click.version_option(__version__, message="towerd %(version)s")(app)


@app.command()
@config_option
def run(config: Path) -> None:
    """Run the tower until SIGTERM. The service manager calls this."""
    settings = settings_of(config)
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

    path = settings_of(config).keys.tower_key_file
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
