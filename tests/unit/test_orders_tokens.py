from __future__ import annotations

import base64
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from tests.support.orders_kit import EXAMPLES, NOW
from tests.support.token_kit import TOWER, Keys, b64, drive_claims, make_keys, seal, sign
from towerd.errors import Refusal
from towerd.orders.claims import SELFIE_LIMIT_BYTES
from towerd.orders.tokens import TOKEN_LIMIT_BYTES, OpenedToken, open_token

INNER = {"alg": "ES256", "kid": "shop_1", "typ": "towerd+jwt"}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return make_keys(tmp_path_factory.mktemp("keys"))


def opened(keys: Keys, text: str, **changes: Any) -> OpenedToken | Refusal:
    args = {"issuers": keys.issuers, "tower": TOWER, "now": NOW, **changes}
    return open_token(text, keys.tower, **args)


def reasons(answer: OpenedToken | Refusal) -> tuple[str, ...]:
    assert isinstance(answer, Refusal)
    assert answer.text
    return answer.reasons


def inside(keys: Keys, header: dict[str, Any] | bytes, payload: bytes | None = None, kid: str = "shop_1") -> str:
    data = json.dumps(drive_claims()).encode() if payload is None else payload
    return seal(sign(data, keys.private[kid], header), keys.public, keys.outer())


def test_a_token_opens(keys: Keys) -> None:
    token = opened(keys, keys.token(drive_claims()))
    assert isinstance(token, OpenedToken)
    assert (token.kid, token.iss, token.claims.jti, token.code) == ("shop_1", "shop.example", "o_91", "40719365")
    assert token.selfie == b"\xff\xd8 no real picture"
    assert len(token.payload_sha256) == 64
    assert "selfie" not in token.public
    assert "code" not in token.public


def test_what_is_printed_of_a_token_names_nobody(keys: Keys) -> None:
    token = opened(keys, keys.token(drive_claims()))
    assert repr(token) == "OpenedToken(shop_1, o_91)"


def test_a_selfie_of_full_size_fits(keys: Keys) -> None:
    text = keys.token(drive_claims(selfie=base64.b64encode(bytes(SELFIE_LIMIT_BYTES)).decode()))
    assert 385_000 < len(text) < TOKEN_LIMIT_BYTES
    assert isinstance(opened(keys, text), OpenedToken)


def test_a_token_beyond_the_limit_is_too_large(keys: Keys) -> None:
    assert reasons(opened(keys, "a" * (TOKEN_LIMIT_BYTES + 1))) == ("too_large",)


@pytest.mark.parametrize(
    "change",
    [
        {"zip": "DEF"},
        {"cty": None},
        {"cty": "jwt"},
        {"kid": None},
        {"kid": "a b"},
        {"typ": "JWT"},
        {"jku": "https://evil.example/jwks"},
        {"apu": "QWxpY2U"},
        {"enc": "A128GCM"},
        {"alg": "ECDH-ES+A128KW"},
    ],
)
def test_the_outer_header_is_exact(keys: Keys, change: dict[str, Any]) -> None:
    inner = sign(json.dumps(drive_claims()).encode(), keys.private["shop_1"], INNER)
    assert reasons(opened(keys, seal(inner, keys.public, keys.outer(**change)))) == ("malformed",)


@pytest.mark.parametrize(
    "header",
    [
        {**INNER, "alg": "none"},
        {**INNER, "alg": "HS256"},
        {**INNER, "alg": "ES384"},
        {**INNER, "typ": "JWT"},
        {**INNER, "jwk": {"kty": "EC"}},
        {**INNER, "crit": ["exp"]},
        {**INNER, "b64": False},
        {"alg": "ES256", "kid": "shop_1"},
        {"alg": "ES256", "typ": "towerd+jwt"},
        {**INNER, "kid": 7},
        b'{"alg":"none","alg":"ES256","kid":"shop_1","typ":"towerd+jwt"}',
        b'["ES256"]',
        b"\xff",
        b'{"alg":"ES256","kid":"shop_1","typ":"' + b"x" * 2000 + b'"}',
    ],
)
def test_the_inner_header_is_exact(keys: Keys, header: dict[str, Any] | bytes) -> None:
    assert reasons(opened(keys, inside(keys, header))) == ("malformed",)


def test_a_token_without_a_signature_is_malformed(keys: Keys) -> None:
    unsigned = f"{b64(b'{}')}.{b64(json.dumps(drive_claims()).encode())}."
    assert reasons(opened(keys, seal(unsigned, keys.public, keys.outer()))) == ("malformed",)


def test_a_signed_token_that_is_not_sealed_is_malformed(keys: Keys) -> None:
    signed = sign(json.dumps(drive_claims()).encode(), keys.private["shop_1"], INNER)
    assert reasons(opened(keys, signed)) == ("malformed",)


@pytest.mark.parametrize(
    "text", ["", ".", "....", "a.b.c.d.e", "é....", "{}", "a" * 400_000, "\x00.\x00.\x00.\x00.\x00"]
)
def test_noise_is_malformed(keys: Keys, text: str) -> None:
    assert reasons(opened(keys, text)) == ("malformed",)


def swap(text: str, index: int, part: str) -> str:
    parts = text.split(".")
    parts[index] = part
    return ".".join(parts)


@pytest.mark.parametrize(
    ("index", "part"), [(1, "AAAA"), (2, "AAAA"), (3, "AAAA"), (3, "A=A/"), (4, "AAAA"), (0, b64(b"[]")), (3, "")]
)
def test_a_changed_part_is_malformed(keys: Keys, index: int, part: str) -> None:
    assert reasons(opened(keys, swap(keys.token(drive_claims()), index, part))) == ("malformed",)


