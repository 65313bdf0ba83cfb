"""`python -m simulator.demo.leash PROGRAM …`: becomes PROGRAM, which gets SIGTERM when the demo dies, however it dies."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask the kernel for the signal, and become the program of the arguments. Raises OSError where it cannot be run."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() == 1:
        # the demo died before the kernel had been asked
        sys.exit(1)
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606 - the demo names its own modules


if __name__ == "__main__":
    main()
