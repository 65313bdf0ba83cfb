"""What visits leave in the journal's file once their time is over; `python -m bench.month` lives through a whole month."""

from __future__ import annotations

from pathlib import Path

from bench.month import DAY_S, small, tables_mb, visit

VISITS, SELFIE_BYTES = 8, 160 * 1024
LEFT_BYTES = 700_000


def test_what_visits_leave_is_small_and_holds_no_face(tmp_path: Path) -> None:
    tower = small(tmp_path, SELFIE_BYTES)
    for number in range(VISITS):
        visit(tower, number)
    path = tmp_path / "journal.db"
    assert path.stat().st_size + (tmp_path / "journal.db-wal").stat().st_size > VISITS * SELFIE_BYTES
    tower.rest(DAY_S + 3600.0)
    assert not tower.state.tables.faces
    assert tower.flow.destroyed == VISITS
    # the next commit is of another day: history begins anew, and the file gives back what is free
    tower.rest(DAY_S)
    tower.journal.close()
    assert "ciphertexts" not in tables_mb(path)
    assert path.stat().st_size < LEFT_BYTES
