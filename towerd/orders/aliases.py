"""How people are called inside the tower (orders-if.md 7.3, 7.4). Pure.

A token's `sub` ends where the token has been opened. What goes on says an alias in its place: made of a key of that person's own,
one and the same for one person as long as the key lives, and leading to nobody without it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

NOBODY: Final = "nobody"
"""The alias of whoever has no key: no row bears it, so it equals nobody."""

HEX: Final = 32
"""Characters of what is made of a key: 128 bits."""

_ALIAS: Final = re.compile(rf"p-[0-9a-f]{{{HEX}}}")
_FREE_TEXT: Final = ("note", "reason")
_LEFT_OUT: Final = "…"

Whose = Callable[[str], str | None]
"""Who an alias stands for; None where its key is gone."""


def alias(digest: str) -> str:
    """The alias of a key's digest, in hex."""
    return f"p-{digest[:HEX]}"


def is_alias(text: object) -> bool:
    """Whether it is an alias; no account has such a name."""
    return isinstance(text, str) and _ALIAS.fullmatch(text) is not None


def veiled(public: Mapping[str, Any], customer: str, owner: str | None) -> dict[str, Any]:
    """A token's claims with aliases for `sub` and, where one is given, for the owner of the vehicle. Free text loses the `sub`."""
    word = re.compile(rf"(?<![A-Za-z0-9_-]){re.escape(public['sub'])}(?![A-Za-z0-9_-])")
    texts = {name: word.sub(_LEFT_OUT, public[name]) for name in _FREE_TEXT if isinstance(public.get(name), str)}
    vehicle = {"vehicle": {**public["vehicle"], "owner": owner}} if owner is not None else {}
    return {**public, **texts, **vehicle, "sub": customer}


def unveiled(value: Any, names: Mapping[str, str]) -> Any:
    """JSON with names for the aliases that `names` tells: for who may know them."""
    if isinstance(value, Mapping):
        return {key: unveiled(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return [unveiled(one, names) for one in value]
    return names.get(value, value) if isinstance(value, str) else value
