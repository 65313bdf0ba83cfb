"""The settings file, as commands of `towerd` name and read it. Apart from `options`, as reading settings takes long to load."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from towerd.cli.client import Exit, fail
from towerd.settings import Settings
from towerd.settings_file import SettingsError, load

DEFAULT_CONFIG: Final = Path("/etc/towerd/tower.toml")

config_option = click.option(
    "--config", "-c", type=click.Path(path_type=Path), default=DEFAULT_CONFIG, help="The settings file."
)


def settings_of(path: Path) -> Settings:
    """The settings of a file. Raises click.exceptions.Exit with every error."""
    try:
        return load(path)
    except SettingsError as error:
        raise fail(str(error), Exit.CONFIG) from error
