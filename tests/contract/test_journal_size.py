"""What visits leave in the journal's file once their time is over; `python -m bench.month` lives through a whole month."""

from __future__ import annotations

from pathlib import Path

from bench.month import DAY_S, small, tables_mb, visit

VISITS, SELFIE_BYTES = 8, 160 * 1024
LEFT_BYTES = 700_000


def test_what_visits_leave_is_small_and_holds_no_face(tmp_path: Path) -> None:
    tower, path = small(tmp_path, SELFIE_BYTES), tmp_path / "journal.db"
    for number in range(VISITS):
        visit(tower, number)
    tower.journal.close()
    full_bytes = path.stat().st_size
    assert full_bytes > VISITS * SELFIE_BYTES
    tower.reopen()
    # the faces go after a day; after another one history begins anew
    tower.rest(2 * DAY_S + 3600.0)
    assert not tower.state.tables.faces
    assert tower.flow.destroyed == VISITS
    tower.journal.close()
    assert "ciphertexts" not in tables_mb(path)
    assert path.stat().st_size < LEFT_BYTES
