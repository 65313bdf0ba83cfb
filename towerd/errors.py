"""What goes wrong, in three kinds: a refusal is a value, a fault has a number (`faults.py`), a bug ends the process."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something that was asked is not done. `reasons` are codes, `text` is for the person who asked."""

    reasons: tuple[str, ...]
    text: str


class BugError(Exception):
    """The program contradicts itself: the machine is stopped, the process ends non-zero."""


class ConfigError(Exception):
    """Settings that cannot be used. The process ends with 78 (EX_CONFIG)."""


class JournalError(Exception):
    """The journal is damaged, newer than this program, or held by another process."""
