"""What happens on a serial line between towerd and its PLC: lost replies, heartbeats, and frames spoilt on purpose."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from itertools import pairwise

from tests.support.serial_line import Line
from towerd.plc.config import LinkConfig
from towerd.plc.link import RtuTransport

WRITE_CTL = bytes([16, 0, 32])
SILENCE_S = 0.3


class WatchedTransport(RtuTransport):
    """Notes when a reply was lost: 300 ms of silence follow."""

    def __init__(self, config: LinkConfig) -> None:
        super().__init__(config)
        self.lost_s: list[float] = []

    def _reply_lost(self) -> None:
        super()._reply_lost()
        self.lost_s.append(asyncio.get_running_loop().time())


def without_heartbeat(line: Line, transport: WatchedTransport, ended_s: Sequence[float]) -> float:
    """The longest time between two frames that move pc_heartbeat, in s, less the silences in between (1.8).

    `ended_s` are the ends of sessions: between two sessions there is no heartbeat.
    """
    beats = [at_s for at_s, frame in line.requests.sent if frame[1:4] == WRITE_CTL]
    return max(
        later - earlier - SILENCE_S * sum(earlier <= at_s <= later for at_s in transport.lost_s)
        for earlier, later in pairwise(beats)
        if not any(earlier <= at_s <= later for at_s in ended_s)
    )


class BadLine:
    """Loses, cuts or garbles a share of the frames, by a seed."""

    def __init__(self, line: Line, share: float, seed: int) -> None:
        self.draw, self.share = random.Random(seed), share
        self.spoiled = 0
        line.requests.spoil = line.replies.spoil = self.spoil

    def spoil(self, frame: bytes) -> bytes:
        if self.draw.random() >= self.share:
            return frame
        self.spoiled += 1
        at = self.draw.randrange(len(frame))
        garbled = frame[:at] + bytes([frame[at] ^ 1 << self.draw.randrange(8)]) + frame[at + 1 :]
        return self.draw.choice([b"", frame[:at], garbled, bytes([self.draw.randrange(256)]) + frame])
