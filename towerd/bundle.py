"""What goes into the support archive, without anything personal. Pure.

Three things make it so: fields that say something about a person are left out, names and ids of people and their orders
become pseudonyms of this one archive wherever they stand, and what people typed freely is left out.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from towerd.api import payload
from towerd.view import View

LEFT_OUT: Final = frozenset(
    {
        "code_mac", "payload_sha256", "claims", "selfie", "face_sha256", "number", "note", "services", "terms", "payment",
        "eligibility", "consent", "correlation", "address", "credit_score", "deposit", "licence_until", "identity_checked",
    }
)  # fmt: skip
"""Fields that are personal, or may be."""

IDENTIFYING: Final = frozenset({"by", "user", "customer", "order", "orders"})
"""Fields of the log that name people or their orders."""

NOBODY: Final = frozenset({"root", "towerd", ""})
"""Accounts that are the same everywhere, and so name nobody."""

Pseudonym = Callable[[str], str]


def pseudonyms(secret: bytes, people: Iterable[str], orders: Iterable[str]) -> dict[str, str]:
    """A pseudonym for each name or id; `secret` is drawn for one archive and forgotten."""

    def of(kind: str, value: str) -> str:
        return f"{kind}-{hmac.new(secret, f'{kind}:{value}'.encode(), hashlib.sha256).hexdigest()[:10]}"

    return {value: of("person", value) for value in people if value} | {
        value: of("order", value) for value in orders if value
    }


def replacing(names: Mapping[str, str]) -> Pseudonym:
    """Replaces every known name or id in a text, whole words only, the longest first."""
    if not names:
        return lambda text: text
    longest_first = sorted(names, key=len, reverse=True)
    pattern = re.compile(rf"(?<![A-Za-z0-9_-])({'|'.join(map(re.escape, longest_first))})(?![A-Za-z0-9_-])")
    return lambda text: pattern.sub(lambda found: names[found[1]], text)


def scrub(value: Any, replace: Pseudonym) -> Any:
    """JSON without personal fields, every text put through `replace`."""
    if isinstance(value, Mapping):
        # a reason beside a name was typed by that person
        typed = {"reason"} if "by" in value else set()
        return {replace(str(key)): scrub(one, replace) for key, one in value.items() if key not in LEFT_OUT | typed}
    if isinstance(value, (list, tuple)):
        return [scrub(one, replace) for one in value]
    return replace(value) if isinstance(value, str) else value


def veil(value: Any) -> Any:
    """A line of the log that went through `scrub`: what names somebody who is known no more is left out as well."""
    if not isinstance(value, Mapping):
        return value
    return {key: "left out" if key in IDENTIFYING and not _is_veiled(one) else one for key, one in value.items()}


def _is_veiled(value: Any) -> bool:
    return value is None or (isinstance(value, str) and (value in NOBODY or value.startswith(("person-", "order-"))))


def _people(view: View, rows: Sequence[Mapping[str, Any]], users: Iterable[str]) -> set[str]:
    customers = {order.customer for order in view.orders} | {loan.customer for loan in view.loans}
    named = {
        str(row["body"]["data"][key])
        for row in rows
        for key in ("by", "helped_by", "second")
        if key in row["body"]["data"]
    }
    named |= {row["body"]["customer"] for row in rows if row["body"].get("customer")}
    return (customers | named | set(users)) - NOBODY


def _orders(view: View, rows: Sequence[Mapping[str, Any]]) -> set[str]:
    return (
        {order.id for order in view.orders}
        | {loan.id for loan in view.loans}
        | {str(row["body"]["order"]) for row in rows if row["body"]["order"]}
    )


def parts(
    view: View,
    rows: Sequence[Mapping[str, Any]],
    users: Mapping[str, str],
    others: Mapping[str, Any],
    secret: bytes,
) -> tuple[dict[str, str], dict[str, str]]:
    """The archive's files by name, and the pseudonyms used, which never leave the tower.

    `rows` are the newest of the audit log, `users` accounts and roles, `others` further files as JSON values.
    """
    names = pseudonyms(secret, _people(view, rows, users), _orders(view, rows))
    replace = replacing(names)
    files: dict[str, Any] = {"status": payload.status(view), "audit": list(rows), "users": dict(users), **others}
    return {
        f"{name}.json": json.dumps(scrub(value, replace), indent=1, ensure_ascii=False) for name, value in files.items()
    }, names
