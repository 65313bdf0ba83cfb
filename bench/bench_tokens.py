"""How many full-size forged tokens a second are refused, beside the bare library opening the same in the same run.

`python bench/bench_tokens.py [--json]`. A ratio of 1 means that our own checks cost nothing beside the cryptography.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from joserfc import jwe, jws
from joserfc.errors import BadSignatureError
from joserfc.jwk import ECKey

from towerd.errors import Refusal
from towerd.orders.keys import IssuerKey, TowerKey, load_tower_key
from towerd.orders.tokens import open_token

SELFIE_BYTES = 163_000
TARGET_PER_S = 150.0
LIMIT = 1_000_000


class RoomyJwe(jwe.JWERegistry):
    max_ciphertext_length = LIMIT


class RoomyJws(jws.JWSRegistry):
    max_payload_length = LIMIT


JWE = RoomyJwe(algorithms=["ECDH-ES", "A256GCM"])
JWS = RoomyJws(algorithms=["ES256"])


def forged_token(tower: TowerKey, kid: str) -> str:
    """A token of full size that only its signature gives away."""
    payload = json.dumps({"kind": "test_drive", "selfie": base64.b64encode(os.urandom(SELFIE_BYTES)).decode()})
    forger = ECKey.generate_key("P-256")
    inner = jws.serialize_compact({"alg": "ES256", "kid": kid, "typ": "towerd+jwt"}, payload, forger, registry=JWS)
    public = ECKey.import_key({name: tower.public[name] for name in ("kty", "crv", "x", "y")})
    header = {"alg": "ECDH-ES", "enc": "A256GCM", "kid": tower.kid, "cty": "JWT"}
    return jwe.encrypt_compact(header, inner, public, registry=JWE)


def per_second(action: Callable[[], None], duration_s: float) -> float:
    count, begun_s = 0, time.perf_counter()
    while time.perf_counter() - begun_s < duration_s:
        action()
        count += 1
    return count / (time.perf_counter() - begun_s)


def measure(duration_s: float) -> dict[str, float | str]:
    with tempfile.TemporaryDirectory() as folder:
        tower = load_tower_key(Path(folder) / "tower.jwk")
    issuer = IssuerKey("shop_1", "shop.example", frozenset({"test_drive"}), ECKey.generate_key("P-256"))
    text = forged_token(tower, issuer.kid)
    now = datetime.now(UTC)

    def ours() -> None:
        answer = open_token(text, tower, {issuer.kid: issuer}, "nanjing-1", now)
        if not isinstance(answer, Refusal) or answer.reasons != ("bad_signature",):
            raise AssertionError(f"a forged token gave {answer!r}")

    def bare() -> None:
        plaintext = jwe.decrypt_compact(text, tower.key, registry=JWE).plaintext
        try:
            jws.deserialize_compact(plaintext or b"", issuer.key, registry=JWS)
        except BadSignatureError:
            return
        raise AssertionError("the library took a forged token")

    rounds = [(per_second(ours, duration_s / 6), per_second(bare, duration_s / 6)) for _ in range(3)]
    value, baseline = max(one for one, _ in rounds), max(one for _, one in rounds)
    return {
        "name": f"forged tokens of {len(text) / 1000:.0f} kB refused",
        "value": round(value, 1),
        "baseline": round(baseline, 1),
        "ratio": round(value / baseline, 3),
        "unit": "1/s",
        "target": TARGET_PER_S,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--duration-s", type=float, default=6.0, help="how long to measure, in s")
    args = parser.parse_args()
    row = measure(args.duration_s)
    if args.json:
        print(json.dumps(row))
        return
    print(f"{row['name']}: {row['value']} {row['unit']} (at least {row['target']}), ", end="")
    print(f"bare library {row['baseline']} {row['unit']}, ratio {row['ratio']}")


if __name__ == "__main__":
    main()
