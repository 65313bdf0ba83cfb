"""Who may do what: the account behind the socket, and the user list of the settings. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from towerd.settings import ApiSettings, Role

_RANKS: Final[dict[Role, int]] = {"viewer": 0, "operator": 1, "technician": 2}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. `user` goes into the audit; `role` None: may do nothing. `via_hmi`: a screen speaks for this user."""

    user: str
    role: Role | None
    via_hmi: bool = False

    def may(self, role: Role) -> bool:
        """Whether this caller has at least that role."""
        return self.role is not None and _RANKS[self.role] >= _RANKS[role]


class NotAllowedError(Exception):
    """The account may not speak for another user."""


def decide_caller(uid: int, account: str | None, own_uid: int, named: str | None, settings: ApiSettings) -> Caller:
    """Who asks: the account's own name and role, or, for the screens' account alone, the user it names.

    root and the daemon's own account are technicians. An account without a name has no role.
    Raises NotAllowedError where another account names a user.
    """
    name = account or f"uid {uid}"
    if named is not None and named != name:
        if account is None or account != settings.hmi_account:
            raise NotAllowedError(f"{name} may not speak for {named}: only the account of the screens may")
        return Caller(named, settings.users.get(named), via_hmi=True)
    if uid in (0, own_uid):
        return Caller(name, "technician")
    return Caller(name, settings.users.get(account) if account else None, via_hmi=account == settings.hmi_account)
