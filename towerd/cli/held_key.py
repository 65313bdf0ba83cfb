"""Whether a key is held down, by a terminal's auto-repeat alone. Pure: time is told.

A terminal says nothing when a key is let go. A key counts as held while it repeats, and as let go once it has not come for
`GAP_S`. A single press moves nothing: movement begins with the repeat, and ends with it. What comes in a burst was held back
by a line that stood still, and says nothing about now.
"""

from __future__ import annotations

from typing import Final, Literal

GAP_S: Final = 0.15
"""The longest time between two repeats of a key that is held down."""
BURST: Final = 4
"""More keys than this at once were held back on their way."""

Direction = Literal[-1, 0, 1]
_ENTER_FOCUS, _LEAVE_FOCUS = b"\x1b[I", b"\x1b[O"
_FORWARD = (b"\x1b[A", b"\x1b[C", b"\x1bOA", b"\x1bOC", b"+", b"k")
_BACK = (b"\x1b[B", b"\x1b[D", b"\x1bOB", b"\x1bOD", b"-", b"j")
_QUIT = (b"q", b"Q", b"\x03", b"\x04")
_LONG = 3


def split(data: bytes) -> tuple[list[bytes], bytes]:
    """The keys in what a terminal sent, and what is left of one that has not come whole."""
    keys = []
    while data:
        if not data.startswith(b"\x1b"):
            keys.append(data[:1])
            data = data[1:]
        elif len(data) >= _LONG:
            keys.append(data[:_LONG])
            data = data[_LONG:]
        else:
            break
    return keys, data


class HeldKey:
    """Follows what a terminal sends. `quit` once the person wants to leave; `speed_pct` as last chosen (1 to 9, 0 for 100)."""

    def __init__(self) -> None:
        self.quit = False
        self.focused = True
        self.speed_pct = 100
        self._rest = b""
        self._way: Direction = 0
        self._last_s = float("-inf")
        self._repeats = False

    def feed(self, data: bytes, now_s: float) -> None:
        """Take what came in one read at `now_s`, on a monotonic clock."""
        keys, self._rest = split(self._rest + data)
        if len(keys) > BURST:
            self.release()
            keys = [key for key in keys if key in _QUIT]
        for key in keys:
            self._take(key, now_s)

    def release(self) -> None:
        """Whatever was held counts as let go; it has to be pressed anew."""
        self._way, self._last_s, self._repeats = 0, float("-inf"), False

    def direction(self, now_s: float) -> Direction:
        """The way in which a key is held down now; 0: none is."""
        if now_s - self._last_s > GAP_S:
            self._repeats = False
        return self._way if self._repeats and self.focused else 0

    def _take(self, key: bytes, now_s: float) -> None:
        if key in _QUIT:
            self.quit = True
        elif key == _LEAVE_FOCUS:
            self.focused = False
            self.release()
        elif key == _ENTER_FOCUS:
            self.focused = True
        elif key in _FORWARD:
            self._press(1, now_s)
        elif key in _BACK:
            self._press(-1, now_s)
        elif key.isdigit():
            self.speed_pct = 10 * int(key) or 100

    def _press(self, way: Direction, now_s: float) -> None:
        self._repeats = way == self._way and now_s - self._last_s <= GAP_S
        self._way, self._last_s = way, now_s
