"""The settings on their way to the worker. Pure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from towerd.faceid.config import FaceConfig
from towerd.faceid.wire import Message, WireError


def config_message(config: FaceConfig) -> Message:
    """The settings as the first message; not as arguments, for a camera's URL may hold a password."""
    names = ("tower", "camera_source", "engine", "burst_frames", "frame_rate_hz", "repeat_s")
    values: dict[str, Any] = {name: getattr(config, name) for name in names}
    return Message({"op": "configure", "keys_dir": str(config.keys_dir)} | values)


def read_config(message: Message) -> FaceConfig:
    """The reverse. Raises WireError."""
    values = dict(message.header)
    if values.pop("op", None) != "configure":
        raise WireError("the settings come first")
    try:
        return FaceConfig(keys_dir=Path(values.pop("keys_dir")), **values)
    except (KeyError, TypeError) as error:
        raise WireError("the settings cannot be read") from error
