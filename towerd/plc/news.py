"""Whether a picture of the machine says more than the one before, but for what runs on by itself. Pure.

Most pictures show a machine at work: its heart beats, its clock goes, an axis is a little further. Whoever asks what is to be done
now gets the same answer as with the picture before. So where an axis is, and how fast, may tell how long a way is, but not whether
to act: `standstill`, stations, switches and the ends of commands tell that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from operator import attrgetter
from typing import Any, Final

from towerd.lift.model import Axis
from towerd.plc.snapshot import Mailbox, Snapshot, System

RUNS_ON: Final[dict[type, frozenset[str]]] = {
    System: frozenset({"plc_heartbeat", "pc_heartbeat_echo", "cabinet_temp_dc", "utc_s", "scan_max_ms"}),
    Mailbox: frozenset({"progress_pct"}),
    Axis: frozenset({"actual", "velocity"}),
    Snapshot: frozenset(),
}
"""The fields of each part that may change without being news."""


def _steady(part: type, *apart: str) -> Callable[[Any], Any]:
    """All fields of a part that are news where they change, as one value."""
    names = [field.name for field in fields(part) if field.name not in RUNS_ON[part] | set(apart)]
    return attrgetter(*names)


_system = _steady(System)
_mailbox = _steady(Mailbox)
_axis = _steady(Axis)
_whole = _steady(Snapshot, "system", "mailboxes", "lift", "turntable", "fork")


def _differ(before: object, now: object, steady: Callable[[Any], Any]) -> bool:
    # what did not change in the PLC is the same object
    return before is not now and bool(steady(before) != steady(now))


def says_news(before: Snapshot, now: Snapshot) -> bool:
    """Whether anything but `RUNS_ON` differs."""
    if _whole(before) != _whole(now) or _differ(before.system, now.system, _system):
        return True
    if before.mailboxes is not now.mailboxes:
        for unit, mailbox in now.mailboxes.items():
            if _differ(before.mailboxes[unit], mailbox, _mailbox):
                return True
    return (
        _differ(before.lift, now.lift, _axis)
        or _differ(before.turntable, now.turntable, _axis)
        or _differ(before.fork, now.fork, _axis)
    )
