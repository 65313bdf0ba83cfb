"""`towerd privacy`: the same told and done whether the daemon runs or not (orders-if.md 7.3)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from tests.contract.test_audit_cli import SETTINGS
from tests.support.api_tower import Tower, served
from tests.support.core_kit import order_in, tables_of, vehicle
from tests.support.values import AT
from tests.unit.test_fsm_erasing import loan
from tests.unit.test_fsm_orders import token
from towerd.api import callers, http, peer
from towerd.cli import towerd as cli
from towerd.customers import KeyedCustomers
from towerd.faceid.template import Template, pack
from towerd.faceid.vault import Vault
from towerd.fsm.commands import AppendAudit, StoreSealed
from towerd.fsm.events import Stamped
from towerd.fsm.kept_rows import CustomerRow, FaceRow
from towerd.fsm.privacy_events import ErasureRequested, ExportRequested
from towerd.fsm.state import Meta, Tables, Volatile
from towerd.fsm.turn import audit_hash
from towerd.journal.diff import diff
from towerd.journal.sqlite import SqliteJournal
from towerd.orders.keys import load_secret
from towerd.orders.model import Known
from towerd.ports import Changes, Person

CUSTOMER, SELFIE = "c_7Hq2", b"\xff\xd8 a selfie"


def run(*arguments: str | Path, typed: str | None = None) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(cli.app, ["privacy", *map(str, arguments)], input=typed)


class Stopped:
    """What a tower that is off has on its disk: one order that has ended, and its face; with `out` the car is not back."""

    def __init__(self, folder: Path, *, out: bool = False) -> None:
        self.folder = folder
        (folder / "state").mkdir()
        (folder / "t.toml").write_text(SETTINGS)
        secret = load_secret(folder / "c")
        known = KeyedCustomers(folder / "customers", secret)
        self.handle, self.alias = known.handle(CUSTOMER), known.own(CUSTOMER)
        named = KeyedCustomers(folder / "customers", secret).naming(CUSTOMER)
        assert named is not None
        pseudonym = named("o_1")
        self.vault = Vault(folder / "f", "t-1")
        sealed = self.vault.seal("o_1", pack(Template("e", "1", np.zeros(4, np.float32), SELFIE)))
        body = {"type": "order_completed", "order": "o_1", "customer": pseudonym, "data": {}}
        other = {"type": "started", "order": None, "customer": None, "data": {}}
        rows = [AppendAudit(1, AT, body, "", audit_hash("", 1, AT, body))]
        rows.append(AppendAudit(2, AT, other, rows[0].hash, audit_hash(rows[0].hash, 2, AT, other)))
        tables = tables_of(
            vehicles=[vehicle()],
            orders=[order_in("completed", "o_1", customer=self.alias, ended_at=AT, pseudonym=pseudonym)],
            loans={"o_1": loan("o_1", "out" if out else "returned", self.alias)},
            faces={"o_1": FaceRow("o_1", "ab", AT + timedelta(days=1))},
            customers={self.alias: CustomerRow(self.alias, AT)},
            meta=Meta(boot=1, audit_seq=2, audit_hash=rows[1].hash),
        )
        changes = Changes(diff(Tables(), tables), (*rows, StoreSealed("o_1", "ab")))
        with self.journal() as journal:
            journal.commit(
                Stamped(AT, 0.0, replace(token(jti="o_1", sub=self.alias), known=None)), Volatile(), changes, sealed
            )

    def journal(self) -> Any:
        return closing(SqliteJournal(self.folder / "state" / "journal.db"))

    def run(self, *arguments: str | Path, typed: str | None = None) -> Result:
        where = ["-c", self.folder / "t.toml", "--socket", self.folder / "none"]
        return run(*arguments, *where, typed=typed)


def test_the_report_of_a_tower_that_is_off(tmp_path: Path) -> None:
    off = Stopped(tmp_path, out=True)
    text = off.run("report").output
    for told in (
        CUSTOMER,
        "selfie and template, sealed",
        "2026-11-26",
        "a day or more after it ends",
        "rows of the audit log",
    ):
        assert told in text
    body = json.loads(off.run("report", "--json").output)
    assert {row["what"] for row in body["held"]} == {"order, test_drive", "loan", "selfie and template, sealed"}


def test_a_person_gets_all_of_it_selfie_and_audit_rows_included(tmp_path: Path) -> None:
    off = Stopped(tmp_path)
    told = json.loads(off.run("export", CUSTOMER, "--selfies", tmp_path / "out").output)
    assert (tmp_path / "out" / "o_1.jpg").read_bytes() == SELFIE
    assert told["selfies"] == [str(tmp_path / "out" / "o_1.jpg")]
    assert (tmp_path / "out" / "o_1.jpg").stat().st_mode & 0o777 == 0o600, "for its owner's eyes only"
    assert [row["body"]["type"] for row in told["audit"]] == ["order_completed"]
    assert [one["claims"]["eligibility"]["credit_score"] for one in told["tokens"]] == [731]
    assert (len(told["orders"]), len(told["loans"]), "faces_sealed" in told) == (1, 1, False)
    with off.journal() as journal:
        assert journal.audit(2, 9)[0]["body"]["data"]["exported"] == ["o_1"]
    nobody = json.loads(off.run("export", "c_9").output)
    assert (nobody["held"], nobody["tokens"], nobody["audit"]) == ([], [], [])
    off.vault.destroy("o_1")
    assert off.run("export", CUSTOMER, "--selfies", tmp_path / "out").exit_code == 65


def test_whoever_is_erased_at_a_tower_that_is_off_is_gone_with_every_key(tmp_path: Path) -> None:
    off = Stopped(tmp_path)
    assert off.run("erase", CUSTOMER, typed="n\n").exit_code == 1
    assert json.loads(off.run("export", CUSTOMER).output)["held"]
    result = off.run("erase", CUSTOMER, typed="y\n")
    assert (result.exit_code, result.stdout) == (0, "forgotten\n")
    assert [*(tmp_path / "f").iterdir(), *(tmp_path / "customers").iterdir()] == []
    assert [path.name for path in (tmp_path / "state").iterdir() if CUSTOMER.encode() in path.read_bytes()] == []
    with off.journal() as journal:
        tables, audit = journal.load(), journal.audit(0, 9)
    assert (tables.orders, tables.loans, tables.customers, set(tables.drives)) == ({}, {}, {}, {off.handle})
    assert (audit[-1]["body"]["type"], audit[-1]["body"]["data"]["by"] != "") == ("privacy_erased", True)
    # once more does no harm, and the file is one that the daemon goes on with
    assert off.run("erase", CUSTOMER, "--yes").exit_code == 0
    assert json.loads(off.run("export", CUSTOMER).output)["held"] == []


def test_what_a_loan_needs_stays_and_is_told(tmp_path: Path) -> None:
    off = Stopped(tmp_path, out=True)
    assert (
        off.run("erase", CUSTOMER, "--yes").output
        == "forgotten; o_1 goes on: the rest is forgotten when that has ended\n"
    )
    told = json.loads(off.run("erase", CUSTOMER, "--yes", "--json").output)
    assert told["result"] == {"order": "o_1", "state": "pending", "kept": ["o_1"]}
    assert "wish to be forgotten" in off.run("report").output


def test_what_cannot_be_done_is_told(tmp_path: Path) -> None:
    off = Stopped(tmp_path)
    assert off.run("erase", "no customer", "--yes").exit_code == 2
    (tmp_path / "c").unlink()
    for words in (("report",), ("erase", CUSTOMER, "--yes")):
        result = off.run(*words)
        assert result.exit_code == 78
        assert "towerd has never run with these settings" in result.output
    assert not (tmp_path / "c").exists()
    load_secret(tmp_path / "c")
    (tmp_path / "state" / "journal.db").unlink()
    assert off.run("report").exit_code == 74


@pytest.fixture
async def tower(tmp_path: Path) -> AsyncIterator[Tower]:
    async with served(tmp_path / "api.sock") as made:
        held = {"customer": CUSTOMER, "what": "loan", "id": "o_1", "until_at": None}
        made.server._core.extras = replace(
            made.extras,
            privacy_report=lambda: {"held": [held], "totals": []},
            privacy_export=lambda customer: {"customer": customer, "faces_sealed": {}},
            privacy_audit=lambda customer, after_seq: {"rows": [after_seq], "next_seq": [7, None][bool(after_seq)]},
            find=lambda customer: Person(f"a-{customer}", Known(f"h-{customer}")),
        )
        yield made


async def ask(tower: Tower, *words: str) -> Result:
    return await asyncio.to_thread(run, *words, "--socket", tower.path)


async def test_a_daemon_that_runs_is_asked(tower: Tower) -> None:
    assert CUSTOMER in (await ask(tower, "report")).stdout
    told = json.loads((await ask(tower, "export", CUSTOMER)).stdout)
    assert (told["customer"], told["audit"]) == (CUSTOMER, [0, 7])
    done = await ask(tower, "erase", CUSTOMER, "--yes", "--json")
    assert done.exit_code == 0
    exported, event = tower.events
    assert isinstance(exported, ExportRequested)
    assert isinstance(event, ErasureRequested)
    assert exported.customer == f"a-{CUSTOMER}"
    assert (event.customer, event.handle, event.by != "") == (f"a-{CUSTOMER}", f"h-{CUSTOMER}", True)


async def test_a_technician_erases_and_exports_and_an_operator_reads_the_report(
    tower: Tower, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "peer_of", lambda _socket: peer.Peer(1, 4_000_000, 4_000_000))
    monkeypatch.setattr(callers, "account_name", lambda _uid: "bob")
    assert (await ask(tower, "report", "--json")).exit_code == 0
    assert (await ask(tower, "export", CUSTOMER)).exit_code == 77
    assert (await ask(tower, "erase", CUSTOMER, "--yes")).exit_code == 77
    assert tower.events == []
    monkeypatch.setattr(callers, "account_name", lambda _uid: "ada")
    tower.refuse = ("stopping",)
    assert "faces_sealed" not in (await ask(tower, "export", CUSTOMER)).output, "nothing is shown that is not noted"
    monkeypatch.setattr(callers, "account_name", lambda _uid: "eve")
    assert (await ask(tower, "report")).exit_code == 77
