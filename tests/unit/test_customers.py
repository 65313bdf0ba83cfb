"""Customers' own keys: made when asked for, and what was said under one leads to nobody once it is destroyed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from towerd.customers import KeyedCustomers
from towerd.fsm.commands import DestroyCustomerKey

SECRET = b"s" * 32
pytestmark = pytest.mark.looptime(False)


@pytest.fixture
def customers(tmp_path: Path) -> KeyedCustomers:
    return KeyedCustomers(tmp_path / "customers", SECRET)


async def test_a_customer_is_known_by_the_same_pseudonyms_until_the_key_is_destroyed(
    customers: KeyedCustomers, tmp_path: Path
) -> None:
    first, other_order = await customers.know("c_1", "o_1"), await customers.know("c_1", "o_2")
    assert await customers.know("c_1", "o_1") == first
    named = customers.naming("c_1")
    assert named is not None
    assert (named("o_1"), named("o_2")) == (first.pseudonym, other_order.pseudonym)
    assert len({first.pseudonym, other_order.pseudonym, (await customers.know("c_2", "o_1")).pseudonym}) == 3
    assert KeyedCustomers(tmp_path / "elsewhere", SECRET).naming("c_1") is None
    # a new order may follow at once: it waits for the old key to be gone
    customers.destroy_key(DestroyCustomerKey(first.handle))
    second = await customers.know("c_1", "o_1")
    assert (second.handle, second.pseudonym == first.pseudonym) == (first.handle, False)


async def test_names_of_key_files_are_keyed_too(customers: KeyedCustomers, tmp_path: Path) -> None:
    await customers.know("c_1", "o_1")
    other = KeyedCustomers(tmp_path / "customers", b"t" * 32)
    assert other.naming("c_1") is None
    assert other.handle("c_1") != customers.handle("c_1")
    assert len(list((tmp_path / "customers").iterdir())) == 1


async def test_a_damaged_key_is_as_good_as_destroyed(
    customers: KeyedCustomers, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = await customers.know("c_1", "o_1")
    [path] = (tmp_path / "customers").iterdir()
    path.write_bytes(b"short")
    assert customers.naming("c_1") is None
    assert (await customers.know("c_1", "o_1")).pseudonym != first.pseudonym
    assert "is damaged: what was said under it leads to nobody any more" in caplog.text
    assert "c_1" not in caplog.text


async def test_at_the_start_keys_of_nobody_are_destroyed(customers: KeyedCustomers, tmp_path: Path) -> None:
    kept, _ = await asyncio.gather(customers.know("c_1", "o_1"), customers.know("c_2", "o_2"))
    assert await customers.sweep({kept.handle}) == 1
    assert await customers.know("c_1", "o_1") == kept
    customers.destroy_key(DestroyCustomerKey(kept.handle))
    await customers.finish()
    assert list((tmp_path / "customers").iterdir()) == []
