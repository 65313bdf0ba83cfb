from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.support.orders_kit import EXAMPLES, claims
from towerd.errors import Refusal
from towerd.orders.claim_parts import is_id
from towerd.orders.claims import KINDS, MODELS, SELFIE_LIMIT_BYTES, WITH_CODE, Parsed, parse_claims, read_claims
from towerd.orders.strictjson import parse_json


def payload(kind: str, /, **changes: Any) -> bytes:
    raw = {**EXAMPLES["claims"][kind]}
    if "selfie" in raw:
        raw["selfie"] = base64.b64encode(b"jpeg").decode()
    raw.update(changes)
    return json.dumps(raw).encode()


@pytest.mark.parametrize("kind", sorted(EXAMPLES["claims"]))
def test_every_example_is_read(kind: str) -> None:
    parsed = parse_claims(payload(kind))
    assert isinstance(parsed, Parsed)
    assert isinstance(parsed.claims, MODELS[kind])
    assert "selfie" not in parsed.public
    assert "code" not in parsed.public
    assert (parsed.code is not None) == (kind in WITH_CODE)
    assert parsed.selfie == (b"jpeg" if "selfie" in EXAMPLES["claims"][kind] else None)
    assert read_claims(parsed.public) == parsed.claims


def test_the_kinds_are_those_of_the_contract() -> None:
    assert set(EXAMPLES["claims"]) == KINDS


@pytest.mark.parametrize("kind", sorted(EXAMPLES["claims"]))
@pytest.mark.parametrize(
    "change", [{"more": 1}, {"iat": 1.0}, {"exp": "1795257000"}, {"exp": True}, {"sub": None}, {"jti": "a b"}]
)
def test_every_kind_refuses_what_is_not_its_own(kind: str, change: dict[str, Any]) -> None:
    assert parse_claims(payload(kind, **change)) == Refusal(("malformed",), "The token cannot be read.")


@pytest.mark.parametrize("kind", sorted(EXAMPLES["claims"]))
@pytest.mark.parametrize("name", ["iss", "aud", "sub", "jti", "iat", "exp", "kind"])
def test_what_every_token_says_cannot_be_left_out(kind: str, name: str) -> None:
    raw = json.loads(payload(kind))
    del raw[name]
    assert isinstance(parse_claims(json.dumps(raw).encode()), Refusal)


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "Nanjing-1"},
        {"aud": ["nanjing-1"]},
        {"iss": "shop_example"},
        {"iss": "-shop.example"},
        {"jti": "o_91\n"},
        {"jti": ""},
        {"jti": "x" * 65},
        {"sub": "c\u00e9"},
        {"iat": -1},
        {"exp": 10**15},
        {"vehicle": {"id": "v_1", "make": "Ford"}},
        {"vehicle": {"make": "Ford", "model": "Mondeo"}},
        {"vehicle": {"make": "Ford", "model": "Mondeo", "colour": "bl\x00ue"}},
        {"slot": {"from": "2026-11-21T10:00:00Z", "until": "2026-11-21T09:30:00Z"}},
        {"slot": {"from": "2026-11-21T09:30:00+08:00", "until": "2026-11-21T10:00:00Z"}},
        {"slot": {"from": "2026-11-21T09:30:00Z", "until": "2026-02-30T10:00:00Z"}},
        {"slot": {"from": 1795253400, "until": 1795257000}},
        {"selfie": "not base64!"},
        {"selfie": ""},
        {"selfie": 7},
        {"selfie": base64.b64encode(bytes(SELFIE_LIMIT_BYTES + 1)).decode()},
        {"selfie": "A" * 300_000},
        {"code": 40719365},
        {"code": "4071936"},
        {"code": "\u0664\u0660\u0667\u0661\u0669\u0663\u0666\u0665"},
        {"consent": {"face": 1, "at": "2026-11-20T18:02:11Z", "text_version": "1"}},
        {"services": ["insurance basic"]},
        {"services": None},
        {"eligibility": {**EXAMPLES["claims"]["test_drive"]["eligibility"], "licence_until": "2031-4-30"}},
        {"eligibility": {**EXAMPLES["claims"]["test_drive"]["eligibility"], "credit_score": 731.0}},
        {"eligibility": {**EXAMPLES["claims"]["test_drive"]["eligibility"], "credit_score": None}},
        {"kind": "test_ride"},
        {"kind": ["test_drive"]},
        {"payment": EXAMPLES["claims"]["collect"]["payment"]},
        {"order": "o_91"},
    ],
)
def test_a_test_drive_that_is_not_as_shown_is_malformed(change: dict[str, Any]) -> None:
    assert isinstance(parse_claims(payload("test_drive", **change)), Refusal)


