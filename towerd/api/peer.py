"""Who is at the other end of the Unix socket: the kernel's word, not the caller's."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import socket
import struct
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

_CREDENTIALS: Final = struct.Struct("3i")


@dataclass(frozen=True, slots=True)
class Peer:
    """The process at the other end, as it was when it connected."""

    pid: int
    uid: int
    gid: int


def peer_of(connection: socket.socket) -> Peer:
    """SO_PEERCRED of a connected Unix socket. Raises OSError where it is none."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return Peer(*_CREDENTIALS.unpack(raw))


@lru_cache(maxsize=256)
def account_name(uid: int) -> str | None:
    """The account's name, None where the system knows none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None


def _is_served(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
    return True


def bind(path: Path, group: str) -> socket.socket:
    """A listening socket at `path` (0660), of `group` where there is one.

    A socket left over by a killed process is replaced. Raises OSError, also where another process listens there.
    """
    if path.exists() or path.is_symlink():
        if not path.is_socket():
            raise FileExistsError(f"{path} is there and is no socket")
        if _is_served(path):
            raise FileExistsError(f"another process listens at {path}")
        path.unlink()
    listener = socket.socket(socket.AF_UNIX)
    before = os.umask(0o117)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    with contextlib.suppress(KeyError, PermissionError):
        # without that group, or without being in it, the socket stays its owner's alone
        os.chown(path, -1, grp.getgrnam(group).gr_gid)
    listener.listen(64)
    listener.setblocking(False)
    return listener
