"""`towerd face`: what the engines of face recognition say of pictures, and how well they do on a set of people.

Heavy libraries are imported by the command that needs them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from towerd.cli.client import Exit, JsonOption, fail

if TYPE_CHECKING:
    from towerd.faceid.engine import FaceEngine, Image
    from towerd.faceid.inspect import Comparison, SelfieReport

app = typer.Typer(no_args_is_help=True, help="Faces: compare pictures, check a selfie, measure the engines.")


class EngineChoice(StrEnum):
    """An engine, as an option names it."""

    OPENCV = "opencv"
    FACE_RECOGNITION = "face_recognition"


EnginesOption = Annotated[
    list[EngineChoice] | None,
    typer.Option("--engine", help="May be given twice. Without it, every engine that is installed."),
]
EngineOption = Annotated[EngineChoice, typer.Option("--engine", help="The engine.")]


@app.callback()
def _group() -> None:
    """Commands about faces that need no running daemon."""


def read_bytes(path: Path) -> bytes:
    """A picture's file. Raises typer.Exit."""
    from towerd.faceid.inspect import PICTURE_MAX_BYTES

    try:
        with path.open("rb") as file:
            data = file.read(PICTURE_MAX_BYTES + 1)
    except OSError as error:
        raise fail(f"{path} cannot be read: {error.strerror}", Exit.DATA) from error
    if len(data) > PICTURE_MAX_BYTES:
        raise fail(f"{path} is larger than {PICTURE_MAX_BYTES} bytes", Exit.DATA)
    return data


def load(choice: EngineChoice) -> FaceEngine:
    """The engine, on one thread. Raises typer.Exit where it cannot be used."""
    import cv2

    from towerd.faceid.engine import EngineError, load_engine

    cv2.setNumThreads(1)
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)  # what it warns of is of no use to a reader
    try:
        return load_engine(choice.value)
    except EngineError as error:
        raise fail(f"{choice.value}: {error}", Exit.CONFIG) from error


def load_all(names: Sequence[EngineChoice] | None) -> list[FaceEngine]:
    """The named engines; without names all that can be used, and the others are told. Raises typer.Exit."""
    if names:
        return [load(name) for name in dict.fromkeys(names)]
    found = []
    for name in EngineChoice:
        try:
            found.append(load(name))
        except typer.Exit:
            continue  # why has been told
    if not found:
        raise fail("no engine can be used", Exit.CONFIG)
    return found


@app.command()
def compare(
    one: Annotated[Path, typer.Argument(metavar="A", help="A selfie.")],
    other: Annotated[Path, typer.Argument(metavar="B", help="A picture as a camera takes it.")],
    engine: EnginesOption = None,
    as_json: JsonOption = False,
) -> None:
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
        typer.echo(json.dumps({"a": str(one), "b": str(other), "engines": [asdict(each) for each in found]}))
    else:
        Console().print(_comparisons(found, (one, other)))
    raise typer.Exit(_exit_of(found))


def _exit_of(found: Sequence[Comparison]) -> Exit:
    verdicts = {each.verdict for each in found}
    if "unusable" in verdicts:
        return Exit.DATA
    return Exit.REFUSED if "different" in verdicts else Exit.DONE


def _comparisons(found: Sequence[Comparison], paths: tuple[Path, Path]) -> Table:
    table = Table("engine", "similarity", "same person from", "among all orders from", "verdict", "against a picture")
    for each in found:
        score = "-" if each.similarity is None else f"{each.similarity:.3f}"
        against = [f"{path}: {', '.join(why)}" for path, why in zip(paths, each.reasons, strict=True) if why]
        limits = (f"{each.accept_one:.2f}", f"{each.accept:.2f}")
        table.add_row(each.engine, score, *limits, each.verdict, "; ".join(against) or "-")
    return table


@app.command()
def check(
    photo: Annotated[Path, typer.Argument(help="A selfie (JPEG).")],
    engine: EngineOption = EngineChoice.OPENCV,
    as_json: JsonOption = False,
) -> None:
    """The checks of a selfie: each measured value beside its limit, and whether an order with it would be taken.

    Exit 1 where it would be refused.
    """
    from towerd.faceid.inspect import selfie_report

    report = selfie_report(load(engine), read_bytes(photo))
    if as_json:
        typer.echo(json.dumps(_as_json(photo, report)))
    else:
        Console().print(_checks(report))
        typer.echo("good" if not report.reasons else f"refused: {', '.join(report.reasons)}")
    raise typer.Exit(Exit.REFUSED if report.reasons else Exit.DONE)


def _as_json(photo: Path, report: SelfieReport) -> dict[str, Any]:
    rows = [asdict(row) | {"good": row.good} for row in report.rows]
    return {"photo": str(photo), "ok": not report.reasons, "reasons": report.reasons, "checks": rows}


def _checks(report: SelfieReport) -> Table:
    table = Table("check", "measured", "limit", "", "else")
    for row in report.rows:
        bound = f"{row.bound} {row.limit:g}"
        table.add_row(row.name, f"{row.measured:.4g}", bound, "good" if row.good else "BAD", row.reason)
    return table
