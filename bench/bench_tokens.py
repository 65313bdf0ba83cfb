"""How many forged tokens of full size a second are refused, beside the bare library opening and checking the same ones.

A ratio of 1 means that our own checks cost nothing beside the cryptography.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from joserfc import jwe, jws
from joserfc.errors import BadSignatureError
from joserfc.jwk import ECKey

from bench.figure import Figure, Target, per_second, scratch
from bench.tokens import JWE, JWS, forged_token
from towerd.errors import Refusal
from towerd.orders.keys import IssuerKey, load_tower_key
from towerd.orders.tokens import open_token

COUNT, ROUNDS = 200, 3
TARGET = Target("at least", 150)


def run() -> Iterator[Figure]:
    """The figure of this file: the better of the rounds, ours and bare in turns."""
    with scratch() as folder:
        tower = load_tower_key(folder / "tower.jwk")
    issuer = IssuerKey("shop_1", "shop.example", frozenset({"test_drive"}), ECKey.generate_key("P-256"))
    text = forged_token(tower, issuer.kid)
    now = datetime.now(UTC)

    def ours(_number: int) -> None:
        answer = open_token(text, tower, {issuer.kid: issuer}, "nanjing-1", now)
        if not isinstance(answer, Refusal) or answer.reasons != ("bad_signature",):
            raise RuntimeError(f"a forged token gave {answer!r}")

    def bare(_number: int) -> None:
        plaintext = jwe.decrypt_compact(text, tower.key, registry=JWE).plaintext
        try:
            jws.deserialize_compact(plaintext or b"", issuer.key, registry=JWS)
        except BadSignatureError:
            return
        raise RuntimeError("the library took a forged token")

    rounds = [(per_second(ours, COUNT), per_second(bare, COUNT)) for _ in range(ROUNDS)]
    value, baseline = max(one for one, _ in rounds), max(one for _, one in rounds)
    yield Figure(
        "intake: forged tokens refused", value, baseline, "1/s", "bare joserfc", TARGET, f"{len(text):,} characters"
    )
