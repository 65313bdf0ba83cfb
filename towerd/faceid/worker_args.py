"""The settings on their way to the worker. Pure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from towerd.faceid.config import FaceConfig
from towerd.faceid.wire import Message, WireError


def config_message(config: FaceConfig) -> Message:
    """The settings as the first message; not as arguments, for a camera's URL may hold a password."""
    names = (
        "tower",
        "camera_source",
        "engine",
        "burst_frames",
        "burst_spare",
        "frame_rate_hz",
        "repeat_s",
        "challenge_turns",
    )
    values: dict[str, Any] = {name: getattr(config, name) for name in names}
    models = None if config.liveness_models is None else str(config.liveness_models)
    paths = {"keys_dir": str(config.keys_dir), "liveness_models": models}
    return Message({"op": "configure", "liveness": list(config.liveness)} | paths | values)


def read_config(message: Message) -> FaceConfig:
    """The reverse. Raises WireError."""
    values = dict(message.header)
    if values.pop("op", None) != "configure":
        raise WireError("the settings come first")
    try:
        models = values.pop("liveness_models")
        liveness = tuple(map(str, values.pop("liveness")))
        return FaceConfig(
            keys_dir=Path(values.pop("keys_dir")),
            liveness=liveness,
            liveness_models=None if models is None else Path(models),
            **values,
        )
    except (KeyError, TypeError) as error:
        raise WireError("the settings cannot be read") from error
