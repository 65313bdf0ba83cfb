"""`towerd face`: what the engines of face recognition say of pictures, and how well they do on a set of people.

Heavy libraries are imported by the command that needs them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import click

from towerd.cli.client import Exit, fail
from towerd.cli.options import json_option
from towerd.cli.screen import table

if TYPE_CHECKING:
    from towerd.faceid.config import EngineName
    from towerd.faceid.engine import FaceEngine, Image
    from towerd.faceid.inspect import Comparison, SelfieReport

face = click.Group("face", help="Faces: compare pictures, check a selfie, measure the engines.")
ENGINES: Final = ("opencv", "face_recognition")
engines_option = click.option(
    "--engine",
    type=click.Choice(ENGINES),
    multiple=True,
    help="May be given twice. Without it, every engine that is installed.",
)
engine_option = click.option("--engine", type=click.Choice(ENGINES), default=ENGINES[0], help="The engine.")


def read_bytes(path: Path) -> bytes:
    """A picture's file. Raises click.exceptions.Exit."""
    from towerd.faceid.inspect import PICTURE_MAX_BYTES

    try:
        with path.open("rb") as file:
            data = file.read(PICTURE_MAX_BYTES + 1)
    except OSError as error:
        raise fail(f"{path} cannot be read: {error.strerror}", Exit.DATA) from error
    if len(data) > PICTURE_MAX_BYTES:
        raise fail(f"{path} is larger than {PICTURE_MAX_BYTES} bytes", Exit.DATA)
    return data


def load(choice: str) -> FaceEngine:
    """The engine, on one thread. Raises click.exceptions.Exit where it cannot be used."""
    import cv2

    from towerd.faceid.engine import EngineError, load_engine

    cv2.setNumThreads(1)
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)  # what it warns of is of no use to a reader
    try:
        return load_engine(cast("EngineName", choice))
    except EngineError as error:
        raise fail(f"{choice}: {error}", Exit.CONFIG) from error


def load_all(names: Sequence[str]) -> list[FaceEngine]:
    """The named engines; without names all that can be used, and the others are told. Raises click.exceptions.Exit."""
    if names:
        return [load(name) for name in dict.fromkeys(names)]
    found = []
    for name in ENGINES:
        try:
            found.append(load(name))
        except click.exceptions.Exit:
            continue  # why has been told
    if not found:
        raise fail("no engine can be used", Exit.CONFIG)
    return found


@face.command()
@click.argument("one", type=click.Path(path_type=Path), metavar="A", help="A selfie.")
@click.argument("other", type=click.Path(path_type=Path), metavar="B", help="A picture as a camera takes it.")
@engines_option
@json_option
def compare(one: Path, other: Path, engine: tuple[str, ...], as_json: bool) -> None:
    """How alike the faces of two pictures are, by each engine, one to one; and why a picture cannot be used.

    Exit 0 where every engine says the same person, 1 where one does not, 65 where a picture is of no use.
    """
    from towerd.faceid import inspect
    from towerd.faceid.thresholds import default_policy

    pictures: tuple[Image | None, Image | None] = (
        inspect.decode_picture(read_bytes(one)),
        inspect.decode_picture(read_bytes(other)),
    )
    found = [inspect.compare(each, pictures, default_policy(each.name)) for each in load_all(engine)]
    if as_json:
        click.echo(json.dumps({"a": str(one), "b": str(other), "engines": [asdict(each) for each in found]}))
    else:
        click.echo(_comparisons(found, (one, other)))
    raise click.exceptions.Exit(_exit_of(found))


def _exit_of(found: Sequence[Comparison]) -> Exit:
    verdicts = {each.verdict for each in found}
    if "unusable" in verdicts:
        return Exit.DATA
    return Exit.REFUSED if "different" in verdicts else Exit.DONE


def _comparisons(found: Sequence[Comparison], paths: tuple[Path, Path]) -> str:
    columns = ("engine", "similarity", "same person from", "among all orders from", "verdict", "against a picture")
    rows = []
    for each in found:
        score = "-" if each.similarity is None else f"{each.similarity:.3f}"
        against = [f"{path}: {', '.join(why)}" for path, why in zip(paths, each.reasons, strict=True) if why]
        limits = (f"{each.accept_one:.2f}", f"{each.accept:.2f}")
        rows.append((each.engine, score, *limits, each.verdict, "; ".join(against) or "-"))
    return table(columns, rows)


@face.command()
@click.argument("photo", type=click.Path(path_type=Path), help="A selfie (JPEG).")
@engine_option
@json_option
def check(photo: Path, engine: str, as_json: bool) -> None:
    """The checks of a selfie: each measured value beside its limit, and whether an order with it would be taken.

    Exit 1 where it would be refused.
    """
    from towerd.faceid.inspect import selfie_report

    report = selfie_report(load(engine), read_bytes(photo))
    if as_json:
        click.echo(json.dumps(_as_json(photo, report)))
    else:
        click.echo(_checks(report))
        click.echo("good" if not report.reasons else f"refused: {', '.join(report.reasons)}")
    raise click.exceptions.Exit(Exit.REFUSED if report.reasons else Exit.DONE)


def _as_json(photo: Path, report: SelfieReport) -> dict[str, Any]:
    rows = [asdict(row) | {"good": row.good} for row in report.rows]
    return {"photo": str(photo), "ok": not report.reasons, "reasons": report.reasons, "checks": rows}


def _checks(report: SelfieReport) -> str:
    rows = [
        (row.name, f"{row.measured:.4g}", f"{row.bound} {row.limit:g}", "good" if row.good else "BAD", row.reason)
        for row in report.rows
    ]
    return table(("check", "measured", "limit", "", "else"), rows)
