from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from tests.support.token_kit import key_set_line, make_keys
from towerd.errors import ConfigError
from towerd.orders.keys import (
    code_mac,
    load_issuers,
    load_secret,
    load_tower_key,
    make_tower_key,
    number_step,
    read_tower_key,
    write_private,
)

KEY = ECKey.generate_key("P-256")
LINE = key_set_line("shop_1", "shop.example", ["test_drive"], KEY)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def key_set(path: Path, *lines: Any) -> Path:
    path.write_text(json.dumps({"keys": list(lines)}), encoding="utf-8")
    return path


def test_the_towers_key_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "tower.jwk"
    first = load_tower_key(path)
    again = load_tower_key(path)
    assert (first.kid, first.thumbprint, first.public) == (again.kid, again.thumbprint, again.public)
    assert first.public.keys() == {"kty", "crv", "x", "y", "kid", "alg", "use"}
    assert mode(path) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["tower.jwk"]


def test_the_thumbprint_is_that_of_rfc_7638(tmp_path: Path) -> None:
    key = load_tower_key(tmp_path / "tower.jwk")
    bare = {name: key.public[name] for name in ("kty", "crv", "x", "y")}
    assert key.thumbprint == ECKey.import_key(bare).thumbprint()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"kty":"EC"}', json.dumps(LINE["jwk"])])
def test_a_damaged_key_is_never_replaced(tmp_path: Path, text: str) -> None:
    path = tmp_path / "tower.jwk"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"tower\.jwk"):
        load_tower_key(path)
    assert path.read_text(encoding="utf-8") == text


def test_a_key_whose_parts_do_not_belong_together_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tower.jwk"
    load_tower_key(path)
    raw = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**raw, "y": raw["x"]}), encoding="utf-8")
    with pytest.raises(ConfigError, match="P-256"):
        load_tower_key(path)


def test_the_key_set_names_issuer_and_kinds(tmp_path: Path) -> None:
    keys = make_keys(tmp_path).issuers
    assert keys["shop_1"].iss == "shop.example"
    assert "hold" not in keys["shop_1"].kinds
    assert keys["ops_1"].kinds == {"hold", "resume"}


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ([LINE, LINE], "twice"),
        ([{**LINE, "more": 1}], "more"),
        ([{**LINE, "kinds": []}], "kinds"),
        ([{**LINE, "kinds": ["test_ride"]}], "test_ride"),
        ([{**LINE, "iss": "no host!"}], "iss"),
        ([{**LINE, "jwk": {**LINE["jwk"], "kid": "other"}}], "differ"),
        ([{**LINE, "jwk": {**LINE["jwk"], "d": "A" * 43}}], "jwk.d"),
        ([{**LINE, "jwk": {**LINE["jwk"], "crv": "P-384"}}], "crv"),
        ([{**LINE, "jwk": {**LINE["jwk"], "x": "A" * 43}}], "P-256"),
    ],
)
def test_a_key_set_that_cannot_be_meant_is_refused(tmp_path: Path, lines: list[Any], text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        load_issuers(key_set(tmp_path / "issuers.json", *lines))


def test_a_key_set_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_issuers(tmp_path / "none.json")


def test_the_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "codes.secret"
    assert load_secret(path) == load_secret(path)
    assert mode(path) == 0o600
    path.write_text("abcd", encoding="ascii")
    with pytest.raises(ConfigError, match="2 bytes"):
        load_secret(path)
    path.write_text("no hex", encoding="ascii")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_secret(path)


def test_a_code_is_kept_as_its_mac_only() -> None:
    assert code_mac(b"a" * 32, "40719365") == code_mac(b"a" * 32, "40719365")
    assert code_mac(b"a" * 32, "40719365") != code_mac(b"b" * 32, "40719365")
    assert len(code_mac(b"a" * 32, "40719365")) == 64


def test_the_step_meets_every_number() -> None:
    steps = [number_step(bytes([n]) * 32) for n in range(50)]
    assert all(step % 2 and step % 5 and 1000 < step < 10_000 for step in steps)
    assert len(set(steps)) > 40


def test_nothing_is_left_of_a_file_that_could_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "inside").touch()
    with pytest.raises(OSError):
        write_private(tmp_path / "taken", b"x")
    assert [one.name for one in tmp_path.iterdir()] == ["taken"]


def test_a_new_key_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "tower.jwk"
    old = load_tower_key(path)
    made = make_tower_key(path)
    assert made.kid != old.kid
    assert read_tower_key(path).thumbprint == made.thumbprint
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_key_that_is_read_again_is_never_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_tower_key(tmp_path / "tower.jwk")
    assert not (tmp_path / "tower.jwk").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may change an owner")
def test_a_key_that_root_changes_stays_the_services_own(tmp_path: Path) -> None:
    path = tmp_path / "tower.jwk"
    load_tower_key(path)
    os.chown(path, 12345, 12346)
    make_tower_key(path)
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 12346)
