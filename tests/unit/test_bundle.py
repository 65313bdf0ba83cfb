"""Nothing personal passes into the support archive."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.values import AT, order
from tests.support.views import view
from towerd.bundle import LEFT_OUT, parts, pseudonyms, replacing, scrub, veil
from towerd.orders.model import Loan

CUSTOMER, NUMBER, ORDER, PERSON = "c_7Hq2xYz", "0815", "ord-jti-1", "ada"
SECRET = b"s" * 32
ROW = {
    "audit_seq": 1,
    "at": "2026-11-25T08:00:00+00:00",
    "body": {
        "type": "order_accepted",
        "order": ORDER,
        "data": {"vehicle": "car-1", "text": f"{CUSTOMER} waits, says {PERSON}"},
    },
    "previous_hash": "",
    "hash": "ab",
}
TYPED = {
    **ROW,
    "body": {"type": "bay_set", "order": None, "data": {"by": PERSON, "reason": "Mrs Miller's car", "place": "3-4"}},
}


def made(**others: Any) -> tuple[dict[str, str], dict[str, str]]:
    shown = replace(order(ORDER), customer=CUSTOMER, number=NUMBER, code_mac="c0de" * 16, terms={"hash": "x"})
    loan = Loan("ord-0", CUSTOMER, "car-2", "out", AT, AT + timedelta(days=3), "4799")
    return parts(
        view(orders=(shown,), loans=(loan,)), [ROW, TYPED], {"bob": "operator", "root": "technician"}, others, SECRET
    )


def test_no_name_number_id_code_or_typed_text_passes() -> None:
    files, _names = made(settings={"api": {"users": {"bob": "operator"}}})
    text = "\n".join(files.values())
    for personal in (CUSTOMER, NUMBER, "4799", ORDER, "ord-0", "c0dec0de", PERSON, "bob", "Miller", '"terms"'):
        assert personal not in text, personal
    assert set(files) == {"status.json", "audit.json", "users.json", "settings.json"}


def test_what_helps_stays() -> None:
    files, names = made()
    audit = json.loads(files["audit.json"])
    assert audit[0]["body"]["data"]["vehicle"] == "car-1"
    assert audit[1]["body"]["data"]["place"] == "3-4"
    assert audit[0]["body"]["data"]["text"] == f"{names[CUSTOMER]} waits, says {names[PERSON]}"
    assert json.loads(files["status.json"])["orders"][0]["customer"] == names[CUSTOMER]
    assert json.loads(files["users.json"]) == {names["bob"]: "operator", "root": "technician"}


def test_one_person_is_one_pseudonym_and_another_archive_has_others() -> None:
    first, again = pseudonyms(SECRET, ["ada", ""], ["o1", ""]), pseudonyms(SECRET, ["ada"], ["o1"])
    assert first == again
    assert set(first) == {"ada", "o1"}
    assert pseudonyms(b"t" * 32, ["ada"], [])["ada"] != first["ada"]


def test_whole_words_only_the_longest_first() -> None:
    replace_in = replacing({"ada": "P1", "ada-2": "P2"})
    assert replace_in("ada, ada-2 and adam; (ada)") == "P1, P2 and adam; (P1)"
    assert replacing({})("ada") == "ada"


@given(
    st.recursive(
        st.text() | st.integers() | st.none(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_scrubbing_keeps_the_shape_of_what_is_not_personal(value: Any) -> None:
    assert scrub(value, str) == value


def test_personal_fields_go_wherever_they_are() -> None:
    deep = {"a": [{"b": dict.fromkeys(LEFT_OUT, "secret"), "kept": 1}], "tuple": (1, 2)}
    assert scrub(deep, str) == {"a": [{"b": {}, "kept": 1}], "tuple": [1, 2]}


def test_a_log_line_about_somebody_who_is_known_no_more_is_veiled() -> None:
    line = {"event": "asked", "user": "zoe", "order": "order-1a2b", "by": "root", "orders": ["o-1"], "customer": None}
    assert veil(line) == {**line, "user": "left out", "orders": "left out"}
    assert veil(["no line"]) == ["no line"]
