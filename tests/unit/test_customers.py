"""Customers' own keys: made when asked for, and what was said under one leads to nobody once it is destroyed."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest

from towerd.answer_keys import AnswerKeys
from towerd.customer_keys import CustomerKeys, alias_of
from towerd.customers import KeyedCustomers, OldCustomers
from towerd.fsm.commands import DestroyCustomerKey, RecallCustomer
from towerd.fsm.privacy_events import CustomerRecalled
from towerd.keyfiles import KeyFiles
from towerd.orders.aliases import NOBODY, is_alias

SECRET = b"s" * 32
pytestmark = pytest.mark.looptime(False)


def files(folder: Path) -> list[Path]:
    return [*folder.iterdir()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "customers"


@pytest.fixture
def customers(folder: Path) -> KeyedCustomers:
    return KeyedCustomers(folder, SECRET)


async def test_a_customer_is_called_the_same_until_the_key_is_destroyed(
    customers: KeyedCustomers, tmp_path: Path
) -> None:
    first, other_order = await customers.know("c_1", "o_1"), await customers.know("c_1", "o_2")
    assert await customers.know("c_1", "o_1") == first == customers.find("c_1", "o_1")
    assert is_alias(first.customer)
    assert (customers.whose(first.customer), first.customer) == ("c_1", other_order.customer)
    named = customers.naming("c_1")
    assert named is not None
    assert (named("o_1"), named("o_2")) == (first.known.pseudonym, other_order.known.pseudonym)
    other = await customers.know("c_2", "o_1")
    assert len({first.known.pseudonym, other_order.known.pseudonym, other.known.pseudonym}) == 3
    assert KeyedCustomers(tmp_path / "elsewhere", SECRET).naming("c_1") is None
    # a new order may follow at once: it waits for the old key to be gone
    customers.destroy_key(DestroyCustomerKey(first.customer))
    second = await customers.know("c_1", "o_1")
    assert (second.known.handle, second.customer == first.customer) == (first.known.handle, False)
    assert (customers.whose(first.customer), customers.whose(second.customer)) == (None, "c_1")


async def test_another_process_finds_what_one_has_made(customers: KeyedCustomers, folder: Path) -> None:
    person = await customers.know("c_1")
    later = KeyedCustomers(folder, SECRET, {person.customer}.__contains__)
    assert (later.find("c_1").customer, later.find("c_1").found, person.found) == (person.customer, True, False)


def test_whoever_has_no_key_is_nobody_and_gets_none_by_being_looked_for(
    customers: KeyedCustomers, folder: Path
) -> None:
    person = customers.find("c_1", "o_1")
    assert (person.customer, person.known.pseudonym, person.found) == (NOBODY, None, False)
    assert person.known.handle == customers.handle("c_1")
    assert (customers.whose(NOBODY), folder.exists()) == (None, False)


async def test_who_is_recalled_is_told_by_the_handle_while_there_is_a_key(customers: KeyedCustomers) -> None:
    called = (await customers.know("c_1")).customer
    recall = RecallCustomer(called)
    assert customers.recalled(recall) == CustomerRecalled(called, customers.handle("c_1"))
    customers.destroy_key(DestroyCustomerKey(called))
    await customers.finish()
    assert customers.recalled(recall) == CustomerRecalled(called, "")


async def test_names_of_key_files_lead_to_nobody_without_the_secret(customers: KeyedCustomers, folder: Path) -> None:
    person = await customers.know("c_1", "o_1")
    other = KeyedCustomers(folder, b"t" * 32)
    assert (other.naming("c_1"), other.find("c_1").customer) == (None, NOBODY)
    assert other.handle("c_1") != customers.handle("c_1")
    [path] = files(folder)
    assert (person.known.handle in path.name, path.stat().st_mode & 0o777) == (False, 0o600)


async def test_a_damaged_key_is_as_good_as_destroyed(
    customers: KeyedCustomers, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = await customers.know("c_1", "o_1")
    [path] = files(folder)
    path.write_bytes(b"short")
    assert customers.naming("c_1") is None
    assert (await customers.know("c_1", "o_1")).customer != first.customer
    assert "leads to nobody any more" in caplog.text
    assert "c_1" not in caplog.text
    [path] = files(folder)
    path.unlink()
    assert customers.find("c_1").customer == NOBODY


async def test_a_disk_that_does_not_read_costs_nobody_the_key(
    customers: KeyedCustomers, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    person = await customers.know("c_1")

    def fails(_path: Path) -> bytes:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as disk:
        disk.setattr(Path, "read_bytes", fails)
        with pytest.raises(OSError, match="Input/output"):
            await customers.know("c_1")
        assert customers.whose(person.customer) is None
    assert "cannot be read: Input/output error" in caplog.text
    assert (await customers.know("c_1"), customers.whose(person.customer)) == (person, "c_1")


async def test_at_the_start_keys_of_nobody_are_destroyed(customers: KeyedCustomers, folder: Path) -> None:
    kept, _ = await asyncio.gather(customers.know("c_1", "o_1"), customers.know("c_2", "o_2"))
    (folder / "x.part").write_bytes(b"half a key")
    assert await customers.sweep({kept.customer}) == 2
    assert await customers.know("c_1", "o_1") == kept
    customers.destroy_key(DestroyCustomerKey(kept.customer))
    await customers.finish()
    assert files(folder) == []


async def test_names_are_remembered_a_thousand_at_a_time(
    customers: KeyedCustomers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("towerd.customers._NAMES_MOST", 1)
    called = [(await customers.know(name)).customer for name in ("c_1", "c_2")]
    assert [customers.whose(one) for one in (*called, *called)] == ["c_1", "c_2"] * 2


def test_a_key_that_an_older_version_made_goes_on_under_its_alias(folder: Path, customers: KeyedCustomers) -> None:
    old = KeyFiles(folder)
    keys = {name: old.make(customers.handle(name)) for name in ("c_1", "c_2")}
    # a power cut has come between the new file and the end of the old one
    CustomerKeys(folder).put(customers.handle("c_1"), "c_1", keys["c_1"])
    old.path(customers.handle("damaged")).write_bytes(b"short")
    brought = OldCustomers(folder, SECRET, AnswerKeys(folder.parent / "answers", lambda: 0.0))
    for _ in range(2):
        assert brought.bring_over("c_1") == alias_of(keys["c_1"])
        assert brought.adopt(customers.handle("c_2")) == alias_of(keys["c_2"])
        assert brought.adopt(customers.handle("c_9")) is None
        assert is_alias(brought.bring_over("damaged"))
    assert len([*folder.iterdir()]) == 3
    assert (customers.whose(alias_of(keys["c_1"])), customers.whose(alias_of(keys["c_2"]))) == ("c_1", None)
    # whom the platform means is learned when it says so again, and no copy of the key is left
    [path] = [one for one in folder.iterdir() if alias_of(keys["c_2"]) in one.name]
    inode = path.stat().st_ino
    assert (customers.own("c_2"), customers.whose(alias_of(keys["c_2"]))) == (alias_of(keys["c_2"]), "c_2")
    assert path.stat().st_ino != inode
    CustomerKeys(folder).name("p-nobody", "c_9")
    assert CustomerKeys(folder).destroy("p-nobody") is False
    assert b"c_9" not in b"".join(one.read_bytes() for one in folder.iterdir())


def test_a_token_is_known_again_for_some_hours_and_proves_nothing_later(tmp_path: Path) -> None:
    now = [1_000_000.0]
    exp_s = 1_003_000
    keys = AnswerKeys(tmp_path, lambda: now[0])
    first = keys.digest("ab", exp_s)
    assert first == AnswerKeys(tmp_path, lambda: now[0] + 3600).digest("ab", exp_s)
    assert len({first, keys.digest("cd", exp_s), hashlib.sha256(b"ab").hexdigest()}) == 3
    now[0] += 6 * 3600
    keys.digest("ab", exp_s + 6 * 3600)
    assert len([*tmp_path.iterdir()]) == 1, "the key of what cannot be sent any more is destroyed"
    assert keys.digest("ab", exp_s) != first
    # a hold is taken whatever its times
    assert keys.digest("ab", 10**12) == keys.digest("ab", 10**12)


def test_without_a_disk_a_token_is_known_again_as_long_as_the_process_lives(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "answers").write_bytes(b"no folder")
    keys = AnswerKeys(tmp_path / "answers", lambda: 1_000_000.0)
    assert keys.digest("ab", 1_000_000) == keys.digest("ab", 1_000_000)
    assert "no key for the memory of answers" in caplog.text
