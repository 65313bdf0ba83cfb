"""Following the chain of the audit log: each row carries the hash of the one before (orders-if.md 7.4). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from towerd.fsm.turn import audit_hash


@dataclass(frozen=True, slots=True)
class ChainState:
    """Where the chain stands: the last row's number and hash, and the first thing that is wrong with it, if any."""

    audit_seq: int = 0
    hash: str = ""
    break_text: str | None = None


def _break(state: ChainState, row: Mapping[str, Any]) -> str | None:
    if row["audit_seq"] != state.audit_seq + 1:
        return f"row {state.audit_seq + 1} is missing: {row['audit_seq']} follows {state.audit_seq}"
    if row["previous_hash"] != state.hash:
        return f"row {row['audit_seq']} does not carry the hash of row {state.audit_seq}"
    at = datetime.fromisoformat(row["at"])
    if row["hash"] != audit_hash(row["previous_hash"], row["audit_seq"], at, row["body"]):
        return f"row {row['audit_seq']} has been changed"
    return None


def verify(rows: Iterable[Mapping[str, Any]], state: ChainState = ChainState()) -> ChainState:
    """Follow the chain over `rows` (as `Journal.audit` gives them), from `state`; ends at the first break."""
    for row in rows:
        if state.break_text is not None:
            return state
        text = _break(state, row)
        if text is not None:
            return ChainState(state.audit_seq, state.hash, text)
        state = ChainState(row["audit_seq"], row["hash"])
    return state
