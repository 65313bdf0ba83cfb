"""What the cabin cameras need to know. A value; the settings fill it in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class PhotoConfig:
    """`sources`: by cabin, each camera as an index (USB), a URL (rtsp, http), or the path of a picture. `keys_dir` holds one key
    file a loan; it belongs outside database and backups. A shot is given up after `limit_s`.
    """

    tower: str
    keys_dir: Path
    sources: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    limit_s: float = 6.0
