"""`towerd face bench`: one engine on one folder of sets; every figure with how sure it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from towerd.facebench.attack import Series, Species, tally
from towerd.facebench.continuity import Continuity, Judge, Sets, continuity, counts, of_recording, yaws
from towerd.facebench.encode import Encoded, Encoder, as_at_the_tower, in_the_middle, seen, similarities
from towerd.facebench.identify import OpenSet, WholeRule, draw_trials, open_set, whole_rule
from towerd.facebench.recordings import Pair, Recording, folds, photo_people, series
from towerd.facebench.rules import Rules
from towerd.facebench.stages import Cost, cost_apart
from towerd.facebench.stats import Indices, Rate, Scores, det_curve, rate_by_people
from towerd.facebench.verify import (
    Fold,
    Halves,
    PairScores,
    Point,
    accuracy,
    all_pairs,
    either_way,
    on_others,
    over_halves,
    score,
    thresholds,
)
from towerd.facebench.webcam import Webcam, webcam
from towerd.faceid.engine import FaceEngine
from towerd.faceid.passive import Passive
from towerd.faceid.thresholds import challenge_rules
from towerd.faceid.views import ViewRules

FPIRS = (0.01, 0.003)
OTHERS_RATE = 1e-4
WAITING = 500
DRAWS, QUICK_DRAWS = 20, 3
_QUICK_PEOPLE, _QUICK_SERIES, _QUICK_ROUNDS, _ROUNDS = 240, 12, 5, 30
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Options:
    """What is measured. `rules`: thresholds that were fixed before, by engine; `trials`: galleries that are drawn."""

    folder: Path
    rules: Mapping[str, Rules] = field(default_factory=dict)
    models: Path | None = None
    store: Path | None = None
    quick: bool = False
    seed: int = 1
    trials: int = 10


@dataclass(frozen=True, slots=True)
class Identification:
    """One of N with single pictures. `waiting` people, in galleries drawn `trials` times."""

    waiting: int
    trials: int
    open_sets: tuple[OpenSet, ...]
    whole: WholeRule


@dataclass(frozen=True, slots=True)
class Curves:
    """What is drawn: similarities of the same and of different people, and the DET curve."""

    genuine: Scores
    impostor: Scores
    det: tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, slots=True)
class Verification:
    """Pairs of LFW. `points` by their names; `others`: the threshold of each half of the people on the other half;
    `halves`: the same over many ways to halve them.
    """

    pictures: int
    people: int
    not_acquired: Rate
    accuracy: tuple[float, float] | None
    points: dict[str, Point]
    others: tuple[Point, Point]
    halves: Halves
    curves: Curves


@dataclass(frozen=True, slots=True)
class EngineResult:
    """All figures of one engine; None where the set for it is missing. `rules` are those that were used or found.

    `continuity`: as a challenge compares, and beside it as it would with the face at the beginning alone.
    """

    engine: str
    version: str
    rules: Rules
    verification: Verification | None
    identification: Identification | None
    webcam: Webcam | None
    species: tuple[Species, ...]
    continuity: dict[str, Continuity]
    cost: Cost | None
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Photos:
    """The pictures of LFW that have a face, and where each is. `matrix`: each as the camera's (rows) with each as a selfie;
    `turned`: the vectors of those whose head is turned as far as counts in a challenge.
    """

    selfies: Scores
    turned: Scores
    people: Indices
    matrix: Scores
    row: dict[tuple[str, int], int]
    not_acquired: Rate


def measure_engine(engine: FaceEngine, options: Options, tell: Tell) -> EngineResult:
    """Everything the folder has pictures for. Raises EngineError where the passive networks cannot be used."""
    passive = None if options.models is None else Passive(options.models)
    encoder = Encoder(engine, passive, options.store)
    missing: list[str] = [] if passive else ["passive check: --liveness-models is not given"]
    rules = options.rules.get(engine.name) or Rules.of_engine(engine.name)
    photos = _photos(engine, encoder, options, tell)
    verification = identification = None
    if photos is None:
        missing.append("lfw/img")
    else:
        tell(f"{engine.name}: pairs")
        verification, rules = _verification(photos, options, rules, fixed=engine.name in options.rules)
        tell(f"{engine.name}: one of {WAITING}")
        identification, rules = _identification(photos, options, rules, fixed=engine.name in options.rules)
    found = _recordings(engine, encoder, options, tell)
    missing += [name for name, some in found.items() if not some]
    cam = None
    if found["nuaa/real"]:
        filler = np.empty((0, 128), np.float32) if photos is None else _one_each(photos)
        cam = webcam(engine, [(one.person, encoded) for one, encoded in found["nuaa/real"]], filler, rules)
    species = tuple(
        tally([_series(engine, name, one, encoded) for one, encoded in some], challenge_rules(engine.name))
        for name, some in found.items()
        if some
    )
    same = _continuity(engine, found, np.empty((0, 128), np.float32) if photos is None else photos.turned, options)
    tell(f"{engine.name}: time and memory")
    cost = _cost(engine, options)
    return EngineResult(
        engine.name, engine.version, rules, verification, identification, cam, species, same, cost, tuple(missing)
    )


def _photos(engine: FaceEngine, encoder: Encoder, options: Options, tell: Tell) -> _Photos | None:
    place = options.folder / "lfw" / "img"
    if not place.is_dir():
        return None
    people = photo_people(place)
    if options.quick:
        people = people[:: max(1, len(people) // _QUICK_PEOPLE)]
    vectors: list[Scores] = []
    selfies: list[Scores] = []
    angles: list[float] = []
    numbers: list[int] = []
    row: dict[tuple[str, int], int] = {}
    lost, tried = np.zeros(len(people), np.int64), np.zeros(len(people), np.int64)
    for number, person in enumerate(people):
        if number % 100 == 0:
            tell(f"{engine.name}: lfw, {number} of {len(people)} people")
        encoded = encoder.encode(person, in_the_middle, selfies=True)
        tried[number], lost[number] = len(encoded.found), int((~encoded.found).sum())
        angles += yaws(encoded)[encoded.found].tolist()
        for index in np.flatnonzero(encoded.found):
            row[(person.person, person.numbers[index])] = len(vectors)
            vectors.append(encoded.vectors[index])
            selfies.append(encoded.selfies[index])
            numbers.append(number)
    waiting, seen_by = np.array(selfies, np.float32), np.array(vectors, np.float32)
    matrix = similarities(engine, seen_by, waiting)
    turned = seen_by[counts(np.array(angles), challenge_rules(engine.name))]
    return _Photos(waiting, turned, np.array(numbers), matrix, row, rate_by_people(lost, tried, options.seed))


def _one_each(photos: _Photos) -> Scores:
    """The first picture of each person: those who wait beside the people of the webcam."""
    _, first = np.unique(photos.people, return_index=True)
    return np.asarray(photos.selfies[first], np.float32)


def _verification(photos: _Photos, options: Options, rules: Rules, *, fixed: bool) -> tuple[Verification, Rules]:
    pairs = all_pairs(either_way(photos.matrix), photos.people)
    if not fixed:
        rules = rules.with_far(thresholds(pairs))
    points = {f"FAR {rate:.0e}": score(pairs, limit, options.seed) for rate, limit in rules.far.items()}
    points["accept_one"] = score(pairs, rules.policy.accept_one, options.seed)
    points["accept"] = score(pairs, rules.policy.accept, options.seed)
    found = Verification(
        pictures=len(photos.people),
        people=len(pairs.pictures),
        not_acquired=photos.not_acquired,
        accuracy=_accuracy(photos, options.folder / "lfw" / "pairs.txt"),
        points=points,
        others=on_others(pairs, OTHERS_RATE, options.seed),
        halves=over_halves(pairs, OTHERS_RATE, QUICK_DRAWS if options.quick else DRAWS, options.seed),
        curves=_curves(pairs),
    )
    return found, rules


def _curves(pairs: PairScores) -> Curves:
    genuine, impostor = pairs.genuine, pairs.impostor
    return Curves(genuine, impostor, det_curve(genuine, impostor))


def _accuracy(photos: _Photos, path: Path) -> tuple[float, float] | None:
    """Over the pairs of the file whose pictures are part of this run; a picture without a face is like nobody."""
    if not path.exists():
        return None
    known = {person for person, _ in photos.row}
    found = []
    for fold in folds(path.read_text(encoding="utf-8")):
        pairs = [pair for pair in fold if pair.one[0] in known and pair.other[0] in known]
        if pairs:
            scores = np.array([_similarity(photos, pair) for pair in pairs], np.float32)
            found.append(Fold(scores, np.array([pair.same for pair in pairs])))
    return accuracy(found) if found else None


def _similarity(photos: _Photos, pair: Pair) -> float:
    one, other = photos.row.get(pair.one), photos.row.get(pair.other)
    return -1.0 if one is None or other is None else float(photos.matrix[one, other] + photos.matrix[other, one]) / 2


def _identification(photos: _Photos, options: Options, rules: Rules, *, fixed: bool) -> tuple[Identification, Rules]:
    trials = list(draw_trials(photos.people, WAITING, options.trials, options.seed))
    sets = [
        open_set(photos.matrix, trials, rate, rules.fpir.get(rate) if fixed else None, options.seed) for rate in FPIRS
    ]
    if not fixed:
        rules = rules.with_fpir({rate: one.threshold for rate, one in zip(FPIRS, sets, strict=True)})
    whole = whole_rule(photos.matrix, photos.people, trials, rules.policy, rules.alike, options.seed)
    return Identification(len(trials[0].gallery), len(trials), tuple(sets), whole), rules


SPECIES = ("nuaa/real", "video/real", "nuaa/print", "video/replay")
Found = dict[str, list[tuple[Recording, Encoded]]]


def _recordings(engine: FaceEngine, encoder: Encoder, options: Options, tell: Tell) -> Found:
    found: Found = {}
    for name in SPECIES:
        some = series(options.folder, name)
        if options.quick:
            some = some[:: max(1, len(some) // _QUICK_SERIES)]
        tell(f"{engine.name}: {name}, {len(some)} recordings")
        found[name] = [
            (one, encoder.encode(one, as_at_the_tower, live=True, selfies=name == "nuaa/real")) for one in some
        ]
    return found


def _continuity(engine: FaceEngine, found: Found, strangers: Scores, options: Options) -> dict[str, Continuity]:
    living, paper, webcam = (
        [of_recording(one.person, encoded) for one, encoded in found[name]]
        for name in ("video/real", "nuaa/print", "nuaa/real")
    )
    sets, rules = Sets(living, paper, webcam, strangers), challenge_rules(engine.name)
    ways = {"views": ViewRules(), "first view only": ViewRules(most=1)}
    return {
        name: continuity(sets, Judge(engine.similarities, rules, views), options.seed)
        for name, views in ways.items()
        if living or paper
    }


def _series(engine: FaceEngine, species: str, one: Recording, encoded: Encoded) -> Series:
    return Series(species, not species.endswith("/real"), one.person, seen(encoded, engine))


def _cost(engine: FaceEngine, options: Options) -> Cost | None:
    places: Sequence[str] = ("nuaa/real/*/*.jpg", "lfw/img/*/*.jpg")
    picture = next((path for place in places for path in sorted(options.folder.glob(place))), None)
    if picture is None:
        return None
    return cost_apart(engine.name, picture, _QUICK_ROUNDS if options.quick else _ROUNDS)
