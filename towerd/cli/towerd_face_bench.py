"""`towerd face bench`: the engines side by side on a folder of measuring sets."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from towerd import __version__
from towerd.cli.client import Exit, fail
from towerd.cli.screen import table
from towerd.cli.towerd_face import engines_option, load_all

if TYPE_CHECKING:
    from towerd.facebench.bench import EngineResult, Options
    from towerd.facebench.rules import Rules


@click.command()
@click.argument(
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Has any of lfw/, nuaa/, video/ as docs/faces.md describes.",
)
@click.option(
    "--thresholds",
    type=click.Path(path_type=Path),
    help="JSON of an earlier run: its thresholds are scored, none is set here.",
)
@engines_option
@click.option("--json", "json_file", type=click.Path(path_type=Path), metavar="FILE", help="Write every figure there.")
@click.option("--plots", type=click.Path(path_type=Path), metavar="DIR", help="Write plots (SVG) there.")
@click.option(
    "--liveness-models",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Networks of the passive check; without them it is not run.",
)
@click.option(
    "--vectors",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Keep vectors there, and use those that are. They are templates.",
)
@click.option("--quick", is_flag=True, help="A part of the people and recordings only.")
@click.option("--seed", type=int, default=1, help="Galleries, halves and intervals follow from it.")
def bench(
    folder: Path,
    thresholds: Path | None,
    engine: tuple[str, ...],
    json_file: Path | None,
    plots: Path | None,
    liveness_models: Path | None,
    vectors: Path | None,
    quick: bool,
    seed: int,
) -> None:
    """Measure the engines on DIR: verification, one of 500, webcam, attacks, time and memory, with 95 % intervals by people.

    For measuring only: error rates of one population do not hold for another. See `towerd face calibrate`.
    """
    from towerd.facebench.bench import Options

    if not folder.is_dir():
        raise fail(f"{folder} is no folder", Exit.DATA)
    fixed = {} if thresholds is None else _rules(thresholds)
    options = Options(folder, fixed, liveness_models, vectors, quick, seed)
    begin_s = time.monotonic()
    results = _measure(engine, options)
    about = {
        "towerd": __version__,
        "folder": str(folder),
        "machine": platform.machine(),
        "seed": seed,
        "quick": quick,
        "thresholds_fixed_before": str(thresholds) if thresholds else None,
        "seconds": round(time.monotonic() - begin_s),
    }
    _write(results, about, json_file, plots)
    _show(results)


def _rules(path: Path) -> dict[str, Rules]:
    from towerd.facebench.rules import read_rules

    try:
        return read_rules(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise fail(f"{path}: {error}", Exit.DATA) from error


def _measure(names: Sequence[str], options: Options) -> list[EngineResult]:
    from towerd.facebench.bench import measure_engine
    from towerd.faceid.engine import EngineError

    def tell(text: str) -> None:
        click.echo(text, err=True)

    try:
        return [measure_engine(engine, options, tell) for engine in load_all(names)]
    except (EngineError, ValueError) as error:
        raise fail(str(error), Exit.DATA) from error


def _write(results: Sequence[EngineResult], about: dict[str, Any], json_file: Path | None, plots: Path | None) -> None:
    from towerd.facebench import report

    try:
        if json_file is not None:
            json_file.write_text(json.dumps(report.as_json(results, about), indent=1) + "\n", encoding="utf-8")
        if plots is not None:
            plots.mkdir(parents=True, exist_ok=True)
            for name, text in report.plots(results).items():
                (plots / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise fail(f"{error.filename}: {error.strerror}", Exit.DATA) from error


def _show(results: Sequence[EngineResult]) -> None:
    from towerd.facebench import report

    click.echo(table(("figure", *(result.engine for result in results)), report.side_by_side(results)))
    for result in results:
        for name in result.missing:
            click.echo(f"{result.engine}: not measured, {name} is missing")
