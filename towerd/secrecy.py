"""Keeping what is in memory out of files (orders-if.md 7.1)."""

from __future__ import annotations

import ctypes
import resource
from typing import Final

_PR_SET_DUMPABLE: Final = 4


def forbid_core_dumps() -> None:
    """No memory of this process reaches the disk, and no other process of the same user reads it.

    The limit alone does not hold where cores are piped to a program.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
