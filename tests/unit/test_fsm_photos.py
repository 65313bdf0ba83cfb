"""Photos are asked for behind closed doors, never waited for too long, and destroyed once they have served."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.core_kit import (
    MONO_S,
    answers,
    asked,
    config,
    later,
    machine,
    state_of,
    tables_of,
    told,
    turn_of,
    vehicle,
    with_cabin,
    with_cabin_vehicle,
)
from tests.support.intake_kit import EPOCH, LOAN
from tests.support.values import AT
from towerd.cabin.model import CabinSensors, DoorState
from towerd.fsm.commands import CancelTimer, DestroyPhotoKey, DropSealed, StartTimer, StoreSealed, TakePhotos
from towerd.fsm.config import PhotoRules
from towerd.fsm.photo_events import PhotosRequested, PhotosTaken
from towerd.fsm.photos import expire_photos, facts_of, photographed, photos_late, photos_requested, photos_taken
from towerd.fsm.reply import ReplyTo
from towerd.fsm.turn import Turn
from towerd.orders.photos import PhotoSet, Shot
from towerd.plc.snapshot import Snapshot

OUT = "photos:ord-1:out"
HASH, SEALED = "ab" * 32, "cd" * 32
HERE = with_cabin_vehicle(machine(), 1)
SEEN = PhotoSet("ord-1", "out", "car-1", 1, EPOCH, AT, (HASH,), "", SEALED)
ASKED, OTHER = Shot("ord-1", "out", EPOCH, "car-1"), Shot("ord-2", "back", 3, "car-2")
TAKEN = PhotosTaken("ord-1", "out", 1, EPOCH, (HASH,), SEALED, "")


def turn(seen: Snapshot = HERE, *photos: PhotoSet, **rows: Any) -> Turn:
    asking = rows.pop("asking", {})
    tables = tables_of(**{"vehicles": [vehicle()], "photos": {one.key: one for one in photos}, **rows})
    return turn_of(
        state_of(seen, tables, photographing=asking), settings=config(photos=PhotoRules(frozenset({1}), 9.0))
    )


def ready(t: Turn, number: int = 1) -> bool:
    assert t.snapshot is not None
    return photographed(t, t.snapshot.cabin(number), "ord-1", "car-1", "out")


def test_the_cameras_are_asked_once_a_stay() -> None:
    t = turn()
    assert not ready(t)
    assert not ready(t)
    assert asked(t, TakePhotos) == [TakePhotos("ord-1", "out", 1, EPOCH)]
    assert asked(t, StartTimer) == [StartTimer("photos_1", 9.0)]
    photos_taken(t, TAKEN)
    assert t.tables.photos == {OUT: replace(SEEN, taken_at=t.now)}
    assert asked(t, StoreSealed) == [StoreSealed(OUT, SEALED)]
    assert asked(t, CancelTimer) == [CancelTimer("photos_1")]
    assert ready(t)
    assert facts_of(t, "ord-1", "out") == {"photos_out": [HASH], "no_photos_out": None}


def test_whoever_has_been_in_there_since_makes_new_photos_due() -> None:
    t = turn(HERE, replace(SEEN, epoch=EPOCH - 1))
    assert not ready(t)
    assert len(asked(t, TakePhotos)) == 1
    t = turn(asking={1: replace(ASKED, epoch=EPOCH - 1)})
    assert not ready(t)
    assert t.volatile.photographing == {1: ASKED}


@pytest.mark.parametrize(
    "seen",
    [
        with_cabin(HERE, 1, outer_door=DoorState.OPEN),
        with_cabin(HERE, 1, inner_door=DoorState.OPEN),
        with_cabin(HERE, 1, on=CabinSensors.PERSON_DETECTED),
        machine(),
    ],
)
def test_nobody_is_photographed_and_nothing_waits_for_it(seen: Snapshot) -> None:
    t = turn(seen)
    assert ready(t)
    assert not asked(t, TakePhotos)


def test_a_cabin_without_a_camera() -> None:
    t = turn()
    assert ready(t, 2)
    assert facts_of(t, "ord-1", "out", "back")["no_photos_back"] == "not_taken"


def test_a_camera_that_does_not_answer_keeps_nobody() -> None:
    t = turn(asking={1: ASKED, 2: OTHER})
    photos_late(t, 1)
    assert t.tables.photos[OUT].reason == "camera_timeout"
    assert t.volatile.photographing == {2: OTHER}
    assert asked(t, DropSealed) == [DropSealed(OUT)]
    assert ready(t)
    # and what comes after all is not kept
    photos_taken(t, TAKEN)
    assert t.tables.photos[OUT].sha256s == ()
    assert asked(t, DestroyPhotoKey) == [DestroyPhotoKey("ord-1")]


def test_a_shot_that_failed_is_told_with_its_reason() -> None:
    t = turn(asking={1: ASKED})
    photos_taken(t, replace(TAKEN, sha256s=(), sealed_sha256=None, reason="camera 1: camera_absent"))
    assert facts_of(t, "ord-1", "out") == {"photos_out": [], "no_photos_out": "camera 1: camera_absent"}
    assert asked(t, DropSealed) == [DropSealed(OUT)]
    assert ready(t)


def test_a_late_shot_leaves_the_key_of_those_that_are_kept() -> None:
    t = turn(HERE, SEEN)
    photos_taken(t, replace(TAKEN, when="back"))
    assert not asked(t, DestroyPhotoKey)


def test_the_shot_of_an_earlier_stay_leaves_the_key_of_the_one_under_way() -> None:
    t = turn(asking={1: ASKED})
    photos_taken(t, replace(TAKEN, epoch=EPOCH - 1))
    assert not asked(t, DestroyPhotoKey)
    photos_taken(t, TAKEN)
    assert t.tables.photos[OUT].sealed_sha256 == SEALED


def test_they_are_destroyed_a_day_after_the_cars_release_also_where_the_tower_was_off() -> None:
    back = {"ord-1": replace(LOAN, state="returned", ended_at=AT)}
    t = turn(HERE, SEEN, loans=back, vehicles=[vehicle(rests_as="inspection")])
    expire_photos(t)
    assert t.tables.photos == {OUT: SEEN}
    t = turn(HERE, SEEN, loans=back)
    expire_photos(t)
    assert t.tables.photos[OUT].destroy_at == t.now + timedelta(days=1)
    t = later(t, MONO_S, t.now + timedelta(days=1, seconds=-1))
    expire_photos(t)
    assert OUT in t.tables.photos
    t = later(t, MONO_S, t.now + timedelta(days=9))
    expire_photos(t)
    assert not t.tables.photos
    assert (asked(t, DropSealed), asked(t, DestroyPhotoKey)) == ([DropSealed(OUT)], [DestroyPhotoKey("ord-1")])


def test_a_car_that_never_left_needs_none() -> None:
    t = turn(HERE, SEEN)
    expire_photos(t)
    assert not t.tables.photos


def request(t: Turn) -> Any:
    photos_requested(t, PhotosRequested("ord-1", "out", "lin", ReplyTo("api", "1")))
    return answers(t)[-1]


def test_who_looks_is_written_down() -> None:
    t = turn(HERE, SEEN, loans={"ord-1": LOAN})
    answer = request(t)
    assert (answer.ok, told(t)) == (True, ["photos_shown"])
    assert answer.result["sha256s"] == [HASH]
    for none in (turn(), turn(HERE, replace(SEEN, sealed_sha256=None, reason="camera_timeout"))):
        refused = request(none)
        assert (refused.reasons, told(none)) == (("no_photos",), [])
