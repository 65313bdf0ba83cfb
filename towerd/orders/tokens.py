"""Opening a token: sealed to this tower, signed by a known issuer, of an allowed kind, in time (orders-if.md 4.1 to 4.3).

The cheap checks come first, so that forged tokens cost little; nothing of a token is believed before its signature
holds. Every refusal is a value with the reasons of 4.5.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from cryptography.exceptions import InvalidTag
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwe import JWERegistry
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64decode

from towerd.errors import Refusal
from towerd.orders.claim_parts import Closed, Coordinate, Id
from towerd.orders.claims import Claims, Parsed, parse_claims
from towerd.orders.keys import IssuerKey, IssuerKeys, TowerKey
from towerd.orders.strictjson import parse_json

TOKEN_LIMIT_BYTES = 480 * 1024
LEEWAY_S = 30
LIFETIME_LIMIT_S = 3600
EXPIRED = ("expired",)

_HEADER_LIMIT_BYTES = 1024
_TEXTS: Mapping[str, str] = {
    "malformed": "The token cannot be read.",
    "too_large": "The token is larger than 480 KiB.",
    "unknown_key": "The key that the token names is not known here.",
    "bad_signature": "The token's signature does not hold.",
    "kind_not_allowed": "This issuer may not sign such a token.",
    "not_for_this_tower": "The token is meant for another tower.",
    "expired": "The token is not valid at this time.",
}


class _Jwe(JWERegistry):
    """joserfc's registry with room for a selfie: its own limit is 64 KiB."""

    max_ciphertext_length = TOKEN_LIMIT_BYTES


_JWE = _Jwe(algorithms=["ECDH-ES", "A256GCM"])
_ES256 = JWSRegistry(algorithms=["ES256"]).get_alg("ES256")


class EphemeralKey(Closed):
    """The sender's key of this one token (RFC 7518, 4.6.1.1)."""

    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: Coordinate
    y: Coordinate


class OuterHeader(Closed):
    """The header of the JWE, exactly (4.1)."""

    alg: Literal["ECDH-ES"]
    enc: Literal["A256GCM"]
    kid: Id
    cty: Literal["JWT"]
    epk: EphemeralKey


class InnerHeader(Closed):
    """The header of the JWS, exactly (4.1)."""

    alg: Literal["ES256"]
    kid: Id
    typ: Literal["towerd+jwt"]


@dataclass(frozen=True, slots=True)
class OpenedToken:
    """A token that holds. `public` is its payload without selfie and code; the two never leave this value in the clear.

    `late`: now is not its time (4.3); it may have its first answer again, and no other.
    """

    claims: Claims
    public: dict[str, Any]
    selfie: bytes | None
    code: str | None
    payload_sha256: str
    kid: str
    iss: str
    late: bool = False

    def __repr__(self) -> str:
        return f"OpenedToken({self.kid}, {self.claims.jti})"


def refuse(*reasons: str) -> Refusal:
    """A refusal with the reasons' texts."""
    return Refusal(reasons, " ".join(_TEXTS[reason] for reason in reasons))


def _header(segment: bytes) -> dict[str, Any]:
    if len(segment) > _HEADER_LIMIT_BYTES:
        raise ValueError("the header is too long")
    header = parse_json(urlsafe_b64decode(segment))
    if not isinstance(header, dict):
        raise TypeError("the header is no object")
    return header


def _segments(token: bytes, count: int) -> list[bytes]:
    segments = token.split(b".")
    if len(segments) != count:
        raise ValueError(f"not {count} parts")
    return segments


def _decrypt(token: bytes, key: TowerKey) -> bytes | Refusal:
    segments = _segments(token, 5)
    kid = OuterHeader.model_validate(_header(segments[0])).kid
    if segments[1]:
        raise ValueError("ECDH-ES carries no encrypted key")
    if kid != key.kid:
        return refuse("unknown_key")
    plaintext = jwe.decrypt_compact(token, key.key, registry=_JWE).plaintext
    if not plaintext:
        raise ValueError("nothing inside")
    return plaintext


def _verify(signed: bytes, issuers: IssuerKeys) -> tuple[bytes, IssuerKey] | Refusal:
    segments = _segments(signed, 3)
    issuer = issuers.get(InnerHeader.model_validate(_header(segments[0])).kid)
    if issuer is None:
        return refuse("unknown_key")
    # The payload, most of the token, is decoded only once its signature holds: that makes forgeries a third cheaper.
    header, payload, signature = segments
    if not _ES256.verify(header + b"." + payload, urlsafe_b64decode(signature), issuer.key):
        return refuse("bad_signature")
    return urlsafe_b64decode(payload), issuer


def _in_time(claims: Claims, now: datetime) -> bool:
    now_s = now.timestamp()
    lasts = 0 < claims.exp - claims.iat <= LIFETIME_LIMIT_S
    return lasts and claims.iat - LEEWAY_S <= now_s <= claims.exp + LEEWAY_S


def _reasons(parsed: Parsed, issuer: IssuerKey, tower: str) -> tuple[str, ...]:
    claims = parsed.claims
    held = {
        "unknown_key": claims.iss != issuer.iss,
        "kind_not_allowed": parsed.public["kind"] not in issuer.kinds,
        "not_for_this_tower": claims.aud != tower,
    }
    return tuple(reason for reason, holds in held.items() if holds)


def open_token(
    text: str, key: TowerKey, issuers: IssuerKeys, tower: str, now: datetime | None
) -> OpenedToken | Refusal:
    """Open `text`, or refuse it. `now` is aware UTC; None while the clock is unsure: then no time is checked (4.4).

    Reasons: `too_large`, `malformed`, `unknown_key`, `bad_signature`, `kind_not_allowed`, `not_for_this_tower`, `expired`.
    A token that was sealed to another key than this tower's is `unknown_key`; an `iss` that is not the key's, too. One that
    is wrong in nothing but its time is `late`: whoever knows what was answered to it decides.
    """
    if len(text) > TOKEN_LIMIT_BYTES:
        return refuse("too_large")
    try:
        signed = _decrypt(text.encode("ascii"), key)
        verified = signed if isinstance(signed, Refusal) else _verify(signed, issuers)
    except (JoseError, InvalidTag, ValueError, TypeError):
        return refuse("malformed")
    if isinstance(verified, Refusal):
        return verified
    payload, issuer = verified
    parsed = parse_claims(payload)
    if isinstance(parsed, Refusal):
        return parsed
    reasons, late = _reasons(parsed, issuer, tower), now is not None and not _in_time(parsed.claims, now)
    if reasons:
        return refuse(*reasons, *(EXPIRED if late else ()))
    sha256 = hashlib.sha256(payload).hexdigest()
    return OpenedToken(parsed.claims, parsed.public, parsed.selfie, parsed.code, sha256, issuer.kid, issuer.iss, late)
