"""Keys for the memory of answers: under them a token is known again without anything that a guess at its `sub` could be proved by
(orders-if.md 4.3, 7.4).

Each serves tokens that expire within the same two hours, and is destroyed when none of them can be sent any more: what a
backup holds of them proves nothing then, not even to who has the tower's secret.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final

from towerd.keyfiles import KEY_BYTES, KeyFiles, VaultError

_LOG = logging.getLogger(__name__)
_PERIOD_S: Final = 7200
_REACH_S: Final = 7200
"""So far before and after now a token's end can lie that is taken, and a good deal more."""


class AnswerKeys:
    """The keys of one folder. `now_s` gives wall time, s since 1970."""

    def __init__(self, folder: Path, now_s: Callable[[], float]) -> None:
        self._files = KeyFiles(folder)
        self._now_s = now_s
        self._keys: dict[int, bytes] = {}

    def digest(self, payload_sha256: str, exp_s: int) -> str:
        """What is kept of a token that expires at `exp_s`, hex; the same for the same payload as long as it may be sent again."""
        now_s = self._now_s()
        period = int(min(max(exp_s, now_s - _REACH_S), now_s + _REACH_S)) // _PERIOD_S
        if period not in self._keys:
            self._keys[period] = self._read_or_make(period, now_s)
        return hmac.new(self._keys[period], payload_sha256.encode(), hashlib.sha256).hexdigest()

    def _read_or_make(self, period: int, now_s: float) -> bytes:
        first, last = (int(at_s) // _PERIOD_S for at_s in (now_s - _REACH_S, now_s + _REACH_S))
        kept = {one: str(one) for one in range(first, last + 1)}
        self._keys = {one: key for one, key in self._keys.items() if one in kept}
        try:
            self._files.sweep(kept.values())
            return self._files.read_or_make(str(period))
        except (OSError, VaultError) as error:
            # what stops the tower never waits for a disk: repeats are known again until this process ends
            _LOG.error("no key for the memory of answers is kept: %s", error)
            return secrets.token_bytes(KEY_BYTES)
