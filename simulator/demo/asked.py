"""Somebody before the demo's camera who reads what the screen asks, and does it."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from simulator.demo.board import Board, Event
from simulator.demo.house import House
from simulator.demo.processes import DemoError

NOTHING = "nothing"
_ANSWERED_S = 5.0


def asked(board: Board) -> str:
    """What the screen asks whoever stands before the camera to do."""
    challenge = board.status and board.status["challenge"]
    return str(challenge["ask"]) if challenge else NOTHING


def pose(house: House, jpeg: bytes) -> None:
    """Let the person of a photo stand before the camera, who can turn the head. Raises DemoError."""
    address = f"http://127.0.0.1:{house.ports.camera}/show"
    try:
        answer = httpx.post(address, params={"as": "person"}, content=jpeg, timeout=_ANSWERED_S)
    except httpx.HTTPError as error:
        raise DemoError(f"the camera does not answer: {error}") from error
    if answer.is_error:
        raise DemoError(f"nobody can be made of this photo: {answer.json()['error']}")


def do_as_asked(
    house: House,
    what: str,
    reached: Callable[[], Event | None],
    within_s: float,
    tell: Callable[[str], None] = lambda _asked: None,
) -> Event:
    """Turn the head as the screen asks, until `reached` gives an event; whoever is asked nothing looks ahead.

    `tell` is told what is asked. Raises DemoError where nothing new comes for `within_s`.
    """
    done = NOTHING

    def news() -> Event | str | None:
        now = asked(house.board)
        return reached() or (now if now != done else None)

    while isinstance(found := house.board.wait(what, news, within_s, house.processes.check), str):
        if found != NOTHING:
            tell(found)
        house.turn("ahead" if found == NOTHING else found)
        done = found
    event: Event = found
    return event