@pytest.mark.parametrize(
    "epk",
    [
        None,
        7,
        {"kty": "EC"},
        {"kty": "OKP", "crv": "P-256", "x": "", "y": ""},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
    ],
)
def test_an_ephemeral_key_that_is_none_is_malformed(keys: Keys, epk: Any) -> None:
    header = b64(json.dumps({**keys.outer(), "epk": epk}).encode())
    assert reasons(opened(keys, swap(keys.token(drive_claims()), 0, header))) == ("malformed",)


def test_a_key_id_that_is_no_id_is_malformed(keys: Keys) -> None:
    header = b64(json.dumps({**keys.outer(kid=["k"]), "epk": {"kty": "EC", "crv": "P-256", "x": "", "y": ""}}).encode())
    assert reasons(opened(keys, swap(keys.token(drive_claims()), 0, header))) == ("malformed",)


def test_an_ephemeral_key_that_carries_more_is_malformed(keys: Keys) -> None:
    text = keys.token(drive_claims())
    first = text.split(".", maxsplit=1)[0]
    header = json.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    header["epk"]["kid"] = "mine"
    assert reasons(opened(keys, swap(text, 0, b64(json.dumps(header).encode())))) == ("malformed",)


def test_nothing_inside_is_malformed(keys: Keys) -> None:
    assert reasons(opened(keys, seal("", keys.public, keys.outer()))) == ("malformed",)


def test_a_token_for_another_towers_key_is_not_opened(keys: Keys, tmp_path: Path) -> None:
    other = make_keys(tmp_path)
    inner = sign(json.dumps(drive_claims()).encode(), keys.private["shop_1"], INNER)
    assert reasons(opened(keys, seal(inner, other.public, other.outer()))) == ("unknown_key",)
    assert reasons(opened(keys, seal(inner, other.public, keys.outer()))) == ("malformed",)


def test_a_forged_signature_is_refused(keys: Keys) -> None:
    forger = ECKey.generate_key("P-256")
    forged = sign(json.dumps(drive_claims()).encode(), forger, INNER)
    assert reasons(opened(keys, seal(forged, keys.public, keys.outer()))) == ("bad_signature",)


def test_a_foreign_key_is_unknown(keys: Keys) -> None:
    assert reasons(opened(keys, inside(keys, {**INNER, "kid": "shop_2"}))) == ("unknown_key",)


def test_a_removed_key_is_refused(keys: Keys) -> None:
    text = keys.token(drive_claims())
    assert reasons(opened(keys, text, issuers={})) == ("unknown_key",)


def test_an_issuer_signs_in_its_own_name_only(keys: Keys) -> None:
    assert reasons(opened(keys, keys.token(drive_claims(iss="dealer.example")))) == ("unknown_key",)


def test_an_issuer_signs_its_own_kinds_only(keys: Keys) -> None:
    hold = {
        **EXAMPLES["claims"]["hold"],
        "iss": "shop.example",
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 60,
    }
    assert reasons(opened(keys, keys.token(hold))) == ("kind_not_allowed",)
    by_ops = {**hold, "iss": "ops.example"}
    assert isinstance(opened(keys, keys.token(by_ops, "ops_1")), OpenedToken)


def test_a_token_for_another_tower_is_refused(keys: Keys) -> None:
    assert reasons(opened(keys, keys.token(drive_claims(aud="shanghai-2")))) == ("not_for_this_tower",)


@pytest.mark.parametrize(("after_s", "good"), [(-36, False), (-35, True), (0, True), (3625, True), (3626, False)])
def test_a_token_has_its_time(keys: Keys, after_s: float, good: bool) -> None:
    answer = opened(keys, keys.token(drive_claims()), now=NOW + timedelta(seconds=after_s))
    assert isinstance(answer, OpenedToken)
    assert answer.late is not good


@pytest.mark.parametrize("lifetime_s", [-1, 0, 3601])
def test_a_token_lasts_an_hour_at_most(keys: Keys, lifetime_s: int) -> None:
    now_s = int(NOW.timestamp())
    answer = opened(keys, keys.token(drive_claims(iat=now_s, exp=now_s + lifetime_s)))
    assert isinstance(answer, OpenedToken)
    assert answer.late


def test_no_time_is_checked_while_the_clock_is_unsure(keys: Keys) -> None:
    answer = opened(keys, keys.token(drive_claims(NOW - timedelta(days=900))), now=None)
    assert isinstance(answer, OpenedToken)
    assert not answer.late


def test_all_reasons_that_hold_are_given(keys: Keys) -> None:
    raw = drive_claims(NOW - timedelta(days=1), aud="shanghai-2")
    assert set(reasons(opened(keys, keys.token(raw)))) == {"not_for_this_tower", "expired"}


@pytest.mark.parametrize(
    "payload",
    [
        b'{"kind":"hold","kind":"erase"}',
        b"\xff\xfe",
        b"[]",
        json.dumps(drive_claims(iat=1.5)).encode(),
        json.dumps(drive_claims(more=1)).encode(),
        json.dumps(drive_claims()).encode().replace(b'"kind"', b'"sub": "c_1", "kind"'),
    ],
)
def test_a_signed_payload_that_cannot_be_read_is_malformed(keys: Keys, payload: bytes) -> None:
    assert reasons(opened(keys, keys.token(payload))) == ("malformed",)
