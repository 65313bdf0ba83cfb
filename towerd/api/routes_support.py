"""The local API's self-test and support archive."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from importlib.metadata import distributions
from platform import platform, python_version
from typing import Any, Final

from fastapi import APIRouter

from towerd.api import payload
from towerd.api.callers import Core, Technician, Viewer
from towerd.api.core import ApiCore
from towerd.audit import ChainState, verify
from towerd.bundle import parts
from towerd.checks import Check, machine_checks

NEWEST_ROWS: Final = 1000
"""Rows of the audit log that are checked and packed."""

router = APIRouter()


def _newest_rows(core: ApiCore) -> list[dict[str, Any]]:
    return list(core.audit_of(max(0, core.extras.audit_seq_of() - NEWEST_ROWS), NEWEST_ROWS))


def _chain(rows: Sequence[dict[str, Any]]) -> Check:
    if not rows:
        return Check("journal", "audit", None, "no row yet")
    state = verify(rows, ChainState(rows[0]["audit_seq"] - 1, rows[0]["previous_hash"]))
    text = state.break_text or f"the newest {len(rows)} rows are one chain"
    return Check(
        "journal", "audit", state.break_text is None, text, "towerd audit verify; tell whoever keeps the chain's head."
    )


async def _checks(core: ApiCore) -> list[Check]:
    host = await asyncio.to_thread(core.extras.host_checks)
    return [*machine_checks(core.view_of()), _chain(_newest_rows(core)), *host]


@router.get("/selftest")
async def selftest(core: Core, _caller: Viewer) -> dict[str, Any]:
    """Ask every part what can be asked without moving anything (viewer). `ok`: nothing failed."""
    checks = await _checks(core)
    return {
        "at": payload.jsonable(core.view_of().at),
        "simulated": core.view_of().simulated,
        "ok": all(check.passed is not False for check in checks),
        "checks": payload.jsonable(checks),
    }


def _versions() -> dict[str, Any]:
    packages = {found.name: found.version for found in distributions()}
    return {"python": python_version(), "system": platform(), "packages": dict(sorted(packages.items()))}


@router.get("/bundle")
async def bundle(core: Core, _caller: Technician) -> dict[str, Any]:
    """The files of a support archive without personal data, by name (technician). `pseudonyms` is what was replaced by
    what: for the log that the caller adds; it must not go into the archive.
    """
    others = {
        "selftest": payload.jsonable(await _checks(core)),
        "settings": core.extras.settings_shown(),
        "versions": _versions(),
    }
    users: dict[str, str] = dict(core.settings.users)
    files, names = parts(core.view_of(), _newest_rows(core), users, others, secrets.token_bytes(32))
    return {"files": files, "pseudonyms": names}
