from __future__ import annotations

import os
from pathlib import Path

import pytest

from towerd.faceid.vault import Vault
from towerd.keyfiles import VaultError

FACE = b"selfie and template"


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "keys", "tower-1")


def test_what_is_sealed_can_be_read_until_the_key_is_destroyed(vault: Vault) -> None:
    sealed = vault.seal("o1", FACE)
    assert FACE not in sealed
    assert vault.unseal("o1", sealed) == FACE
    assert vault.destroy("o1") is True
    assert vault.destroy("o1") is False
    with pytest.raises(VaultError, match="cannot be read"):
        vault.unseal("o1", sealed)


def test_key_files_are_for_their_owner_alone(vault: Vault) -> None:
    vault.seal("../../etc/o1", FACE)
    path = vault.path("../../etc/o1")
    assert path.parent.name == "keys"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.stat().st_size == 32


def test_a_second_sealing_keeps_the_first_readable(vault: Vault) -> None:
    first, second = vault.seal("o1", FACE), vault.seal("o1", b"again")
    assert first != second
    assert (vault.unseal("o1", first), vault.unseal("o1", second)) == (FACE, b"again")


def test_a_face_belongs_to_its_order_and_tower(vault: Vault, tmp_path: Path) -> None:
    sealed = vault.seal("o1", FACE)
    vault.seal("o2", FACE)
    vault.path("o2").write_bytes(vault.path("o1").read_bytes())
    with pytest.raises(VaultError, match="not of this order"):
        vault.unseal("o2", sealed)
    with pytest.raises(VaultError, match="not of this order"):
        Vault(tmp_path / "keys", "tower-2").unseal("o1", sealed)


@pytest.mark.parametrize("at", [0, 1, 13, -1])
def test_a_changed_byte_is_noticed(vault: Vault, at: int) -> None:
    sealed = bytearray(vault.seal("o1", FACE))
    sealed[at] ^= 1
    with pytest.raises(VaultError):
        vault.unseal("o1", bytes(sealed))


def test_too_short_is_no_face(vault: Vault) -> None:
    with pytest.raises(VaultError, match="nothing that this program has sealed"):
        vault.unseal("o1", b"\x01short")


def test_a_key_of_the_wrong_length_is_damaged(vault: Vault) -> None:
    sealed = vault.seal("o1", FACE)
    vault.path("o1").write_bytes(b"short")
    with pytest.raises(VaultError, match="damaged"):
        vault.unseal("o1", sealed)


def test_destroying_writes_over_the_key_before_it_unlinks(vault: Vault, tmp_path: Path) -> None:
    vault.seal("o1", FACE)
    key = vault.path("o1").read_bytes()
    os.link(vault.path("o1"), tmp_path / "another-name")
    vault.destroy("o1")
    left = (tmp_path / "another-name").read_bytes()
    assert len(left) == 32
    assert left != key


def test_a_key_that_cannot_be_written_is_told(vault: Vault, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file where the folder should be")
    with pytest.raises(VaultError, match="cannot be written"):
        vault.seal("o1", FACE)


def test_sweep_destroys_what_no_order_needs(vault: Vault, tmp_path: Path) -> None:
    sealed = vault.seal("o1", FACE)
    vault.seal("gone", FACE)
    (tmp_path / "keys" / "x.1234.part").write_bytes(bytes(32))
    (tmp_path / "keys" / "notes.txt").write_bytes(b"left alone")
    assert vault.sweep({"o1", "never enrolled"}) == 2
    assert vault.unseal("o1", sealed) == FACE
    assert sorted(path.suffix for path in (tmp_path / "keys").iterdir()) == [".key", ".txt"]
