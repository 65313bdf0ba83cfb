"""Who is at the gate, beside looks, codes and health: what the face worker and people tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from towerd.faceid.liveness import Ask, Side
from towerd.fsm.reply import ReplyTo

Papers = Literal["passport", "id_card", "licence"]


@dataclass(frozen=True, slots=True)
class FaceChallenged:
    """How far the face of `track` has come with what it was asked (orders-if.md 6.1, `liveness` challenge).

    `order` was drawn by the worker by chance; `made` of its turns are done, `ask` is what is asked now. `reason` says why
    it failed.
    """

    track: int
    outcome: Literal["asking", "passed", "failed"]
    ask: Ask
    made: int
    order: tuple[Side, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FacesAlike:
    """The selfie of `order` is close to those of these other orders that wait (6.1)."""

    order: str
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NumberEntered:
    """An order's number typed at the kiosk: the next face is compared with that order alone (1:1)."""

    number: str
    by: str
    reply: ReplyTo


@dataclass(frozen=True, slots=True)
class CustomerVouchedFor:
    """A named person at the tower has seen the customer's papers: those of an order, by its number or id (orders-if.md 6.3).

    `technician`: whether who says so is one. `saw`: which papers.
    """

    order: str
    by: str
    technician: bool
    saw: Papers
    reply: ReplyTo


FaceEvent = FaceChallenged | FacesAlike | NumberEntered | CustomerVouchedFor
