"""Starting thresholds of each engine. How they were measured: docs/faces.md. Pure."""

from __future__ import annotations

from towerd.faceid.config import EngineName
from towerd.faceid.policy import MatchPolicy

_POLICY = {
    "opencv": MatchPolicy(accept=0.47, margin=0.08),
    "face_recognition": MatchPolicy(accept=0.56, margin=0.06),
}
# two frames of one person, a moment apart, are far above this; two people are almost always below
_SAME_PERSON = {"opencv": 0.36, "face_recognition": 0.45}


def default_policy(engine: EngineName) -> MatchPolicy:
    """Thresholds for one face against all orders that wait."""
    return _POLICY[engine]


def same_person(engine: EngineName) -> float:
    """The least similarity of two frames of one track."""
    return _SAME_PERSON[engine]
