"""`towerctl selftest` and `towerctl bundle`."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import tarfile
import time
from pathlib import Path
from typing import Any, Final

import click

from towerd.cli import client
from towerd.cli.client import Exit, fail
from towerd.cli.options import asks
from towerd.cli.screen import table

_LOG_LINES: Final = 5000
_LOG_LIMIT_S: Final = 20.0
_ABOUT: Final = """\
Support archive of a towerd. It holds no name, no order number, no code, no face and no text that people typed:
names of accounts and customers and ids of orders are pseudonyms that were drawn for this archive alone.
Left out everywhere: {left_out}.
"""


@click.command()
@asks
def selftest(socket: Path, as_json: bool) -> None:
    """Ask PLC, bays, cabins, carriage, journal, keys, disk, clock, camera and broker whether they are well; nothing moves.

    Exit 1 if something failed. Role: viewer.
    """
    body = client.get(socket, "/selftest", as_json)
    if as_json:
        client.print_json(body)
    else:
        _show(body["checks"])
    raise click.exceptions.Exit(Exit.DONE if body["ok"] else Exit.REFUSED)


def _show(checks: list[dict[str, Any]]) -> None:
    marks = {True: click.style("passed", fg="green"), False: click.style("FAILED", fg="red"), None: "not asked"}
    rows = [
        (one["area"], one["name"], marks[one["passed"]], one["text"], one["cure"] if one["passed"] is False else "")
        for one in checks
    ]
    click.echo(table(("area", "what", "", "seen", "what to do"), rows))


def _log_lines() -> list[str]:
    """The service's newest log lines, one JSON object each; none where this machine keeps no log of it."""
    tool = shutil.which("journalctl")
    if tool is None:
        return []
    asked = [tool, "--unit", "towerd", "--lines", str(_LOG_LINES), "--output", "cat", "--no-pager", "--quiet"]
    try:
        shown = subprocess.run(asked, capture_output=True, text=True, timeout=_LOG_LIMIT_S, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        return []
    return shown.stdout.splitlines()


def _log(names: dict[str, str]) -> str:
    from towerd.bundle import replacing, scrub, veil

    replace = replacing(names)
    kept = []
    for line in _log_lines():
        try:
            value = json.loads(line)
        except ValueError:
            # what is not towerd's own JSON may say anything
            continue
        kept.append(json.dumps(veil(scrub(value, replace)), ensure_ascii=False))
    return "\n".join(kept) + "\n"


def _write(path: Path, files: dict[str, str]) -> None:
    with tarfile.open(path, "x:gz") as archive:
        for name, text in files.items():
            data = text.encode()
            member = tarfile.TarInfo(f"towerd-support/{name}")
            member.size, member.mode, member.mtime = len(data), 0o644, int(time.time())
            archive.addfile(member, io.BytesIO(data))


@click.command()
@click.argument(
    "file", type=click.Path(path_type=Path), help="The archive to write, such as towerd-support.tar.gz; must not exist."
)
@asks
def bundle(file: Path, socket: Path, as_json: bool) -> None:
    """Pack status, audit log, self-test, settings, versions and log for support, without personal data. Role: technician."""
    from towerd.bundle import LEFT_OUT

    body = client.get(socket, "/bundle", as_json)
    about = _ABOUT.format(left_out=", ".join(sorted(LEFT_OUT)))
    files = {"README.txt": about, **body["files"], "log.jsonl": _log(body["pseudonyms"])}
    try:
        _write(file, files)
    except OSError as error:
        raise fail(f"{file} cannot be written: {error.strerror}", Exit.DATA) from error
    told = {"ok": True, "file": str(file), "files": sorted(files)}
    if as_json:
        client.print_json(told)
    else:
        click.echo(f"{file}: {', '.join(sorted(files))}")
