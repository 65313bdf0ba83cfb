"""Roles come from the account behind the socket; only the screens may speak for somebody else."""

from __future__ import annotations

import pytest

from towerd.api.access import Caller, NotAllowedError, decide_caller
from towerd.settings import ApiSettings

SETTINGS = ApiSettings(users={"ada": "technician", "bob": "operator", "hmi": "viewer"}, hmi_account="hmi")


@pytest.mark.parametrize(
    ("uid", "account", "named", "wanted"),
    [
        (0, "root", None, Caller("root", "technician")),
        (990, "towerd", None, Caller("towerd", "technician")),
        (1000, "bob", None, Caller("bob", "operator")),
        (1000, "bob", "bob", Caller("bob", "operator")),
        (1001, "eve", None, Caller("eve", None)),
        (1002, None, None, Caller("uid 1002", None)),
        (991, "hmi", None, Caller("hmi", "viewer", via_hmi=True)),
        (991, "hmi", "ada", Caller("ada", "technician", via_hmi=True)),
        (991, "hmi", "eve", Caller("eve", None, via_hmi=True)),
        (991, "hmi", "root", Caller("root", None, via_hmi=True)),
    ],
)
def test_who_asks(uid: int, account: str | None, named: str | None, wanted: Caller) -> None:
    assert decide_caller(uid, account, 990, named, SETTINGS) == wanted


@pytest.mark.parametrize("account", ["bob", "root", None])
def test_nobody_else_speaks_for_others(account: str | None) -> None:
    with pytest.raises(NotAllowedError, match="may not speak for ada"):
        decide_caller(1000, account, 990, "ada", ApiSettings(users=SETTINGS.users, hmi_account=None))


def test_a_role_holds_the_lower_ones() -> None:
    assert Caller("a", "technician").may("viewer")
    assert Caller("a", "operator").may("operator")
    assert not Caller("a", "viewer").may("operator")
    assert not Caller("a", None).may("viewer")
