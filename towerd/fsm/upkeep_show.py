"""The devices as people see them. Pure."""

from __future__ import annotations

from datetime import datetime

from towerd.fsm.config import CoreConfig
from towerd.fsm.state import State
from towerd.upkeep.model import drift, due, due_at
from towerd.view import DeviceView


def device_views(state: State, config: CoreConfig, now: datetime) -> tuple[DeviceView, ...]:
    """Every device that has worked, by name."""
    shown = []
    for wear in sorted(state.tables.wear.values(), key=lambda one: one.device):
        rule = config.upkeep.rule_of(wear.kind)
        shown.append(
            DeviceView(
                device=wear.device,
                kind=wear.kind,
                cycles=wear.cycles,
                cycles_since_service=wear.cycles_since_service,
                cycles_between_services=rule.cycles,
                serviced_at=wear.serviced_at,
                serviced_by=wear.serviced_by,
                due=due(wear, rule, now),
                due_at=due_at(wear, rule),
                samples=wear.samples,
                reference_ratio=wear.reference_ratio or None,
                recent_ratio=wear.recent_ratio or None,
                drift_ratio=drift(wear),
                tries_ratio=wear.tries_ratio,
            )
        )
    return tuple(shown)
