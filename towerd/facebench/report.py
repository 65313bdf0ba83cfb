"""The figures of a bench as rows beside each other, as JSON, and as plots. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from towerd.facebench.attack import Species
from towerd.facebench.bench import Curves, EngineResult, Identification, Verification
from towerd.facebench.continuity import Continuity
from towerd.facebench.stages import Cost
from towerd.facebench.stats import Rate
from towerd.facebench.svg import Axis, Curve, plot
from towerd.facebench.verify import Halves
from towerd.facebench.webcam import Webcam

NOT_MEASURED = "-"
_BINS = 100
Row = tuple[str, str]


def ratio(rate: Rate) -> str:
    """As a percentage with its interval, and what it was counted over."""
    if not rate.trials:
        return NOT_MEASURED
    low, high = (_percent(bound) for bound in (rate.low, rate.high))
    return f"{_percent(rate.value)} [{low}, {high}] ({rate.hits}/{rate.trials}, {rate.people} people)"


def _percent(value: float) -> str:
    if math.isnan(value):
        return NOT_MEASURED
    return f"{100 * value:.4f} %" if 0 < value < 0.001 else f"{100 * value:.2f} %"


def rows(result: EngineResult) -> list[Row]:
    """Name and value of every figure of one engine. All engines of a run have the same rows where they had the same sets."""
    found: list[Row] = [("vectors", result.version)]
    if result.verification is not None:
        found += _verification(result.verification)
    if result.identification is not None:
        found += _identification(result.identification)
    if result.webcam is not None:
        found += _webcam(result.webcam)
    for species in result.species:
        found += _species(species)
    for name, one in result.continuity.items():
        found += _continuity(f"challenge, {name}", one)
    if result.cost is not None:
        found += _cost(result.cost)
    return found


def _verification(found: Verification) -> list[Row]:
    lines = [
        ("LFW pictures, people", f"{found.pictures}, {found.people}"),
        ("LFW failure to acquire", ratio(found.not_acquired)),
    ]
    if found.accuracy is not None:
        mean, error = found.accuracy
        lines.append(("LFW accuracy over the folds", f"{_percent(mean)} ± {_percent(error)}"))
    for name, point in found.points.items():
        lines.append((f"LFW {name}: threshold", f"{point.threshold:.3f}"))
        lines.append((f"LFW {name}: TAR", ratio(point.tar)))
        lines.append((f"LFW {name}: FAR", ratio(point.far)))
    for half, point in zip(("second", "first"), found.others, strict=True):
        name = f"LFW {half} half, at FAR 1e-04 of the other half"
        lines.append((f"{name}: TAR", f"{ratio(point.tar)}, threshold {point.threshold:.3f}"))
        lines.append((f"{name}: FAR", ratio(point.far)))
    return lines + _halves(found.halves)


def _halves(found: Halves) -> list[Row]:
    name = f"LFW at FAR 1e-04 of other people, mean of {found.draws} draws both ways"
    return [
        (
            f"{name}: TAR",
            f"{_percent(found.tar)}, nine in ten from {_percent(found.tar_low)} to {_percent(found.tar_high)}",
        ),
        (f"{name}: FAR", _percent(found.far)),
    ]


def _identification(found: Identification) -> list[Row]:
    lines = [("1:N", f"N = {found.waiting}, {found.trials} galleries")]
    for rate, one in zip(("1 %", "0.3 %"), found.open_sets, strict=True):
        value = f"{ratio(one.fnir)}, threshold {one.threshold:.3f}, measured FPIR {_percent(one.fpir)}"
        lines.append((f"1:N FNIR at FPIR {rate}", value))
    return lines + _whole("1:N", found.whole)


def _whole(name: str, whole: Any) -> list[Row]:
    return [
        (f"{name} whole rule: strangers accepted", ratio(whole.strangers)),
        (f"{name} whole rule: right people taken for another", ratio(whole.wrong)),
        (f"{name} whole rule: right people sent to the code", ratio(whole.to_code)),
        (f"{name} whole rule: selfies alike", ratio(whole.alike)),
    ]


def _webcam(found: Webcam) -> list[Row]:
    lines = [("webcam people, waiting", f"{found.people}, {found.waiting}")]
    for name, point in found.points.items():
        lines.append((f"webcam frames at {name}: true match", f"{ratio(point.tar)}, threshold {point.threshold:.3f}"))
        lines.append((f"webcam frames at {name}: false match", ratio(point.far)))
    return lines + _whole("webcam", found.whole)


def _species(found: Species) -> list[Row]:
    kind = "APCER" if found.attack else "1 - BPCER"
    passive = NOT_MEASURED if found.windows is None else ratio(found.windows)
    return [
        (f"{found.name}: recordings, frames", f"{found.series}, {found.frames}"),
        (f"{found.name}: passive check, windows accepted ({kind})", passive),
        (f"{found.name}: turned far enough to both sides", ratio(found.turned)),
        (f"{found.name}: passes a challenge of any order", ratio(found.challenged)),
    ]


def _continuity(name: str, found: Continuity) -> list[Row]:
    reasons = ", ".join(f"{reason} {count}" for reason, count in found.reasons.items()) or "none"
    return [
        (f"{name}: who turns counts as another within 6 s", ratio(found.lost)),
        (f"{name}: turned heads of strangers that pass for a paper photo's", ratio(found.missed)),
        (f"{name}: frames of others of that webcam that pass for it", ratio(found.beside)),
        (f"{name}: who turns as asked passes (1 - BPCER)", f"{ratio(found.willing)}; else {reasons}"),
    ]


def _cost(found: Cost) -> list[Row]:
    lines = [
        (f"1280x720, one thread: {one.name}", f"{one.clock_ms:.1f} ms, CPU {one.cpu_ms:.1f} ms") for one in found.stages
    ]
    lines.append(("1280x720, one thread: locate and encode", f"CPU {found.locate_and_encode_ms:.1f} ms"))
    return [*lines, ("resident memory", f"{found.memory_mb:.0f} MB")]


def side_by_side(results: Sequence[EngineResult]) -> list[tuple[str, ...]]:
    """Every row's name with each engine's value, in the order in which rows first come."""
    columns = [dict(rows(result)) for result in results]
    names = list(dict.fromkeys(name for column in columns for name in column))
    return [(name, *(column.get(name, NOT_MEASURED) for column in columns)) for name in names]


def plain(value: Any) -> Any:
    """As JSON takes it: rates with their value, no arrays (they are drawn), nan as null."""
    if isinstance(value, Rate):
        return {"value": plain(value.value)} | {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Curves):
        return {"det": [[float(x), float(y)] for x, y in zip(*value.det, strict=True)]}
    if is_dataclass(value):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, float):
        return None if math.isnan(value) else value
    return value


def as_json(results: Sequence[EngineResult], about: dict[str, Any]) -> dict[str, Any]:
    """Everything, with the thresholds in the form that `--thresholds` takes."""
    return {
        "about": about,
        "thresholds": {result.engine: result.rules.as_json() for result in results},
        "engines": {result.engine: plain(result) for result in results},
    }


def plots(results: Sequence[EngineResult]) -> dict[str, str]:
    """SVG files by name: score distributions of each engine, and the DET curves of all."""
    found = {result.engine: result.verification.curves for result in results if result.verification is not None}
    files = {f"scores-{engine}.svg": _distribution(engine, curves) for engine, curves in found.items()}
    if found:
        rates = (Axis("false match rate", 1e-6, 1.0, log=True), Axis("false non-match rate", 1e-3, 1.0, log=True))
        lines = {engine: (curves.det[0].tolist(), curves.det[1].tolist()) for engine, curves in found.items()}
        files["det.svg"] = plot("Detection error trade-off, all pairs of LFW", rates, lines)
    return files


def _distribution(engine: str, curves: Curves) -> str:
    edges = np.linspace(-0.5, 1.0, _BINS + 1)
    middles = ((edges[1:] + edges[:-1]) / 2).tolist()
    lines: dict[str, Curve] = {}
    for name, scores in (("different people", curves.impostor), ("the same person", curves.genuine)):
        share = np.histogram(scores, edges)[0] / max(len(scores), 1)
        lines[name] = (middles, share.tolist())
    axes = (Axis("similarity", -0.5, 1.0), Axis("share of the pairs in a bin", 1e-7, 1.0, log=True))
    return plot(f"Similarities, {engine}", axes, lines)
