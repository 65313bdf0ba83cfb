"""`towerd face calibrate`: thresholds of a site, from people who agreed to be recorded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from towerd.cli.client import Exit, fail
from towerd.cli.towerd_face import engine_option, load

if TYPE_CHECKING:
    from towerd.facebench.calibration import Proposal, Take, Threshold
    from towerd.facebench.stats import Scores
    from towerd.faceid.camera import Camera
    from towerd.faceid.engine import FaceEngine

_CONSENT = (
    "Only people who know what this is for and have agreed may be recorded. No picture is kept, and nothing of a face: only\n"
    "thresholds are written. Has everybody agreed?"
)
_VISITS = 2


@click.command()
@click.option(
    "--from",
    "pictures",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A folder of pictures a person, in place of a camera.",
)
@click.option("--camera", help="The site's camera, as in face.camera. Stop towerd first: it holds the camera.")
@click.option(
    "--people", type=click.IntRange(2, 500), default=10, help="How many are recorded by the camera, twice each."
)
@click.option(
    "--rate",
    type=click.FloatRange(1e-07, 0.1),
    default=1e-05,
    help="Wished false match rate, one picture against one order.",
)
@engine_option
@click.option("--write", type=click.Path(path_type=Path), metavar="FILE", help="Write the [face] settings there.")
@click.option("--yes", is_flag=True, help="Everybody has agreed, and the file may be written: do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable output: the proposal as JSON.")
def calibrate(
    pictures: Path | None,
    camera: str | None,
    people: int,
    rate: float,
    engine: str,
    write: Path | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Propose thresholds for this site: how alike its people are, and what false match rate that allows.

    Few people prove little, so a threshold is only lowered where they suffice to show the wished rate.
    """
    from towerd.facebench.calibration import propose
    from towerd.facebench.encode import similarities
    from towerd.faceid.thresholds import default_policy

    if (pictures is None) == (camera is None):
        raise fail("either --from or --camera says where the people are", Exit.USAGE)
    if write is not None and write.exists():
        raise fail(f"{write} is there already: name another file", Exit.USAGE)
    if not yes:
        click.confirm(_CONSENT, abort=True, err=True)
    chosen = load(engine)
    takes = _from_folder(chosen, pictures) if pictures is not None else _from_camera(chosen, str(camera), people)
    import numpy as np

    vectors = np.concatenate([take.vectors for take in takes])
    matrix = similarities(chosen, vectors, vectors)
    proposal = propose(takes, matrix, rate, default_policy(chosen.name))
    _show(takes, matrix, proposal, as_json=as_json)
    if write is not None:
        _write(write, proposal, chosen.name, takes, ask=not yes)


def _from_folder(engine: FaceEngine, folder: Path) -> list[Take]:
    from towerd.facebench.recorder import RecordingError, takes_from

    try:
        takes, names = takes_from(engine, folder)
    except (RecordingError, OSError) as error:
        raise fail(str(error), Exit.DATA) from error
    click.echo(f"{len(names)} people, {len(takes)} pictures with one good face", err=True)
    return takes


@contextmanager
def _camera(source: str) -> Iterator[Camera]:
    from towerd.faceid.camera import Camera

    camera = Camera(source, 15.0)
    camera.start()
    camera.demand(busy=True)
    try:
        yield camera
    finally:
        camera.stop()


def _from_camera(engine: FaceEngine, source: str, people: int) -> list[Take]:
    """Everybody twice, with the others between: a face that never went away proves little."""
    takes = []
    with _camera(source) as camera:
        for visit in range(1, _VISITS + 1):
            for person in range(people):
                text = (
                    f"Person {person + 1} of {people}, visit {visit} of {_VISITS}: before the camera, then press Enter"
                )
                click.prompt(text, default="", show_default=False, err=True)
                takes.append(_one(engine, camera, person))
    return takes


def _one(engine: FaceEngine, camera: Camera, person: int) -> Take:
    from towerd.facebench.recorder import RecordingError, record

    while True:
        try:
            return record(engine, camera, person)
        except RecordingError as error:
            click.echo(f"not recorded: {error}", err=True)
            click.confirm("Once more?", default=True, abort=True, err=True)


def _told(one: Threshold) -> dict[str, Any]:
    from towerd.facebench.report import plain

    told: dict[str, Any] = plain(one)
    return told


def _show(takes: list[Take], matrix: Scores, proposal: Proposal, *, as_json: bool) -> None:
    from towerd.facebench.calibration import histogram, pairs
    from towerd.facebench.report import plain, ratio

    if as_json:
        click.echo(json.dumps(plain(proposal)))
        return
    found = pairs(takes, matrix)
    for name, scores in (("the same person", found.genuine), ("different people", found.impostor)):
        click.echo(f"similarity of {name}: {len(scores)} pairs of frames")
        click.echo("\n".join(histogram(scores)))
    for name, one in (("accept", proposal.accept), ("accept_one", proposal.accept_one)):
        click.echo(f"{name} = {one.value:.2f} (on these people alone {one.measured:.3f})")
        click.echo(f"  false matches: {ratio(one.far)}")
        click.echo(f"  right people found: {ratio(one.tar)}")
    click.echo(f"margin = {proposal.margin:.2f} (one led over all others by {proposal.lead:.3f} at most)")
    if not proposal.shown:
        click.echo(
            f"These people do not suffice to show {proposal.wished:g}: no threshold was set below the one in use."
        )


def _write(path: Path, proposal: Proposal, engine: str, takes: list[Take], *, ask: bool) -> None:
    from towerd.facebench.calibration import as_toml

    text = as_toml(proposal, engine, len({take.person for take in takes}))
    click.echo(text, err=True)
    if ask:
        click.confirm(f"Write this to {path}?", abort=True, err=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise fail(f"{path}: {error.strerror}", Exit.DATA) from error
