"""An alias stands in the place of a name, wherever a token says it."""

from __future__ import annotations

from typing import Any

import pytest

from towerd.orders.aliases import alias, is_alias, unveiled, veiled

SUB, ALIAS = "c_7Hq2", alias("ab" * 32)


@pytest.mark.parametrize(
    ("text", "is_one"), [(ALIAS, True), (ALIAS + "0", False), (ALIAS.upper(), False), (SUB, False), (None, False)]
)
def test_an_alias_is_told_from_what_accounts_and_platforms_call_people(text: object, is_one: bool) -> None:
    assert is_alias(text) is is_one


def test_neither_sub_nor_owner_nor_free_text_names_anybody_any_more() -> None:
    said: dict[str, Any] = {
        "sub": SUB,
        "kind": "condition",
        "note": f"{SUB} says so, x{SUB} does not",
        "reason": None,
        "vehicle": {"id": "v_1", "owner": "dealer_3"},
    }
    assert veiled(said, ALIAS, "p-2") == {
        "sub": ALIAS,
        "kind": "condition",
        "note": f"… says so, x{SUB} does not",
        "reason": None,
        "vehicle": {"id": "v_1", "owner": "p-2"},
    }
    assert veiled({"sub": SUB, "vehicle": {"id": "v_1"}}, ALIAS, None) == {"sub": ALIAS, "vehicle": {"id": "v_1"}}


def test_who_may_know_them_gets_names_again() -> None:
    told = {"held": [{"customer": ALIAS, "count": 1}, ALIAS], "other": "p-2"}
    assert unveiled(told, {ALIAS: SUB}) == {"held": [{"customer": SUB, "count": 1}, SUB], "other": "p-2"}
