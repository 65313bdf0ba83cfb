"""The shop's books: transactions, events that count once, words, settings and pictures."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from simulator.photos import SELFIE_LIMIT_BYTES
from simulator.shop import pictures, words
from simulator.shop.__main__ import app
from simulator.shop.config import read_config, read_stock
from simulator.shop.ledger import Ledger
from simulator.shop.model import ShopError
from simulator.shop.rows import HappenedRow, HeardRow, LetterRow, OrderRow, VehicleRow
from simulator.shop.settling import Listener, letter, settle
from simulator.shop.towers import hold
from towerd.orders.model import LoanState, OrderState
from towerd.orders.reasons import REASONS

EXAMPLE = Path(__file__).parents[2] / "config" / "shop.example.toml"
ROW = OrderRow("o_1", "t-1", "c_1", "test_drive", "v_1", "Ford", "Ka", "red", "2026-11-21T09:00:00Z", state="accepted")


def test_a_row_comes_back_as_it_was_and_keeps_its_place(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "shop.db")
    second = replace(ROW, order_id="o_2", face_consent=True, code_only=False)
    with ledger.change() as books:
        books.put(ROW)
        books.put(second)
        books.put(replace(ROW, state="ready"))
    with Ledger(tmp_path / "shop.db").look() as books:
        assert books.rows(OrderRow) == [replace(ROW, state="ready"), second]
        assert books.find(HappenedRow, "t-1", 1) is None


def test_a_transaction_that_fails_has_not_been(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "shop.db")

    def fail() -> None:
        with ledger.change() as books:
            books.put(ROW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with ledger.look() as books:
        assert books.rows(OrderRow) == []


def test_two_shops_never_share_a_folder(tmp_path: Path) -> None:
    settings = tmp_path / "shop.toml"
    settings.write_text('folder = "books"\ntowers = []\n')
    with hold(tmp_path / "books"):
        refused = CliRunner().invoke(app, ["run", "--config", str(settings)])
    assert (refused.exit_code, "another shop runs on" in refused.output) == (1, True)
    hold(tmp_path / "books").close()


def test_books_of_an_older_version_get_what_is_new(tmp_path: Path) -> None:
    Ledger(tmp_path / "shop.db")
    with sqlite3.connect(tmp_path / "shop.db") as other:
        for column in ("wait_until", "late"):
            other.execute(f"ALTER TABLE orders DROP COLUMN {column}")
        other.execute("INSERT INTO orders (order_id, tower) VALUES ('o_0', 't-1')")
        other.execute("PRAGMA user_version = 1")
    other.close()
    with Ledger(tmp_path / "shop.db").change() as books:
        books.put(ROW)
        (before, now) = books.rows(OrderRow)
    assert (before.order_id, before.wait_until, before.late, now) == ("o_0", None, False, ROW)


def test_books_of_another_version_are_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "shop.db") as other:
        other.execute("PRAGMA user_version = 9")
    other.close()
    with pytest.raises(ShopError, match="another version"):
        Ledger(tmp_path / "shop.db")


def event(seq: int, kind: str, order: str | None = "o_1", **data: Any) -> bytes:
    body = {"event_seq": seq, "at": "2026-11-21T09:30:00.125Z", "type": kind, "order": order, "data": data}
    return json.dumps(body).encode()


def test_an_event_counts_once_and_a_gap_is_noted(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "shop.db")
    with ledger.change() as books:
        books.put(ROW)
        books.put(VehicleRow("v_1", "dealer_3", "{}"))
    listener = Listener(ledger, lambda _tower: None)
    listener.heard(
        "t-1", "event", event(7, "vehicle_condition", None, vehicle="v_1", condition="inspection", reasons=[])
    )
    for _ in range(2):
        listener.heard("t-1", "event", event(8, "order_arrived", vehicle="v_1"))
    # another tower's order of the same name is not this one
    listener.heard("t-2", "event", event(1, "order_failed", reason="x"))
    listener.heard("t-1", "alarm/event", b'{"event_seq": 9}')
    listener.heard("t-1", "event", event(11, "order_completed", vehicle="v_1"))
    listener.heard("t-1", "event", event(8, "order_cancelled", reason="late"))
    with ledger.look() as books:
        assert books.find(HeardRow, "t-1") == HeardRow("t-1", 11, 1)
        assert [row.type for row in books.rows(HappenedRow)] == ["order_arrived", "order_completed"]
        assert books.rows(OrderRow)[0].loan_state == "out"
        assert books.rows(VehicleRow)[0].condition == "inspection"


def test_a_car_that_came_in_elsewhere_ends_its_loan_once_and_what_is_owed_is_sent_again(tmp_path: Path) -> None:
    ledger, woken = Ledger(tmp_path / "shop.db"), []
    loan = replace(ROW, state="completed", loan_state="overdue")
    brought = replace(ROW, order_id="o_2", tower="t-2", customer="dealer_3", kind="stock_in", state="identified")
    with ledger.change() as books:
        books.put(loan)
        books.put(brought)
    listener = Listener(ledger, woken.append)
    shown = {"state": "storing", "since": "x", "reason": None, "vehicle": "v_1", "slot": None}
    listener.heard("t-2", "order/o_2", json.dumps(shown).encode())
    listener.heard("t-2", "event", event(1, "order_completed", "o_2", vehicle="v_1"))
    listener.heard("t-2", "order/o_9", json.dumps(shown).encode())
    listener.heard("t-2", "order/o_2", b"")
    assert woken == ["t-1"]
    with ledger.change() as books:
        (sent,) = books.rows(LetterRow)
        claims = json.loads(sent.claims or "")
        assert (claims["kind"], claims["order"], claims["tower"], claims["sub"]) == (
            "returned_elsewhere",
            "o_1",
            "t-2",
            "c_1",
        )
        settle(books, sent, {"ok": False, "reasons": ["clock_unsure"], "result": None})
        books.remove(LetterRow, "letter = ?", sent.letter)
        (again,) = books.rows(LetterRow)
        assert again.letter != sent.letter
        assert json.loads(again.claims or "") == {**claims, "jti": again.letter}
        settle(books, again, {"ok": False, "reasons": ["no_such_loan"], "result": None})
        assert books.rows(LetterRow) == [again]


def test_a_purchase_that_is_refused_is_no_plan_any_more(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "shop.db")
    with ledger.change() as books:
        books.put(replace(ROW, loan_state="out", plan="{}"))
        settle(
            books, letter("purchase", "t-1", "c_1", {}, "o_1"), {"ok": False, "reasons": ["too_late"], "result": None}
        )
        assert books.rows(OrderRow)[0].plan is None
        # nothing is lost where the order has been erased meanwhile
        settle(books, letter("consent", "t-1", "c_1", {}, "o_0"), {"ok": True, "reasons": [], "result": None})


def test_every_reason_and_state_of_the_contract_has_words() -> None:
    assert set(words.REASONS) == set(REASONS)
    assert set(get_args(OrderState)) <= set(words.STATES)
    assert set(words.LOANS) == set(get_args(LoanState))
    assert words.told("order_ready") == "The door is open."
    assert words.told("loan_sold") == "The car is yours."
    assert words.told("order_bound").startswith("A car has been set aside")
    assert words.told("look_failed") == "look failed"
    assert [one.code for one in words.reasons(["busy", "busy", "odd_one"])] == ["busy", "odd_one"]
    assert words.reason("odd_one").text == "odd one"


def test_settings_are_read_strictly(tmp_path: Path) -> None:
    file = tmp_path / "shop.toml"
    good = (
        'folder = "books"\n[broker]\nport = 1884\n[[towers]]\nid = "t-1"\nlat_deg = 1\nlon_deg = 2\nstock = "s.json"\n'
    )
    file.write_text(good)
    config = read_config(file)
    assert (config.port, config.folder, config.towers[0].name) == (1884, tmp_path / "books", "t-1")
    assert (config.towers[0].stock, config.where("t-1").port) == (tmp_path / "s.json", 1884)
    for text, said in (
        (f"colour = 1\n{good}", "unknown: colour"),
        ("folder = 1", "cannot be used"),
        ("[", "cannot be used"),
    ):
        file.write_text(text)
        with pytest.raises(ShopError, match=said):
            read_config(file)
    assert [one.tower for one in read_config(EXAMPLE).towers] == ["nanjing-1", "shanghai-2"]
    (tmp_path / "s.json").write_text('{"vehicles": [{"id": "v_1", "bay": "1-1"}]}')
    assert read_stock(tmp_path / "s.json") == [{"id": "v_1"}]
    with pytest.raises(ShopError, match="no stock file"):
        read_stock(file)


def test_selfies_are_made_small() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (1100, 1100, 3), dtype=np.uint8)
    large = cv2.imencode(".png", cv2.GaussianBlur(noise, (0, 0), 2))[1].tobytes()
    assert len(large) > SELFIE_LIMIT_BYTES
    small = pictures.selfie(large)
    assert small[:2] == b"\xff\xd8"
    assert len(small) <= SELFIE_LIMIT_BYTES
    with pytest.raises(ShopError, match="no picture"):
        pictures.selfie(b"text")
    with pytest.raises(ShopError, match="too large"):
        pictures.selfie(bytes(pictures.UPLOAD_LIMIT_BYTES + 1))
