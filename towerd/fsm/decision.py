"""How long a decision about a person holds (invariant 7). Pure."""

from __future__ import annotations

from towerd.fsm.turn import Turn
from towerd.orders.model import Order


def decision_holds(turn: Turn, order: Order) -> bool:
    """Whether a decision about the person stands that is younger than 300 s of this process's clock."""
    decision = turn.volatile.decisions.get(order.id)
    return decision is not None and not turn.reached_mono(decision.decided_mono_s + turn.config.decision_age_s)


def forget_decision(turn: Turn, order: Order) -> None:
    """Neither the decision about this order's person nor the reading of its car's tag counts any more."""
    for name in ("decisions", "readings"):
        known: dict[str, object] = getattr(turn.volatile, name)
        if order.id in known:
            turn.set(**{name: {key: row for key, row in known.items() if key != order.id}})
