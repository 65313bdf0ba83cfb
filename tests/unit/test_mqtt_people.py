"""No name of a customer passes the border, whatever kind of token says it, and going out names are there again (7.4)."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.mqtt_kit import NamedCustomers
from tests.support.orders_kit import EXAMPLES
from tests.unit.test_customers import files
from towerd.customers import KeyedCustomers
from towerd.fsm.kept_rows import NO_KEYS
from towerd.mqtt.people import named, veil
from towerd.orders.aliases import NOBODY, is_alias
from towerd.orders.claims import KINDS, WITH_CODE, parse_claims, read_claims
from towerd.orders.tokens import OpenedToken
from towerd.ports import Person

SUB, OWNER = "c_Wq81zTn5", "dealer_Xy77"
pytestmark = pytest.mark.looptime(False)


def opened(kind: str, **changes: Any) -> OpenedToken:
    """A token of the contract's examples, as it is once it is opened."""
    raw = {**EXAMPLES["claims"][kind], "sub": SUB, **changes}
    raw = {name: value for name, value in raw.items() if name not in changes or value is not None}
    if kind == "stock_in":
        raw["vehicle"] = {**raw["vehicle"], "owner": OWNER}
    raw |= {name: f"as {SUB} says" for name in ("note", "reason") if name in raw}
    if "selfie" in raw:
        raw["selfie"] = "AAAA"
    parsed = parse_claims(json.dumps(raw).encode())
    return OpenedToken(parsed.claims, parsed.public, None, None, "ab" * 32, "k_1", "shop.example")  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", sorted(KINDS))
async def test_no_name_goes_on_and_what_goes_on_is_still_a_token(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("towerd.mqtt.people._MOTION_WITHIN_S", 30.0)
    customers = KeyedCustomers(tmp_path, b"s" * 32)
    veiled = await veil(customers, opened(kind), making=True)
    assert SUB not in repr(veiled)
    assert OWNER not in repr(veiled)
    read_claims(veiled.claims)
    names_for_good = kind in {*WITH_CODE, "condition", "hold", "resume"}
    assert (is_alias(veiled.claims["sub"]), veiled.claims["sub"] == NOBODY) == (names_for_good, not names_for_good)
    # a key for each whom it names, and for nobody whom it only asks about
    assert len(files(tmp_path)) == len(veiled.keys.made) == names_for_good + (kind == "stock_in")
    assert [customers.whose(one) for one in veiled.keys.made] == [SUB, OWNER][: len(veiled.keys.made)]
    assert (veiled.known is not None) == (kind in {*WITH_CODE, "erase"})


async def test_one_person_is_one_whatever_is_asked(tmp_path: Path) -> None:
    customers = KeyedCustomers(tmp_path, b"s" * 32, lambda called: True)
    ordered = await veil(customers, opened("test_drive"), making=True)
    cancelled = await veil(customers, opened("cancel"), making=True)
    assert ordered.claims["sub"] == cancelled.claims["sub"]
    assert (cancelled.keys, ordered.keys.found) == (NO_KEYS, (ordered.claims["sub"],))


@pytest.mark.parametrize("kind", ["test_drive", "stock_in"])
async def test_one_too_many_makes_no_key(tmp_path: Path, kind: str) -> None:
    veiled = await veil(KeyedCustomers(tmp_path, b"s" * 32), opened(kind), making=False)
    assert (veiled.claims["sub"], veiled.keys, files(tmp_path)) == (NOBODY, NO_KEYS, [])
    assert OWNER not in repr(veiled)


async def test_a_hold_waits_for_no_disk_and_for_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("towerd.mqtt.people._MOTION_WITHIN_S", 0.001)
    customers = NamedCustomers(broken=True)
    assert (await veil(customers, opened("hold"), making=True)).claims["sub"] == NOBODY
    with pytest.raises(OSError, match="No space"):
        await veil(customers, opened("condition"), making=True)

    async def never(customer: str, order: str | None = None) -> Person:
        await asyncio.Event().wait()
        raise AssertionError

    customers.know = never  # type: ignore[method-assign]
    veiled = await veil(customers, opened("resume"), making=True)
    assert (veiled.claims["sub"], veiled.keys) == (NOBODY, NO_KEYS)


def test_going_out_aliases_are_names_again_where_the_platform_reads_them() -> None:
    called = "p-" + "0" * 32
    body = {"customer": "p-1", "data": {"by": called, "reason": "x"}}
    names = {"p-1": SUB, called: OWNER}
    assert named(body, names.get) == {"customer": SUB, "data": {"by": OWNER, "reason": "x"}}
    assert named(body, {}.get) == {"customer": None, "data": {"by": None, "reason": "x"}}
    by_account = {"customer": None, "data": {"by": "lin"}}
    assert named(by_account, {}.get) == by_account
    assert named({"code": "PLC-001", "by": "lin"}, {}.get) == {"code": "PLC-001", "by": "lin"}
