"""Commands to towers, each sent until it is answered, over any number of starts of the shop (orders-if.md 3.4, 4.3).

A letter is in the books before it leaves, with its token: what is asked again is the very same token under a new
`req_id`, never a new one. One thread a tower sends its letters, so that a tower that is away holds up no other.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from simulator.platform import ANSWER_WITHIN_S, fresh_id
from simulator.purchaser import stamped
from simulator.shop.ledger import Books, Ledger
from simulator.shop.rows import LetterRow
from simulator.shop.towers import Line, Towers
from simulator.tower_link import Answer, PlatformError

LOOK_EVERY_S = 1.0
Settle = Callable[[Books, LetterRow, Answer], None]

_log = logging.getLogger(__name__)


class Mail:
    """The letters of all towers."""

    def __init__(self, ledger: Ledger, towers: Towers, settle: Settle) -> None:
        """`settle` does what an answer means, in the transaction that takes it into the books."""
        self._ledger, self._towers, self._settle = ledger, towers, settle
        self._ended = threading.Event()
        self._news = threading.Condition()
        self._wakes = {tower: threading.Event() for tower in towers.lines}
        self._threads = [
            threading.Thread(target=self._run, args=(tower,), name=f"mail-{tower}", daemon=True)
            for tower in towers.lines
        ]

    def start(self) -> None:
        """Send what waits, also from before."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Send no more. Lines are closed first: they wait for no answer then."""
        self._ended.set()
        for wake in self._wakes.values():
            wake.set()
        for thread in self._threads:
            thread.join()

    def wake(self, tower: str) -> None:
        """There is a new letter."""
        self._wakes[tower].set()

    def answer(self, letter: str, within_s: float) -> Answer | None:
        """The answer to a letter; None where there is none in time: it is still asked for."""
        found: list[Answer] = []

        def there() -> bool:
            with self._ledger.look() as books:
                row = books.find(LetterRow, letter)
            if row is not None and row.answer is not None:
                found.append(json.loads(row.answer))
            return bool(found) or self._ended.is_set()

        with self._news:
            self._news.wait_for(there, within_s)
        return found[0] if found else None

    def _run(self, tower: str) -> None:
        line, wake = self._towers.line(tower), self._wakes[tower]
        while not self._ended.is_set():
            wake.clear()
            with self._ledger.look() as books:
                waiting = books.rows(LetterRow, "tower = ? AND answer IS NULL", tower)
            for letter in waiting:
                if not self._ended.is_set() and line.reachable():
                    self._send(line, letter)
            wake.wait(LOOK_EVERY_S)

    def _send(self, line: Line, letter: LetterRow) -> None:
        try:
            sealed = letter if letter.token is not None else self._sealed(line, letter)
        except PlatformError as error:
            _log.warning("nothing can be sent to %s: %s", letter.tower, error)
            return
        answer = line.ask(sealed.verb, fresh_id("r"), sealed.token, ANSWER_WITHIN_S)
        if answer is None:
            return
        with self._ledger.change() as books:
            # what is answered is not sent again: neither its token nor whom it was about is needed
            books.put(replace(sealed, token=None, claims=None, answer=json.dumps(answer)))
            self._settle(books, sealed, answer)
        with self._news:
            self._news.notify_all()

    def _sealed(self, line: Line, letter: LetterRow) -> LetterRow:
        """Sign, and keep the token before it leaves."""
        claims: dict[str, Any] = json.loads(letter.claims or "{}")
        sealed = replace(letter, token=line.seal(stamped(claims)))
        with self._ledger.change() as books:
            books.put(sealed)
        return sealed
