"""Keys and tokens of the order platform's stand-in: signs as shop, dealer or operator, seals to a tower's key."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc import jwe, jws
from joserfc.jwk import ECKey

ROOM_BYTES = 1024 * 1024
"""The library's own limits (64 KiB, 128 kB) have no room for a selfie."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who signs which kinds, under which key id."""

    name: str
    kid: str
    iss: str
    kinds: tuple[str, ...]


SHOP = Issuer(
    "shop",
    "shop_2026_1",
    "shop.example",
    ("test_drive", "collect", "cancel", "purchase", "returned_elsewhere", "eta", "report", "consent", "erase"),
)
DEALER = Issuer("dealer", "dealer_2026_1", "dealer.example", ("stock_in", "stock_out", "condition", "report"))
OPS = Issuer("ops", "ops_2026_1", "ops.example", ("hold", "resume"))
ISSUERS = (SHOP, DEALER, OPS)


class _Jwe(jwe.JWERegistry):
    max_ciphertext_length = ROOM_BYTES


class _Jws(jws.JWSRegistry):
    max_payload_length = ROOM_BYTES


_JWE = _Jwe(algorithms=["ECDH-ES", "A256GCM"])
_JWS = _Jws(algorithms=["ES256"])
_PUBLIC = ("kty", "crv", "x", "y")


def issuer_for(kind: str) -> Issuer:
    """Who signs tokens of `kind`. Raises LookupError where nobody does."""
    for issuer in ISSUERS:
        if kind in issuer.kinds:
            return issuer
    raise LookupError(f"nobody signs {kind}")


def thumbprint(jwk: Mapping[str, str]) -> str:
    """RFC 7638 SHA-256 of a public key."""
    return ECKey.import_key({name: jwk[name] for name in _PUBLIC}).thumbprint()


class SigningKeys:
    """The platform's private keys in a folder of its own; made where they are missing."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError where the folder cannot be written."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._keys = {issuer.name: self._load(folder / f"{issuer.name}.jwk") for issuer in ISSUERS}

    @staticmethod
    def _load(path: Path) -> ECKey:
        if not path.exists():
            private = ECKey.generate_key("P-256").as_dict(private=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump({name: private[name] for name in (*_PUBLIC, "d")}, file)
        return ECKey.import_key(json.loads(path.read_text(encoding="utf-8")))

    def key_set(self) -> dict[str, Any]:
        """What the tower needs to know of them (orders-if.md 4.2)."""
        lines = []
        for issuer in ISSUERS:
            public = self._keys[issuer.name].as_dict(private=False)
            jwk = {name: public[name] for name in _PUBLIC}
            lines.append({"kid": issuer.kid, "iss": issuer.iss, "kinds": list(issuer.kinds), "jwk": jwk})
        return {"keys": lines}

    def write_key_set(self, path: Path) -> None:
        """Write the tower's key set file, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.fresh")
        fresh.write_text(json.dumps(self.key_set(), indent=1) + "\n", encoding="utf-8")
        fresh.replace(path)

    def token(self, claims: Mapping[str, Any], issuer: Issuer, tower_jwk: Mapping[str, str]) -> str:
        """A nested JWT: signed by `issuer`, sealed to the tower's key (4.1)."""
        header = {"alg": "ES256", "kid": issuer.kid, "typ": "towerd+jwt"}
        signed = jws.serialize_compact(header, json.dumps(claims), self._keys[issuer.name], registry=_JWS)
        sealed_to = ECKey.import_key({name: tower_jwk[name] for name in _PUBLIC})
        outer = {"alg": "ECDH-ES", "enc": "A256GCM", "kid": tower_jwk["kid"], "cty": "JWT"}
        return jwe.encrypt_compact(outer, signed, sealed_to, registry=_JWE)
