"""The section of the settings about how much is kept."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from towerd.settings_parts import Section


class JournalSettings(Section):
    """`[journal]`: how much is kept on the disk, and for how long."""

    outbox_most: Annotated[int, Field(ge=10_000, le=10_000_000)] = 200_000
    """Messages kept for a broker that is away. From then on the oldest are dropped, 1,000 at a time, and an `outbox_dropped`
    names them; from four fifths of it on alarm TWR-5004 tells. What is audit-worthy stays in the audit log."""
    audit_kept_days: Annotated[float, Field(ge=365, le=36_500)] = 3653.0
    """How long a row of the audit log is kept at least; up to a quarter longer. Nothing goes before its time, however much it is."""