@pytest.mark.parametrize("kind", ["cancel", "hold"])
@pytest.mark.parametrize("name", ["selfie", "code"])
def test_selfie_and_code_belong_to_orders_only(kind: str, name: str) -> None:
    assert isinstance(parse_claims(payload(kind, **{name: "40719365"})), Refusal)


@pytest.mark.parametrize("name", ["slot", "selfie", "consent", "terms", "eligibility", "services"])
def test_what_an_order_may_leave_out(name: str) -> None:
    raw = json.loads(payload("test_drive"))
    del raw[name]
    assert isinstance(parse_claims(json.dumps(raw).encode()), Parsed)


def test_an_order_carries_its_code() -> None:
    raw = json.loads(payload("test_drive"))
    del raw["code"]
    assert isinstance(parse_claims(json.dumps(raw).encode()), Refusal)


def test_only_the_fuel_may_be_null() -> None:
    assert isinstance(parse_claims(payload("report", fuel_ratio=None)), Parsed)
    assert isinstance(parse_claims(payload("report", charge_ratio=None)), Refusal)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b"\xff{}",
        b"\xef\xbb\xbf{}",
        '{"kind":"erase"}'.encode("utf-16"),
        payload("erase").replace(b'"kind"', b'"kind": "hold", "kind"'),
        payload("erase").replace(b"1795253400", b"1" * 5000),
        payload("erase").replace(b"1795253400", b"1e400"),
        payload("erase").replace(b"1795253400", b"NaN"),
        payload("erase").replace(b"c_7Hq2", b"\\ud800"),
        payload("erase") + b"{}",
        b"[" * 200_000,
    ],
)
def test_what_is_no_such_json_is_malformed(data: bytes) -> None:
    assert isinstance(parse_claims(data), Refusal)


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1,"a":2}',
        b'{"a":{"b":1,"b":1}}',
        b"9007199254740993",
        b"-1e999",
        b"Infinity",
        b'"\\ud800"',
        b'[{"a":["\\uDC00\\ud800"]}]',
        b'{"\\ud800":1}',
    ],
)
def test_json_that_readers_would_read_differently_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        parse_json(data)


def test_numbers_within_a_double_are_read() -> None:
    assert parse_json(b"[9007199254740992, -9007199254740992, 0.25]") == [2**53, -(2**53), 0.25]


@pytest.mark.parametrize("change", [{"kind": 7}, {"kind": "eggs"}, {"order": 5}])
def test_claims_of_an_event_are_checked_again(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        read_claims(claims("cancel") | change)


def test_an_escaped_pair_is_one_character() -> None:
    assert parse_json(b'{"a":["\\ud83d\\ude97", 1, null]}') == {"a": ["\U0001f697", 1, None]}


@pytest.mark.parametrize("year", ["0001", "1969", "2200", "9999"])
def test_times_beyond_any_calendar_are_malformed(year: str) -> None:
    slot = {"from": "2026-11-21T09:40:00Z", "until": f"{year}-12-31T23:59:59Z"}
    assert isinstance(parse_claims(payload("test_drive", slot=slot)), Refusal)
    licence = {**EXAMPLES["claims"]["test_drive"]["eligibility"], "licence_until": f"{year}-01-01"}
    assert isinstance(parse_claims(payload("test_drive", eligibility=licence)), Refusal)


def test_ids_are_those_of_the_contract() -> None:
    assert is_id("r_1-A")
    assert not any(is_id(text) for text in ("", "a b", "r\n", "x" * 65, "\ud800", "é", 7, None))
