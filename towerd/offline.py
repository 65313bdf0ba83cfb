"""What commands may read while no daemon runs. Beside `app` the only place that names an adapter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from towerd.errors import JournalError
from towerd.journal.sqlite import SqliteJournal
from towerd.settings import Settings

_PAGE = 1000


def audit_pages(settings: Settings) -> Iterator[Sequence[dict[str, Any]]]:
    """The whole audit log, page by page. Raises JournalError where there is no journal, or where a daemon holds it."""
    if not settings.journal_path.is_file():
        raise JournalError(f"there is no journal at {settings.journal_path}: towerd has never run with these settings")
    journal = SqliteJournal(settings.journal_path)
    try:
        after_seq = 0
        while rows := journal.audit(after_seq, _PAGE):
            yield rows
            after_seq = rows[-1]["audit_seq"]
    finally:
        journal.close()
