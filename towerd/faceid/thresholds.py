"""Starting thresholds of each engine. How they were measured: docs/faces.md. Pure."""

from __future__ import annotations

from towerd.faceid.challenge import ChallengeRules
from towerd.faceid.config import EngineName
from towerd.faceid.policy import MatchPolicy

_POLICY = {
    "opencv": MatchPolicy(accept=0.49, margin=0.08, accept_one=0.45),
    "face_recognition": MatchPolicy(accept=0.56, margin=0.06, accept_one=0.51),
}
# two frames of one person, a moment apart, are far above this; two people are almost always below
_SAME_PERSON = {"opencv": 0.33, "face_recognition": 0.45}
# a face in a challenge and what it was like a moment ago; by turning the head it does not become another (views.py)
_SAME_TURNED = {"opencv": 0.38, "face_recognition": 0.48}

# moved paper showed 9 degrees to both sides to one detector, and 18 to the other; an engine not measured asks for more
_TURN_DEG = {"opencv": 15.0}
_TURN_DEG_ELSE = 20.0
# as close as this come few pairs of people (docs/faces.md): each could be taken for the other in a poor light
_ALIKE = {"opencv": 0.45, "face_recognition": 0.51}


def default_policy(engine: EngineName) -> MatchPolicy:
    """Thresholds for one face against all orders that wait."""
    return _POLICY[engine]


def alike(engine: EngineName) -> float:
    """The least similarity of two selfies whose people could be taken for each other."""
    return _ALIKE[engine]


def same_person(engine: EngineName) -> float:
    """The least similarity of two frames of one track."""
    return _SAME_PERSON[engine]


def challenge_rules(engine: EngineName) -> ChallengeRules:
    """How far a head must turn for this engine's landmarks, and what counts as the same face meanwhile."""
    return ChallengeRules(same=_SAME_TURNED[engine], turn_deg=_TURN_DEG.get(engine, _TURN_DEG_ELSE))
