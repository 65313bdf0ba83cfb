"""The site's rules about alarms, and what to do with one that nobody acknowledges. Values."""

from __future__ import annotations

from dataclasses import dataclass

from towerd.faults import Priority


@dataclass(frozen=True, slots=True)
class PageStep:
    """One step of the paging: after how long without an acknowledgement, and from which priority on.

    Whom it reaches is the adapter's business; here a step is its place in the list.
    """

    after_s: float
    priority_at_least: Priority = "high"


@dataclass(frozen=True, slots=True)
class AlarmRules:
    """`shelve_max_s`: how long an alarm may be shelved at most. `reannounce_s`: after how long one that nobody has
    acknowledged is announced anew. More than `flood_count` alarms in `flood_window_s` are a flood (ISA-18.2: ten in ten
    minutes), in which only those of `flood_pages_from` on are paged; it is over at half as many.
    `page_retry_s`: the pause after the first failed attempt to page, doubled with each, up to `page_retry_max_s`;
    after `page_attempts` failures in a row an alarm of its own tells of it.
    """

    shelve_max_s: float = 8 * 3600.0
    reannounce_s: float = 1800.0
    flood_count: int = 10
    flood_window_s: float = 600.0
    flood_pages_from: Priority = "high"
    steps: tuple[PageStep, ...] = ()
    page_retry_s: float = 10.0
    page_retry_max_s: float = 600.0
    page_attempts: int = 3
