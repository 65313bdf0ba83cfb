"""The chain of the audit log holds, and shows where it does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.values import AT
from towerd.audit import ChainState, verify
from towerd.fsm.turn import audit_hash


def _rows(count: int) -> list[dict[str, Any]]:
    rows, previous = [], ""
    for seq in range(1, count + 1):
        body = {"who": "ada", "n": seq, "text": "Tür"}
        digest = audit_hash(previous, seq, AT, body)
        rows.append({"audit_seq": seq, "at": AT.isoformat(), "body": body, "previous_hash": previous, "hash": digest})
        previous = digest
    return rows


def test_a_whole_chain_page_by_page() -> None:
    rows = _rows(5)
    state = verify(rows[2:], verify(rows[:2]))
    assert state == ChainState(5, rows[-1]["hash"])
    assert verify([]) == ChainState()


@given(st.integers(0, 4), st.sampled_from(["at", "body", "previous_hash", "hash", "audit_seq", "gone"]))
def test_any_change_breaks_it(index: int, what: str) -> None:
    rows = _rows(6)
    if what == "gone":
        del rows[index]
    else:
        changed = {"at": "2026-11-25T08:00:00+00:00", "body": {}, "previous_hash": "x", "hash": "x", "audit_seq": 99}
        rows[index] = {**rows[index], what: changed[what]}
    state = verify(rows)
    assert state.break_text is not None
    assert state.audit_seq <= index + 1
    assert verify(rows, replace(state)) == state
