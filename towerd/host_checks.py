"""The tower PC's part of the self-test: disk, clock, keys, certificates, networks. Reads files; may be called in a thread."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from towerd.checks import Check
from towerd.clock import is_synchronised
from towerd.errors import ConfigError
from towerd.faceid.models import DETECTOR_FILE, RECOGNISER_FILE, ModelError, read_model
from towerd.orders.keys import load_issuers
from towerd.settings import Settings

LEAST_FREE_BYTES: Final = 256 * 1024 * 1024
"""Less free space than this on the journal's disk is a defect: a full disk stops the tower."""
LEAST_DAYS: Final = 30
"""A certificate that ends sooner is a defect."""
_MIB: Final = 1024 * 1024


def _disk(settings: Settings) -> Check:
    free = shutil.disk_usage(settings.state_dir).free
    cure = f"Make room on the disk of {settings.state_dir}."
    return Check("pc", "disk", free >= LEAST_FREE_BYTES, f"{free // _MIB} MiB free", cure)


def _clock(settings: Settings) -> Check:
    if settings.orders.trust_clock:
        return Check("pc", "clock", None, "trusted as it is by [orders] trust_clock")
    sure = is_synchronised()
    return Check(
        "pc", "clock", sure, "synchronised" if sure else "not synchronised", "Check the time service (chrony)."
    )


def _private(path: Path, what: str) -> Check:
    cure = f"chown to the service's account, chmod 600 (folders 700): {path}"
    try:
        mode = path.stat()
    except OSError as error:
        return Check("keys", what, False, f"{path}: {error.strerror}", cure)
    open_to_others = bool(stat.S_IMODE(mode.st_mode) & 0o077)
    if open_to_others or mode.st_uid != os.geteuid():
        return Check("keys", what, False, f"{path} may be read by others, or belongs to another account", cure)
    return Check("keys", what, True, "only this account may read it")


def _issuers(settings: Settings) -> Check:
    path = settings.keys.issuers_file
    cure = "Put the platform's key set there, then: systemctl reload towerd."
    try:
        keys = load_issuers(path)
    except (ConfigError, OSError) as error:
        return Check("keys", "issuers", False, str(error), cure)
    return Check("keys", "issuers", bool(keys), f"{len(keys)} keys", cure)


def _certificate(settings: Settings) -> Iterator[Check]:
    if settings.mqtt.host is None:
        return
    if settings.mqtt.tls is None:
        yield Check("broker", "tls", None, "none: for a broker on this machine only")
        return
    # a tenth of a second that the daemon's start has no use for
    from cryptography import x509

    cure = "Renew the tower's certificate."
    try:
        loaded = x509.load_pem_x509_certificate(settings.mqtt.tls.cert_file.read_bytes())
    except (OSError, ValueError) as error:
        yield Check("broker", "certificate", False, str(error), cure)
        return
    days = (loaded.not_valid_after_utc - datetime.now(UTC)).days
    yield Check("broker", "certificate", days >= LEAST_DAYS, f"good for {days} more days", cure)


def _models() -> Check:
    try:
        for name in (DETECTOR_FILE, RECOGNISER_FILE):
            read_model(name)
    except ModelError as error:
        return Check("face", "networks", False, str(error), "Install the locked packages again.")
    return Check("face", "networks", True, "both are those that were measured")


def host_checks(settings: Settings) -> Callable[[], tuple[Check, ...]]:
    """What asks the machine the daemon runs on, for these settings."""

    def ask() -> tuple[Check, ...]:
        keys = settings.keys
        private = (
            (keys.tower_key_file, "tower key"),
            (keys.code_secret_file, "code secret"),
            (keys.faces_dir, "face keys"),
            (keys.customers_dir, "customers' keys"),
            (settings.journal_path, "journal"),
        )
        return (
            _disk(settings),
            _clock(settings),
            *(_private(path, what) for path, what in private),
            _issuers(settings),
            *_certificate(settings),
            _models(),
        )

    return ask
