"""What the cabin cameras have done, and who wants to see it."""

from __future__ import annotations

from dataclasses import dataclass

from towerd.fsm.reply import ReplyTo
from towerd.orders.photos import When


@dataclass(frozen=True, slots=True)
class PhotosTaken:
    """The end of a shot, whatever it is. What is sealed travels beside the event as an attachment; `sealed_sha256` is its hash,
    None without one. `sha256s` are the pictures' own, `reason` why some are missing, or empty.
    """

    loan: str
    when: When
    cabin: int
    epoch: int
    sha256s: tuple[str, ...]
    sealed_sha256: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class PhotosRequested:
    """A technician wants to see the photos of a loan's car; the audit log says so before anything is shown."""

    loan: str
    when: When
    by: str
    reply: ReplyTo


PhotoEvent = PhotosTaken | PhotosRequested
