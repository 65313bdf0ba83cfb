"""What every section of the settings is made of."""

from __future__ import annotations

import os
import re
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

FOLDER: Final[ContextVar[Path]] = ContextVar("FOLDER")
"""The folder that relative paths count from while a file is being read."""


@dataclass(frozen=True, slots=True)
class Reloadable:
    """Marks a field whose change applies with SIGHUP."""


def _absolute(path: Path) -> Path:
    return (FOLDER.get(Path.cwd()) / path.expanduser()).absolute()


def _named(text: object) -> object:
    # an empty text would be the folder of the settings itself
    if text in ("", Path()):
        raise ValueError("is empty")
    return text


def _host(text: str) -> str:
    if not re.fullmatch(r"[^\s/]{1,253}", text):
        raise ValueError("is no host name and no address")
    return text


def _socket(path: Path) -> Path:
    if len(os.fsencode(path)) > SOCKET_BYTES:
        raise ValueError(f"{path} has more than {SOCKET_BYTES} bytes: no socket can have that name")
    try:
        taken = path.exists() and not path.is_socket()
    except OSError:
        # who may not look there will be told by `run`
        taken = False
    if taken:
        raise ValueError(f"{path} is there and is no socket")
    return path


def _one_or_two(angles: tuple[float, ...]) -> tuple[float, ...]:
    if not 1 <= len(angles) <= 2:
        raise ValueError("a tower has one cabin or two")
    return angles


SOCKET_BYTES: Final = 107
"""What the name of a Unix socket may have at most."""
YEARS_S: Final = 10 * 366 * 86400.0
"""The longest duration that a setting may ask for, s: ten years."""
FilePath = Annotated[Path, BeforeValidator(_named), AfterValidator(_absolute)]
SocketPath = Annotated[FilePath, AfterValidator(_socket)]
Host = Annotated[str, AfterValidator(_host)]
Ratio = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(ge=0.001, le=1_000_000)]
"""A quantity of the mechanics: neither so small nor so large that a calculation with it ends nowhere."""
Length = Annotated[float, Field(ge=-1_000_000, le=1_000_000)]
CabinAngles = Annotated[tuple[Annotated[float, Field(ge=-360, le=360)], ...], AfterValidator(_one_or_two)]
Duration = Annotated[float, Field(gt=0, le=YEARS_S)]


class Section(BaseModel):
    """A table of the file. Unknown keys are errors; values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False)
