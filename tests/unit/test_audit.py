"""The chain of the audit log holds, and shows where it does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.values import AT
from towerd.audit import ChainState, Heads, ended, verify
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
    state = ended(verify(rows))
    assert state.break_text is not None
    assert state.audit_seq <= index + 1 or state.gone_seq
    assert verify(rows, replace(state)) == ended(state) == state


def _trimmed(rows: list[dict[str, Any]], up_to_seq: int, digest: str) -> list[dict[str, Any]]:
    """The rows, and one that says that those up to there need not be kept."""
    last = rows[-1]
    body = {"type": "audit_trimmed", "data": {"up_to_seq": up_to_seq, "hash": digest}}
    seq = last["audit_seq"] + 1
    digest = audit_hash(last["hash"], seq, AT, body)
    row = {"audit_seq": seq, "at": AT.isoformat(), "body": body, "previous_hash": last["hash"], "hash": digest}
    return [*rows, row]


def test_rows_may_be_gone_where_a_later_one_says_so() -> None:
    rows = _rows(6)
    whole = _trimmed(rows, 3, rows[2]["hash"])
    for gone in (1, 2, 3):
        state = ended(verify(whole[gone:]))
        assert (state.break_text, state.gone_seq, state.audit_seq) == (None, gone, 7)
    assert ended(verify(whole[4:])).break_text is not None, "more is gone than may be"
    assert ended(verify(_trimmed(rows, 3, "another")[3:])).break_text is not None
    assert ended(verify(rows[3:])).break_text is not None


def _against(rows: list[dict[str, Any]], heads: Heads) -> str | None:
    heads.meet(rows)
    return heads.against(ended(verify(rows))).break_text


def test_heads_that_others_kept_must_be_in_the_chain() -> None:
    rows = _rows(6)
    told = [(row["audit_seq"], row["hash"]) for row in rows]
    assert _against(rows, Heads(told[5], told)) is None
    assert _against(rows, Heads()) is None
    assert _against(rows, Heads((3, "another"))) == "row 3 with the hash another is not in the chain"
    cut = f"row 5 with the hash {told[4][1]} is not in the chain: it ends with row 4"
    assert _against(rows[:4], Heads(received=told[:5])) == cut
    # a break of the chain itself comes first
    assert _against([rows[0], rows[2]], Heads(told[5])) == "row 2 is missing: 3 follows 1"


def test_heads_of_rows_that_need_not_be_kept() -> None:
    rows = _rows(6)
    told = [(row["audit_seq"], row["hash"]) for row in rows]
    kept = _trimmed(rows, 3, told[2][1])[3:]
    assert _against(kept, Heads(told[2], told)) is None
    assert (
        _against(kept, Heads(told[0]))
        == f"row 1 with the hash {told[0][1]} is not kept any more: rows up to 3 are gone"
    )
    assert _against(kept, Heads(received=told[:2])) == "every row that was received is gone: rows up to 3"
