"""Following the chain of the audit log: each row carries the hash of the one before (orders-if.md 7.4). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from towerd.fsm.turn import audit_hash


@dataclass(frozen=True, slots=True)
class ChainState:
    """Where the chain stands: the last row's number and hash, and the first thing that is wrong with it, if any.

    `gone_seq` and `gone_hash`: the last row that is not kept any more, 0 where the chain is there from its first row;
    `excused`: a later row says that it need not be kept.
    """

    audit_seq: int = 0
    hash: str = ""
    break_text: str | None = None
    gone_seq: int = 0
    gone_hash: str = ""
    excused: bool = False


def _break(state: ChainState, row: Mapping[str, Any]) -> str | None:
    if row["audit_seq"] != state.audit_seq + 1:
        return f"row {state.audit_seq + 1} is missing: {row['audit_seq']} follows {state.audit_seq}"
    if row["previous_hash"] != state.hash:
        return f"row {row['audit_seq']} does not carry the hash of row {state.audit_seq}"
    at = datetime.fromisoformat(row["at"])
    if row["hash"] != audit_hash(row["previous_hash"], row["audit_seq"], at, row["body"]):
        return f"row {row['audit_seq']} has been changed"
    return None


def _excuses(state: ChainState, body: Mapping[str, Any]) -> bool:
    """Whether a row says that all that is gone need not be kept: towerd drops rows up to there, a part at a time."""
    if body.get("type") != "audit_trimmed":
        return False
    up_to_seq, digest = body["data"]["up_to_seq"], body["data"]["hash"]
    return bool(up_to_seq > state.gone_seq or (up_to_seq, digest) == (state.gone_seq, state.gone_hash))


def verify(rows: Iterable[Mapping[str, Any]], state: ChainState = ChainState()) -> ChainState:
    """Follow the chain over `rows` (as `Journal.audit` gives them), from `state`; ends at the first break.

    The first row of all may be a later one: `ended` asks whether the rows before it may be gone.
    """
    for row in rows:
        if state.break_text is not None:
            return state
        if state == ChainState() and row["audit_seq"] > 1:
            gone_seq, gone_hash = row["audit_seq"] - 1, row["previous_hash"]
            state = ChainState(gone_seq, gone_hash, gone_seq=gone_seq, gone_hash=gone_hash)
        text = _break(state, row)
        if text is not None:
            return replace(state, break_text=text)
        excused = state.excused or _excuses(state, row["body"])
        state = replace(state, audit_seq=row["audit_seq"], hash=row["hash"], excused=excused)
    return state


def ended(state: ChainState) -> ChainState:
    """The state once all rows have been seen: rows that are gone, and no row says that they need not be kept, are a break."""
    if state.break_text is None and state.gone_seq and not state.excused:
        text = (
            f"rows up to {state.gone_seq} are missing, and no row says that they were kept for as long as they must be"
        )
        return replace(state, break_text=text)
    return state


class Heads:
    """Heads that outsiders kept: rows that must be in the chain as they were told (orders-if.md 7.4).

    `asked`: the one that somebody asks for; `received`: those of messages, of which the oldest may be kept no longer.
    """

    def __init__(self, asked: tuple[int, str] | None = None, received: Iterable[tuple[int, str]] = ()) -> None:
        self._asked = {asked} if asked is not None else set()
        self._received = set(received)
        self._met: set[tuple[int, str]] = set()

    def meet(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Note which of the heads these rows are."""
        seen = {(row["audit_seq"], row["hash"]) for row in rows}
        self._met |= seen & (self._asked | self._received)

    def against(self, state: ChainState) -> ChainState:
        """The state once all rows have been seen: a head that is not in the chain is a break."""
        if state.break_text is not None:
            return state
        gone = (state.gone_seq, state.gone_hash)
        wanted = self._asked | {head for head in self._received if head[0] >= state.gone_seq}
        missing = sorted(wanted - self._met - {gone})
        if missing:
            return replace(state, break_text=_missing(*missing[0], state))
        if self._received and not (self._met | {gone}) & self._received:
            return replace(state, break_text=f"every row that was received is gone: rows up to {state.gone_seq}")
        return state


def _missing(seq: int, digest: str, state: ChainState) -> str:
    row = f"row {seq} with the hash {digest}"
    if seq > state.audit_seq:
        return f"{row} is not in the chain: it ends with row {state.audit_seq}"
    gone = seq <= state.gone_seq
    return f"{row} is not kept any more: rows up to {state.gone_seq} are gone" if gone else f"{row} is not in the chain"
