"""Where things are unless the settings say otherwise. Apart from the settings, which take long to load."""

from __future__ import annotations

from pathlib import Path
from typing import Final

API_SOCKET: Final = Path("/run/towerd/api.sock")
