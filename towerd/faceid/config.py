"""What the face worker needs to know. A value; the settings fill it in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

SELFIE_MAX_BYTES = 160 * 1024

EngineName = Literal["opencv", "face_recognition"]


@dataclass(frozen=True, slots=True)
class FaceConfig:
    """Settings of the face worker and its client.

    `camera_source`: a number (USB camera by index), a URL (rtsp, http), or the path of an image or a video; None for a
    tower without a camera. `withheld`: why faces do not serve although there is one. `keys_dir` holds one key file an order;
    it belongs outside database and backups (orders-if.md 7.1). The best `burst_frames` of `burst_spare` more good frames of
    one face make a report, or of fewer more after half a second; the same face is reported again after `repeat_s`.
    `enrol_limit_s` bounds a selfie's check, so that the answer keeps its second (4.5). The worker is asked every `ping_s`
    and replaced after `hang_limit_s` of silence. `liveness` are the checks that are demanded: the passive one runs, and
    loads the networks in `liveness_models`, where it is among them; a challenge has `challenge_turns` turns.
    """

    tower: str
    keys_dir: Path
    camera_source: str | None = None
    engine: EngineName = "opencv"
    burst_frames: int = 5
    burst_spare: int = 2
    frame_rate_hz: float = 15.0
    repeat_s: float = 2.0
    enrol_limit_s: float = 0.8
    start_limit_s: float = 20.0
    ping_s: float = 1.0
    hang_limit_s: float = 2.0
    backoff_first_s: float = 0.5
    backoff_max_s: float = 30.0
    withheld: str | None = None
    liveness: tuple[str, ...] = ()
    liveness_models: Path | None = None
    challenge_turns: int = 3
