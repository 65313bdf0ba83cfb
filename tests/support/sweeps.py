"""Sweeps over every commit: whole where asked for (`make test-sweeps`), else two of their shards."""

from __future__ import annotations

import os

FULL = bool(os.environ.get("TOWERD_SWEEPS"))
"""Whether every shard is run."""


def shards(count: int) -> list[int]:
    """The shards to run of `count`."""
    return list(range(count)) if FULL else [0, count // 2]
