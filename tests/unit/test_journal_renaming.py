"""A journal that called people as the platform does calls them by aliases, and nothing of the names is left in its bytes."""

from __future__ import annotations

import asyncio
import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import apsw
import pytest

from tests.support.core_kit import answers, state_of, turn_of
from tests.support.values import AT, order, tables
from tests.unit.test_mqtt_people import opened as opened_token
from towerd.answer_keys import AnswerKeys
from towerd.customers import KeyedCustomers, OldCustomers
from towerd.fsm.commands import AppendOutbox
from towerd.fsm.events import OrderRequested, Stamped, TimerExpired
from towerd.fsm.intake_row import Intake
from towerd.fsm.kept_rows import CustomerRow
from towerd.fsm.orders import order_requested
from towerd.fsm.reply import ReplyTo
from towerd.fsm.state import Tables, Volatile
from towerd.journal import renaming
from towerd.journal.diff import diff
from towerd.journal.sqlite import SqliteJournal
from towerd.keyfiles import KeyFiles
from towerd.mqtt.people import veil
from towerd.ports import Changes

SECRET = b"s" * 32
NAMES = ("c_ordered", "c_lent", "dealer_9", "c_told")


def as_version_6(path: Path, customers: KeyedCustomers) -> Tables:
    """A journal as version 6 wrote it: an order, a loan, a dealer's car that is driven in, and messages that wait."""
    known = tables()
    car = known.vehicles["car-1"]
    old = replace(
        known,
        vehicles={"car-1": replace(car, record=replace(car.record, owner="dealer_9"))},
        orders={"ord-1": replace(order(), customer="c_ordered")},
        loans={"ord-0": replace(known.loans["ord-0"], customer="c_lent")},
        intakes={
            1: Intake(1, "stock", "s_1", "car-1", "dealer_9", "done", AT, AT),
            2: Intake(2, "loan", "ord-0", "car-2", "kiosk", "done", AT, AT),
        },
        answers={**known.answers, "jti:gone": replace(known.answers["jti:ord-1"], key="jti:gone", payload_sha256="")},
        erasures={},
        customers={},
    )
    bodies: list[dict[str, Any]] = [{"customer": "c_told", "n": 1}, {"customer": None}, {"customer": "c_ordered"}]
    messages = tuple(AppendOutbox(seq, "event", AT, body) for seq, body in enumerate(bodies, 1))
    with closing(SqliteJournal(path)) as journal:
        journal.commit(
            Stamped(AT, 1.0, TimerExpired("c_lent")), Volatile(), Changes(diff(Tables(), old), messages), None
        )
    rows = {customers.handle(name): name for name in ("c_ordered", "c_gone", "c_keyless")}
    with closing(apsw.Connection(str(path))) as raw:
        for handle in rows:
            doc = json.dumps({"handle": handle, "seen_at": "2026-11-01T00:00:00Z"})
            raw.execute("INSERT INTO customers (key, doc) VALUES (?, ?)", (handle, doc))
        wish = {"customer": "c_lent", "handle": "h", "asked_at": "2026-11-01T00:00:00Z", "request": "t_1", "by": None}
        raw.execute("INSERT INTO erasures (key, doc) VALUES ('c_lent', ?)", (json.dumps(wish),))
        raw.pragma("user_version", 6)
    return old


def in_bytes(folder: Path) -> set[str]:
    data = b"".join(one.read_bytes() for one in folder.iterdir())
    return {name for name in NAMES if name.encode() in data}


def goes_on(new: Tables, customers: KeyedCustomers) -> None:
    """What was ordered before is its customer's still, and nobody else's."""
    for name, denied in (("c_ordered", ()), ("c_lent", ("no_such_order",))):
        token = asyncio.run(veil(customers, opened_token("cancel", sub=name, order="ord-1"), making=True))
        t = turn_of(state_of(None, new, clock_sure=True))
        order_requested(t, OrderRequested("cancel", token.claims, "cd" * 32, ReplyTo("api", "1")))
        assert answers(t)[0].reasons == denied


def test_names_become_aliases_and_keys_go_on_whenever_the_power_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, keys = tmp_path / "state", tmp_path / "customers"
    folder.mkdir()
    customers = KeyedCustomers(keys, SECRET)
    old = as_version_6(folder / "journal.db", customers)
    for name in ("c_ordered", "c_gone"):
        KeyFiles(keys).make(customers.handle(name))
    assert in_bytes(folder) == set(NAMES)

    def opened(into: Path) -> SqliteJournal:
        answers = AnswerKeys(tmp_path / "answers", lambda: AT.timestamp())
        return SqliteJournal(into / "journal.db", names=lambda: OldCustomers(keys, SECRET, answers))

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as power:
        power.setattr(renaming, "cut_history", cut)
        with pytest.raises(KeyboardInterrupt):
            opened(folder)
    first = {one.name for one in keys.iterdir()}
    with closing(opened(folder)) as journal:
        new, outbox, history = journal.load(), journal.outbox(0, 9), journal.history()
    assert {one.name for one in keys.iterdir()} == first, "each has the key that the first try gave"
    assert in_bytes(folder) == set()
    customers = KeyedCustomers(keys, SECRET)
    alias = {name: customers.find(name).customer for name in (*NAMES, "c_gone")}
    assert (new.orders["ord-1"].customer, new.loans["ord-0"].customer) == (alias["c_ordered"], alias["c_lent"])
    assert new.vehicles["car-1"].record.owner == new.intakes[1].by == alias["dealer_9"]
    assert (new.intakes[2].by, new.orders["ord-1"].number) == ("kiosk", old.orders["ord-1"].number)
    assert (set(new.erasures), new.erasures[alias["c_lent"]].request) == ({alias["c_lent"]}, "t_1")
    assert [row.body.get("customer") for row in outbox] == [alias["c_told"], None, alias["c_ordered"]]
    assert set(new.customers) == set(alias.values())
    assert new.customers[alias["dealer_9"]] == CustomerRow(alias["dealer_9"], AT)
    assert new.customers[alias["c_gone"]].seen_at < AT
    assert (new.answers["jti:ord-1"].payload_sha256 == "aa", new.answers["jti:gone"].payload_sha256) == (False, "")
    assert history == (new, [])
    # the name of somebody whose handle alone was known is learned when the platform says it again
    assert customers.whose(alias["c_gone"]) is None
    goes_on(new, customers)

    # where all has been done already nothing is done again
    with closing(opened(folder)) as journal:
        assert journal.load() == new


def test_a_journal_in_which_nothing_has_happened_is_brought_up_to_date_too(tmp_path: Path) -> None:
    SqliteJournal(tmp_path / "journal.db").close()
    with closing(apsw.Connection(str(tmp_path / "journal.db"))) as raw:
        raw.pragma("user_version", 6)
    names = OldCustomers(tmp_path / "customers", SECRET, AnswerKeys(tmp_path / "answers", lambda: 0.0))
    with closing(SqliteJournal(tmp_path / "journal.db", names=lambda: names)) as journal:
        assert (journal.load(), journal.last_at()) == (Tables(), None)
