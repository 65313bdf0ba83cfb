"""The bare token library with room for a selfie, and tokens that only their signature gives away."""

from __future__ import annotations

import base64
import json
import os

from joserfc import jwe, jws
from joserfc.jwk import ECKey

from towerd.orders.keys import TowerKey

SELFIE_BYTES = 163_000
LIMIT = 1_000_000


class RoomyJwe(jwe.JWERegistry):
    """The library's own limit is 64 KiB."""

    max_ciphertext_length = LIMIT


class RoomyJws(jws.JWSRegistry):
    """The library's own limit is 128 kB."""

    max_payload_length = LIMIT


JWE = RoomyJwe(algorithms=["ECDH-ES", "A256GCM"])
JWS = RoomyJws(algorithms=["ES256"])


def forged_token(tower: TowerKey, kid: str) -> str:
    """A token of full size, in order but for the key that signed it."""
    payload = json.dumps({"kind": "test_drive", "selfie": base64.b64encode(os.urandom(SELFIE_BYTES)).decode()})
    forger = ECKey.generate_key("P-256")
    inner = jws.serialize_compact({"alg": "ES256", "kid": kid, "typ": "towerd+jwt"}, payload, forger, registry=JWS)
    public = ECKey.import_key({name: tower.public[name] for name in ("kty", "crv", "x", "y")})
    header = {"alg": "ECDH-ES", "enc": "A256GCM", "kid": tower.kid, "cty": "JWT"}
    return jwe.encrypt_compact(header, inner, public, registry=JWE)
