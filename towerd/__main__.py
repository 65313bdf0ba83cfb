"""Entry points: `towerd`, `towerctl` and `python -m towerd`."""

from __future__ import annotations


def main() -> None:
    """The service and its files."""
    from towerd.cli.towerd import app

    app(prog_name="towerd")


def towerctl() -> None:
    """A running tower."""
    from towerd.cli.towerctl import app

    app(prog_name="towerctl")


if __name__ == "__main__":
    main()
