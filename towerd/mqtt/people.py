"""The border that no customer's name passes (orders-if.md 7.4): coming in, a token's `sub` and owner become aliases; going out to the
platform, which has given the names, aliases become names again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog

from towerd.fsm.kept_rows import NO_KEYS, OwnKeys
from towerd.orders.aliases import NOBODY, Whose, is_alias, veiled
from towerd.orders.claims import WITH_CODE, StockIn
from towerd.orders.model import Known
from towerd.orders.tokens import OpenedToken
from towerd.ports import Customers, keys_of

log = structlog.get_logger(__name__)

MOTION: Final = frozenset({"hold", "resume"})
_NAMING: Final = WITH_CODE | {"condition"}
"""Kinds that name whoever signed for them, for good: where there is no key yet, one is made."""
_MOTION_WITHIN_S: Final = 0.2
"""How long a hold waits for the name of who asks for it: what stops the tower never waits for a disk."""


@dataclass(frozen=True, slots=True)
class Veiled:
    """A token's claims without names, how its customer is known, and whose keys it needs."""

    claims: dict[str, Any]
    known: Known | None = None
    keys: OwnKeys = NO_KEYS


async def _mover(customers: Customers, opened: OpenedToken) -> Veiled:
    try:
        async with asyncio.timeout(_MOTION_WITHIN_S):
            called = (await customers.know(opened.claims.sub)).customer
    except (OSError, TimeoutError):
        log.exception("no key for who holds or resumes: it is carried out, and names nobody", jti=opened.claims.jti)
        return Veiled(veiled(opened.public, NOBODY, None))
    return Veiled(veiled(opened.public, called, None), keys=OwnKeys(made=(called,)))


async def veil(customers: Customers, opened: OpenedToken, *, making: bool) -> Veiled:
    """A token as it goes on from here; without `making`, for one that is refused anyhow, no key is made. Raises OSError where
    one that is needed cannot be made.
    """
    claims, kind = opened.claims, opened.public["kind"]
    if kind in MOTION:
        return await _mover(customers, opened)
    if not making or kind not in _NAMING:
        person = customers.find(claims.sub)
        owner = NOBODY if isinstance(claims, StockIn) else None
        return Veiled(veiled(opened.public, person.customer, owner), person.known if kind == "erase" else None)
    person = await customers.know(claims.sub, claims.jti)
    known = person.known if kind in WITH_CODE else None
    if not isinstance(claims, StockIn):
        return Veiled(veiled(opened.public, person.customer, None), known, keys_of(person))
    dealer = await customers.know(claims.vehicle.owner)
    return Veiled(veiled(opened.public, person.customer, dealer.customer), known, keys_of(person, dealer))


def named(body: Mapping[str, Any], whose: Whose) -> dict[str, Any]:
    """A message of the outbox with names, as `examples.json` shows it: null for who is known no more."""
    found = dict(body)
    if body.get("customer") is not None:
        found["customer"] = whose(body["customer"])
    data = body.get("data")
    if isinstance(data, Mapping) and is_alias(data.get("by")):
        found["data"] = {**data, "by": whose(data["by"])}
    return found
