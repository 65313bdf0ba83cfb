"""`towerd audit verify` on a file that somebody has tampered with, by SQL and not by towerd (orders-if.md 7.4)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.support.values import AT
from towerd.cli import towerd as cli
from towerd.fsm.commands import AppendAudit, TrimAudit
from towerd.fsm.events import Stamped, TimerExpired
from towerd.fsm.state import Volatile
from towerd.fsm.turn import audit_hash
from towerd.journal.sqlite import SqliteJournal
from towerd.ports import Changes

SETTINGS = """state_dir = "state"
[tower]
id = "t-1"
[plc]
host = "127.0.0.1"
[keys]
tower_key_file = "k"
issuers_file = "i"
code_secret_file = "c"
faces_dir = "f"
"""
ROWS = 6


class Log:
    """A log of six rows in a folder, and what outsiders have received of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "state").mkdir()
        (folder / "t.toml").write_text(SETTINGS)
        self.path = folder / "state" / "journal.db"
        self.rows: list[AppendAudit] = []
        for number in range(1, ROWS + 1):
            self.add({"type": "started", "data": {"n": number}})

    def add(self, body: dict[str, Any], *others: Any) -> AppendAudit:
        previous = self.rows[-1].hash if self.rows else ""
        seq = len(self.rows) + 1
        row = AppendAudit(seq, AT, body, previous, audit_hash(previous, seq, AT, body))
        self.rows.append(row)
        journal = SqliteJournal(self.path)
        journal.commit(Stamped(AT, 0.0, TimerExpired("x")), Volatile(), Changes((), (row, *others)), None)
        journal.close()
        return row

    def sql(self, *statements: tuple[str, tuple[Any, ...]]) -> None:
        with closing(sqlite3.connect(self.path)) as db:
            for statement, values in statements:
                db.execute(statement, values)
            db.commit()

    def received(self, *seqs: int, also: str = "") -> Path:
        """Messages as a client of the broker wrote them down; some carry no head."""
        path = self.folder / "events.jsonl"
        told = [{"type": "mode_changed", "audit_seq": None, "audit_hash": None}]
        told += [{"event_seq": 9, "audit_seq": seq, "audit_hash": self.rows[seq - 1].hash} for seq in seqs]
        path.write_text("\n".join([*map(json.dumps, told), also, ""]))
        return path

    def verify(self, *arguments: str | Path) -> Result:
        where = ["-c", str(self.folder / "t.toml"), "--socket", str(self.folder / "none")]
        return CliRunner().invoke(cli.app, ["audit", "verify", *where, *map(str, arguments)])


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path)


def test_a_whole_log_and_every_head_that_was_told(log: Log) -> None:
    head = log.rows[-1].hash
    assert log.verify().output == f"whole: 6 rows, head 6:{head}\n"
    assert log.verify("--head", f"6:{head}").exit_code == 0
    assert log.verify("--events", log.received(1, 4, 6)).exit_code == 0
    assert json.loads(log.verify("--json").output) == {"ok": True, "audit_seq": 6, "hash": head, "break": None}


def changed(log: Log) -> None:
    log.sql(("UPDATE audit SET body = json_set(body, '$.data.n', 99) WHERE audit_seq = 3", ()))


def deleted(log: Log) -> None:
    log.sql(("DELETE FROM audit WHERE audit_seq IN (3, 4)", ()))


def swapped(log: Log) -> None:
    log.sql(
        ("UPDATE audit SET audit_seq = 99 WHERE audit_seq = 3", ()),
        ("UPDATE audit SET audit_seq = 3 WHERE audit_seq = 4", ()),
        ("UPDATE audit SET audit_seq = 4 WHERE audit_seq = 99", ()),
    )


def beheaded(log: Log) -> None:
    log.sql(("DELETE FROM audit WHERE audit_seq <= 2", ()))


@pytest.mark.parametrize(
    ("tamper", "told"),
    [
        (changed, "row 3 has been changed"),
        (deleted, "row 3 is missing: 5 follows 2"),
        (swapped, "row 3 does not carry the hash of row 2"),
        (beheaded, "rows up to 2 are missing, and no row says that they were kept for as long as they must be"),
    ],
)
def test_what_the_chain_alone_gives_away(log: Log, tamper: Callable[[Log], None], told: str) -> None:
    tamper(log)
    result = log.verify()
    assert (result.exit_code, result.output) == (1, f"{told}\n")


def cut_off(log: Log) -> None:
    log.sql(("DELETE FROM audit WHERE audit_seq > 4", ()))


def written_anew(log: Log) -> None:
    """A forger who knows how hashes are made: row 3 says something else, and all that follow fit it."""
    previous, statements = log.rows[1].hash, []
    for row in log.rows[2:]:
        body = {**row.body, "forged": True}
        digest = audit_hash(previous, row.audit_seq, AT, body)
        values = (json.dumps(body), previous, digest, row.audit_seq)
        statements.append(("UPDATE audit SET body = ?, previous_hash = ?, hash = ? WHERE audit_seq = ?", values))
        previous = digest
    log.sql(*statements)


@pytest.mark.parametrize(
    ("tamper", "told"),
    [(cut_off, "is not in the chain: it ends with row 4"), (written_anew, "is not in the chain")],
)
def test_what_only_a_head_gives_away_that_somebody_else_has_kept(
    log: Log, tamper: Callable[[Log], None], told: str
) -> None:
    tamper(log)
    assert log.verify().exit_code == 0
    head = f"row 6 with the hash {log.rows[5].hash}"
    for kept in (("--head", f"6:{log.rows[5].hash}"), ("--events", log.received(2, 6))):
        result = log.verify(*kept)
        assert (result.exit_code, result.output) == (1, f"{head} {told}\n")
    # a head of before proves nothing of what came after
    assert log.verify("--events", log.received(1, 2)).exit_code == 0


def test_rows_whose_time_is_over_may_be_gone_and_heads_of_them_with_them(log: Log) -> None:
    told = {"type": "audit_trimmed", "data": {"up_to_seq": 3, "hash": log.rows[2].hash}}
    newest = log.add(told, TrimAudit(3))
    assert log.verify().output == f"whole: 4 rows, head 7:{newest.hash}\n"
    assert log.verify("--events", log.received(1, 2, 5)).exit_code == 0
    # of the last row that is gone its hash is still known
    assert log.verify("--head", f"3:{log.rows[2].hash}").exit_code == 0
    assert "row 1 with the hash" in log.verify("--head", f"1:{log.rows[0].hash}").output
    assert "is not kept any more: rows up to 3 are gone" in log.verify("--head", f"1:{log.rows[0].hash}").output
    assert log.verify("--events", log.received(1, 2)).output == "every row that was received is gone: rows up to 3\n"
    # what the log says of itself does not excuse more than it says
    log.sql(("DELETE FROM audit WHERE audit_seq = 4", ()))
    assert "rows up to 4 are missing" in log.verify().output


@pytest.mark.parametrize("also", ["no JSON", "[1]", "7"])
def test_files_that_are_no_messages_are_refused(log: Log, also: str) -> None:
    assert log.verify("--events", log.received(1, also=also)).exit_code == 65
    assert log.verify("--events", log.received()).exit_code == 65
    assert log.verify("--events", log.folder / "none").exit_code == 65
    assert log.verify("--head", "4").exit_code == 2


def test_no_journal_is_told(log: Log) -> None:
    log.path.unlink()
    result = log.verify()
    assert result.exit_code == 74
    assert "there is no journal" in result.output
