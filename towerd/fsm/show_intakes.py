"""Cars that are driven in, and what people owe at the cabins, as screens show them. Pure."""

from __future__ import annotations

from datetime import datetime

from towerd.cabin.intake_words import plea
from towerd.fsm.intake_row import Owing
from towerd.fsm.securing import text_of, wanted_of
from towerd.fsm.state import Tables
from towerd.view import IntakeView, OwingView


def _losing_s(row: Owing | None, now: datetime) -> float:
    """What is being lost just now for want of the button, s."""
    return max(0.0, (now - row.since_at).total_seconds()) if row is not None and row.what == "button" else 0.0


def intake_views(tables: Tables, now: datetime, age_s: float) -> tuple[IntakeView, ...]:
    """The newest car of each cabin, by cabin. `age_s`: how young a report must be that spares its driver the typing."""
    return tuple(
        IntakeView(
            cabin=row.cabin,
            vehicle=row.vehicle,
            kind=row.kind,
            state=row.state,
            since_at=row.since_at,
            text=text_of(tables, row, now, age_s),
            reasons=row.reasons,
            wanted=wanted_of(tables, row, now, age_s),
            button_lost_s=round(row.lost_s + (_losing_s(tables.owing.get(row.cabin), now) if row.open else 0.0), 1),
        )
        for _number, row in sorted(tables.intakes.items())
    )


def owing_views(tables: Tables) -> tuple[OwingView, ...]:
    """What people have left undone, by cabin."""
    return tuple(
        OwingView(row.cabin, row.what, row.since_at, plea(row.cabin, row.what), row.paged)
        for _number, row in sorted(tables.owing.items())
    )


def button_lost_s(tables: Tables, now: datetime) -> float:
    """All that cabins have ever stood for want of the button, s."""
    return round(tables.meta.button_lost_s + sum(_losing_s(row, now) for row in tables.owing.values()), 1)


def driving_in(tables: Tables) -> tuple[str, str | None] | None:
    """What the tower does and what that waits for, while a car is driven in or something is owed; None where neither."""
    owed = next((f"cabin {row.cabin}: {row.what} owed" for _number, row in sorted(tables.owing.items())), None)
    if any(row.open for row in tables.intakes.values()):
        return "driving_in", owed
    return ("waiting", owed) if owed else None
