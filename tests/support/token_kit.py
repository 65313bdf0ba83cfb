"""Tokens for tests, good and forged, made from nothing but the standard and the bare library."""

from __future__ import annotations

import base64
import json
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from joserfc import jwe, jws
from joserfc.jwk import ECKey

from tests.support.orders_kit import EXAMPLES, NOW
from towerd.orders.keys import IssuerKeys, TowerKey, load_issuers, load_tower_key

TOWER = "nanjing-1"
SHOP_KINDS = ["test_drive", "collect", "cancel", "purchase", "returned_elsewhere", "eta", "report", "consent", "erase"]
DEALER_KINDS = ["stock_in", "stock_out", "condition"]
OPS_KINDS = ["hold", "resume"]
LIMIT = 10**6


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(payload: bytes, key: ECKey, header: dict[str, Any] | bytes) -> str:
    """A JWS compact under any header, whole or as raw bytes."""
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    signing_input = f"{b64(raw)}.{b64(payload)}"
    signature = jws.JWSRegistry.algorithms["ES256"].sign(signing_input.encode(), key)
    return f"{signing_input}.{b64(signature)}"


def seal(inner: str, public: dict[str, Any], header: dict[str, Any]) -> str:
    """A JWE compact under any header that the library can make."""

    class Roomy(jwe.JWERegistry):
        max_ciphertext_length = LIMIT

    registry = Roomy(algorithms=["ECDH-ES", "A256GCM", "A128GCM", "DEF", "ECDH-ES+A128KW"], strict_check_header=False)
    return jwe.encrypt_compact(dict(header), inner, ECKey.import_key(dict(public)), registry=registry)


@dataclass
class Keys:
    """A tower's key and three issuers', with the key set file that the tower reads."""

    tower: TowerKey
    issuers: IssuerKeys
    private: dict[str, ECKey] = field(default_factory=dict)

    @property
    def public(self) -> dict[str, str]:
        return {name: self.tower.public[name] for name in ("kty", "crv", "x", "y")}

    def outer(self, **changes: Any) -> dict[str, Any]:
        header = {"alg": "ECDH-ES", "enc": "A256GCM", "kid": self.tower.kid, "cty": "JWT", **changes}
        return {name: value for name, value in header.items() if value is not None}

    def token(self, payload: bytes | dict[str, Any], kid: str = "shop_1") -> str:
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        inner = sign(data, self.private[kid], {"alg": "ES256", "kid": kid, "typ": "towerd+jwt"})
        return seal(inner, self.public, self.outer())


def key_set_line(kid: str, iss: str, kinds: list[str], key: ECKey) -> dict[str, Any]:
    jwk = {name: key.as_dict(private=False)[name] for name in ("kty", "crv", "x", "y")}
    return {"kid": kid, "iss": iss, "kinds": kinds, "jwk": jwk}


def make_keys(folder: Path) -> Keys:
    private = {kid: ECKey.generate_key("P-256") for kid in ("shop_1", "dealer_1", "ops_1")}
    lines = [
        key_set_line("shop_1", "shop.example", SHOP_KINDS, private["shop_1"]),
        key_set_line("dealer_1", "dealer.example", DEALER_KINDS, private["dealer_1"]),
        key_set_line("ops_1", "ops.example", OPS_KINDS, private["ops_1"]),
    ]
    path = folder / "issuers.json"
    path.write_text(json.dumps({"keys": lines}), encoding="utf-8")
    return Keys(load_tower_key(folder / "tower.jwk"), load_issuers(path), private)


def drive_claims(now: datetime = NOW, **changes: Any) -> dict[str, Any]:
    """The example's claims of a test drive, whole, in time at `now`; a change to None leaves the claim out."""
    raw = deepcopy(EXAMPLES["claims"]["test_drive"])
    raw.update(selfie=base64.b64encode(b"\xff\xd8 no real picture").decode(), iat=int(now.timestamp()) - 5)
    raw["exp"] = raw["iat"] + 3600
    raw.update(changes)
    return {name: value for name, value in raw.items() if value is not None}
