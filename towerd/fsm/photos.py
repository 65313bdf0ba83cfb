"""Photos of a car's condition: asked for behind closed doors before it is handed over and once it is back, and destroyed once
they have served (orders-if.md 5.3, 5.4). Pure.

A camera keeps nobody from a car: what it did not give in time is told as missing, and all goes on.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from towerd.cabin.model import Cabin, DoorState
from towerd.fsm.commands import CancelTimer, DestroyPhotoKey, DropSealed, StartTimer, StoreSealed, TakePhotos
from towerd.fsm.photo_events import PhotosRequested, PhotosTaken
from towerd.fsm.turn import Turn
from towerd.orders.photos import PhotoSet, Shot, When, photo_facts, photo_key, still_needed

TIMERS: Final = {1: "photos_1", 2: "photos_2"}
"""The timer of each cabin's cameras."""


def photographed(turn: Turn, shown: Cabin, loan: str, vehicle: str, when: When) -> bool:
    """Whether nothing is to be waited for: the photos are taken, or will not be. Asks for them where they are due.

    They are of this stay: where somebody has entered or left since, they are taken anew.
    """
    if shown.number not in turn.config.photos.cabins:
        return True
    stay = (shown.number, shown.occupancy_epoch)
    known, due = turn.tables.photos.get(photo_key(loan, when)), Shot(loan, when, shown.occupancy_epoch, vehicle)
    if known is not None and (known.cabin, known.epoch) == stay:
        return True
    # the car stands, and the carriage has let go of it: its door to the shaft may still close
    apart = shown.outer_door is DoorState.CLOSED and shown.inner_door in (DoorState.CLOSED, DoorState.CLOSING)
    if not (apart and shown.nobody and shown.content == "occupied"):
        return True
    if turn.volatile.photographing.get(shown.number) != due:
        turn.set(photographing={**turn.volatile.photographing, shown.number: due})
        turn.ask(TakePhotos(loan, when, *stay))
        turn.ask(StartTimer(TIMERS[shown.number], turn.config.photos.wait_s))
    return False


def _keep(turn: Turn, taken: PhotosTaken, vehicle: str) -> None:
    others = {number: shot for number, shot in turn.volatile.photographing.items() if number != taken.cabin}
    turn.set(photographing=others)
    kept = PhotoSet(
        taken.loan,
        taken.when,
        vehicle,
        taken.cabin,
        taken.epoch,
        turn.now,
        taken.sha256s,
        taken.reason,
        taken.sealed_sha256,
    )
    turn.put("photos", kept.key, kept)


def photos_taken(turn: Turn, event: PhotosTaken) -> None:
    """A shot has ended. One that nobody waits for any more is not kept."""
    key = photo_key(event.loan, event.when)
    asked = turn.volatile.photographing.get(event.cabin)
    if asked is None or (asked.loan, asked.when, asked.epoch) != (event.loan, event.when, event.epoch):
        if not (_sealed(turn, event.loan) or _awaited(turn, event.loan)):
            turn.ask(DestroyPhotoKey(event.loan))
        return
    turn.ask(CancelTimer(TIMERS[event.cabin]))
    _keep(turn, event, asked.vehicle)
    # of an earlier stay nothing is kept beside these
    turn.ask(DropSealed(key) if event.sealed_sha256 is None else StoreSealed(key, event.sealed_sha256))


def photos_late(turn: Turn, number: int) -> None:
    """The cameras of that cabin have not answered: all goes on without."""
    shot = turn.volatile.photographing.get(number)
    if shot is not None:
        _keep(turn, PhotosTaken(shot.loan, shot.when, number, shot.epoch, (), None, "camera_timeout"), shot.vehicle)
        turn.ask(DropSealed(photo_key(shot.loan, shot.when)))


def _sealed(turn: Turn, loan: str) -> bool:
    return any(kept.loan == loan and kept.sealed_sha256 is not None for kept in turn.tables.photos.values())


def _awaited(turn: Turn, loan: str) -> bool:
    """Whether a newer shot is under way, which is sealed with the same key."""
    return any(shot.loan == loan for shot in turn.volatile.photographing.values())


def facts_of(turn: Turn, loan: str, *whens: When) -> dict[str, Any]:
    """What is told of a loan's photos."""
    camera = bool(turn.config.photos.cabins)
    told: dict[str, Any] = {}
    for when in whens:
        told |= photo_facts(turn.tables.photos, loan, when, camera=camera)
    return told


def destroy_photos(turn: Turn, kept: PhotoSet) -> None:
    """What the cameras saw is gone with the loan's key, wherever copies of it lie."""
    turn.drop("photos", kept.key)
    turn.ask(DropSealed(kept.key))
    turn.ask(DestroyPhotoKey(kept.loan))


def expire_photos(turn: Turn) -> None:
    """Every minute: photos that have served are due a while after, and those that are due are destroyed."""
    kept_for = timedelta(seconds=turn.config.photos.kept_s)
    tables = turn.tables
    for kept in tuple(tables.photos.values()):
        loan, order = tables.loans.get(kept.loan), tables.orders.get(kept.loan)
        due_at = kept.destroy_at
        if due_at is None and not still_needed(loan, order, tables.vehicles):
            # without a loan there is nothing that they could be compared with
            due_at = turn.now if loan is None else turn.now + kept_for
            turn.put("photos", kept.key, replace(kept, destroy_at=due_at))
        if due_at is not None and due_at <= turn.now:
            destroy_photos(turn, kept)


def photos_requested(turn: Turn, event: PhotosRequested) -> None:
    """A technician asks to see photos: told with the name, and then shown."""
    kept = turn.tables.photos.get(photo_key(event.loan, event.when))
    if kept is None or kept.sealed_sha256 is None:
        text = f"There are no photos of loan {event.loan} ({event.when})"
        why = kept.reason if kept is not None else "never taken, or destroyed"
        turn.answer(event.reply, False, ("no_photos",), {"text": f"{text}: {why}."})
        return
    owner = turn.tables.loans.get(event.loan) or turn.tables.orders.get(event.loan)
    turn.tell("photos_shown", {"vehicle": kept.vehicle, "when": event.when, "by": event.by}, owner)
    turn.answer(event.reply, True, (), {"loan": event.loan, "when": event.when, "sha256s": list(kept.sha256s)})
