"""Key material on disk: the tower's own key, the issuers' keys, the secret of the pick-up codes (orders-if.md 4.1, 4.2, 7.1).

Files are made at the first start, mode 0600, whole or not at all. Damage is a ConfigError: a new key instead of a damaged
one would silently make every pinned thumbprint and every kept code worthless.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from pydantic import Field, ValidationError

from towerd.errors import ConfigError
from towerd.orders.claim_parts import Closed, Coordinate, HostName, Id, PublicJwk
from towerd.orders.claims import KINDS
from towerd.orders.strictjson import parse_json

SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class TowerKey:
    """The key that tokens are encrypted to. `public` is the JWK as published, `thumbprint` its RFC 7638 SHA-256."""

    kid: str
    key: ECKey
    public: PublicJwk
    thumbprint: str


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """One line of the key set: who signs under `kid`, and which kinds (4.2)."""

    kid: str
    iss: str
    kinds: frozenset[str]
    key: ECKey


IssuerKeys = Mapping[str, IssuerKey]


class _Jwk(Closed):
    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: Coordinate
    y: Coordinate
    kid: Id | None = None
    alg: Literal["ES256"] | None = None
    use: Literal["sig"] | None = None


class _PrivateJwk(Closed):
    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: Coordinate
    y: Coordinate
    d: Coordinate
    kid: Id


class _Line(Closed):
    kid: Id
    iss: HostName
    kinds: list[Annotated[str, Field(json_schema_extra={"enum": sorted(KINDS)})]] = Field(min_length=1)
    jwk: _Jwk


class KeySet(Closed):
    """The issuers' key set file (4.2)."""

    keys: list[_Line]


def write_private(path: Path, data: bytes) -> None:
    """Put `data` at `path`, readable by its owner only, whole or not at all. Raises OSError.

    What is replaced keeps its owner: root may change a key of the service's account.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if path.exists():
                os.fchown(file.fileno(), path.stat().st_uid, path.stat().st_gid)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _ec_key(jwk: Mapping[str, Any], where: str) -> ECKey:
    try:
        return ECKey.import_key(dict(jwk))
    except (JoseError, ValueError, TypeError) as error:
        raise ConfigError(f"{where}: no key on the curve P-256") from error


def _read(path: Path, what: str) -> Any:
    try:
        return parse_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: {what} cannot be read: {error}") from error


def _tower_key(raw: Mapping[str, Any], path: Path) -> TowerKey:
    try:
        checked = _PrivateJwk.model_validate(dict(raw))
    except ValidationError as error:
        raise ConfigError(f"{path}: no private EC P-256 key with a kid") from error
    key = _ec_key(checked.model_dump(), str(path))
    published: PublicJwk = {
        "kty": "EC",
        "crv": "P-256",
        "x": checked.x,
        "y": checked.y,
        "kid": checked.kid,
        "alg": "ECDH-ES",
        "use": "enc",
    }
    return TowerKey(checked.kid, key, published, key.thumbprint())


def make_tower_key(path: Path) -> TowerKey:
    """A new key in place of the one that may be there. Raises OSError."""
    fresh = ECKey.generate_key("P-256")
    raw = {name: fresh.as_dict(private=True)[name] for name in ("kty", "crv", "x", "y", "d")}
    raw["kid"] = f"k_{fresh.thumbprint()[:16]}"
    write_private(path, _PrivateJwk.model_validate(raw).model_dump_json().encode())
    return read_tower_key(path)


def load_tower_key(path: Path) -> TowerKey:
    """The tower's key; made where there is none yet. Raises ConfigError on a damaged file, OSError on a full disk."""
    return read_tower_key(path) if path.exists() else make_tower_key(path)


def read_tower_key(path: Path) -> TowerKey:
    """The tower's key. Raises ConfigError where the file is damaged, or not there."""
    raw = _read(path, "the tower's key")
    if not isinstance(raw, dict):
        raise ConfigError(f"{path}: no private EC P-256 key with a kid")
    return _tower_key(raw, path)


def _issuer_key(line: _Line, path: Path) -> IssuerKey:
    unknown = set(line.kinds) - KINDS
    if unknown:
        raise ConfigError(f"{path}: {line.kid} may sign unknown kinds: {', '.join(sorted(unknown))}")
    if line.jwk.kid not in (None, line.kid):
        raise ConfigError(f"{path}: {line.kid} and the kid in its jwk differ")
    key = _ec_key(line.jwk.model_dump(exclude_none=True), f"{path}: {line.kid}")
    return IssuerKey(line.kid, line.iss, frozenset(line.kinds), key)


def load_issuers(path: Path) -> IssuerKeys:
    """The key set by kid (4.2). A private key in it is refused: it would be in the wrong hands. Raises ConfigError."""
    try:
        lines = KeySet.model_validate(_read(path, "the issuers' key set")).keys
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{path}: {where}: {first['msg']}") from None
    keys = {line.kid: _issuer_key(line, path) for line in lines}
    if len(keys) != len(lines):
        raise ConfigError(f"{path}: a kid appears twice")
    return keys


def load_secret(path: Path) -> bytes:
    """The secret of the codes, 32 bytes; made where there is none yet. Raises ConfigError on a damaged file."""
    if not path.exists():
        write_private(path, secrets.token_hex(SECRET_BYTES).encode())
    try:
        secret = bytes.fromhex(path.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: the secret cannot be read") from error
    if len(secret) != SECRET_BYTES:
        raise ConfigError(f"{path}: the secret has {len(secret)} bytes, not {SECRET_BYTES}")
    return secret


def code_mac(secret: bytes, code: str) -> str:
    """HMAC-SHA256 of a pick-up code, hex: all that is ever kept of it (7.1)."""
    return hmac.new(secret, b"code:" + code.encode(), hashlib.sha256).hexdigest()


def number_step(secret: bytes) -> int:
    """The step from one order's number to the next: this tower's own, and one that meets all 10,000 numbers."""
    digest = hmac.new(secret, b"number-step", hashlib.sha256).digest()
    tens = int.from_bytes(digest[:4], "big") % 900 + 100
    return tens * 10 + (1, 3, 7, 9)[digest[4] % 4]
