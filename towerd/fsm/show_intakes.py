"""Cars that are driven in, as screens show them. Pure."""

from __future__ import annotations

from datetime import datetime

from towerd.cabin.intake_words import advice, plea
from towerd.fsm.intake_row import Intake
from towerd.fsm.state import Tables
from towerd.view import IntakeView


def _lost_s(row: Intake, now: datetime) -> float:
    """For want of the button alone, s; what is being lost just now counts too."""
    if row.owed != "button" or row.owed_since_at is None:
        return row.lost_s
    return row.lost_s + max(0.0, (now - row.owed_since_at).total_seconds())


def intake_views(tables: Tables, now: datetime) -> tuple[IntakeView, ...]:
    """The newest car of each cabin, by cabin."""
    return tuple(
        IntakeView(
            cabin=row.cabin,
            vehicle=row.vehicle,
            kind=row.kind,
            state=row.state,
            since_at=row.since_at,
            text=advice(row.cabin, row.state, row.reasons),
            reasons=row.reasons,
            owed=row.owed,
            owed_since_at=row.owed_since_at,
            please=plea(row.cabin, row.owed) if row.owed else "",
            button_lost_s=round(_lost_s(row, now), 1),
        )
        for _number, row in sorted(tables.intakes.items())
    )


def button_lost_s(tables: Tables, now: datetime) -> float:
    """All that cabins have ever stood for want of the button, s."""
    running_s = sum(_lost_s(row, now) - row.lost_s for row in tables.intakes.values())
    return round(tables.meta.button_lost_s + running_s, 1)


def driving_in(tables: Tables) -> tuple[str, str | None] | None:
    """What the tower does and what that waits for, while a car is driven in; None where none is."""
    rows = [row for row in tables.intakes.values() if row.open]
    if not rows:
        return None
    owing = next((row for row in rows if row.owed), None)
    return "driving_in", (f"cabin {owing.cabin}: {owing.owed} owed" if owing else None)
