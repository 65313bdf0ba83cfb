"""Jog from a real terminal, through real processes, in real time: release, lost focus and a lost terminal stop."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.e2e.by_hand import lead_by_hand
from tests.e2e.processes import ROOT, towerctl
from tests.e2e.stack import Options, Stack, stack

pytestmark = pytest.mark.e2e
UP, LEFT_BEHIND = b"\x1b[A", b"\x1b[O"
REPEAT_S = 0.03


class Terminal:
    """A terminal with `towerctl jog lift` in it."""

    def __init__(self, house: Stack) -> None:
        self.master, slave = pty.openpty()
        command = towerctl("jog", "lift", "--socket", house.socket)
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=slave, stdout=slave, stderr=slave, start_new_session=True
        )
        os.close(slave)
        self.shown = b""
        self.open = True

    def listen(self, wanted: bytes = b"\x1b[?1004h", within_s: float = 20.0) -> None:
        """Until the terminal shows that; the last thing before keys are read is the word to tell about focus."""
        ends_s = time.monotonic() + within_s
        while wanted not in self.shown:
            assert time.monotonic() < ends_s, self.shown
            if select.select([self.master], [], [], 0.1)[0]:
                self.shown += os.read(self.master, 4096)

    def hold_down(self, seconds: float) -> None:
        """A key as a terminal repeats it."""
        ends_s = time.monotonic() + seconds
        while time.monotonic() < ends_s:
            os.write(self.master, UP)
            time.sleep(REPEAT_S)

    def close(self) -> None:
        """The window is closed."""
        if self.open:
            os.close(self.master)
            self.open = False

    def end(self) -> None:
        self.close()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@contextmanager
def terminal(house: Stack) -> Iterator[Terminal]:
    made = Terminal(house)
    try:
        made.listen()
        yield made
    finally:
        made.end()


def height_mm(house: Stack) -> int:
    return int(house.status()["lift"]["position_mm"])


def until_still(house: Stack, within_s: float = 3.0) -> int:
    """The height at which the lift has come to rest."""

    def still() -> int | None:
        before_mm = height_mm(house)
        time.sleep(0.3)
        return before_mm + 1 if height_mm(house) == before_mm else None

    return int(house.until("a lift at rest", still, within_s)) - 1


def test_the_lift_moves_while_a_key_repeats_in_a_terminal(tmp_path: Path) -> None:
    with stack(tmp_path, Options(speed_up=2.0)) as house:
        house.start()
        lead_by_hand(house)
        start_mm = height_mm(house)
        with terminal(house) as keys:
            os.write(keys.master, UP)
            time.sleep(0.5)
            assert height_mm(house) == start_mm, "a single press moves nothing"
            keys.hold_down(1.0)
            house.until("the lift under way", lambda: height_mm(house) > start_mm)
            let_go_mm = until_still(house)
            keys.hold_down(0.5)
            os.write(keys.master, LEFT_BEHIND)
            keys.hold_down(0.5)
            unseen_mm = until_still(house)
            assert unseen_mm > let_go_mm, "it moved until the window was behind another"
            keys.hold_down(0.5)
            assert until_still(house) == unseen_mm, "no key counts while it is"
            os.write(keys.master, b"\x1b[I")
            keys.hold_down(0.5)
            keys.close()
            lost_mm = until_still(house)
            assert lost_mm > unseen_mm, "it moved until the window was closed"
            house.until("towerctl has ended", lambda: keys.process.poll() is not None)
            assert keys.process.returncode == 0, "it leaves as it should, and has said stop"
            assert height_mm(house) == lost_mm
