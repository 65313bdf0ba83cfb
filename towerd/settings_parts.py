"""What every section of the settings is made of."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

FOLDER: Final[ContextVar[Path]] = ContextVar("FOLDER")
"""The folder that relative paths count from while a file is being read."""


@dataclass(frozen=True, slots=True)
class Reloadable:
    """Marks a field whose change applies with SIGHUP."""


def _absolute(path: Path) -> Path:
    return (FOLDER.get(Path.cwd()) / path.expanduser()).absolute()


FilePath = Annotated[Path, AfterValidator(_absolute)]
Ratio = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]


class Section(BaseModel):
    """A table of the file. Unknown keys are errors; values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False)
