"""Compares who is in view with the orders that wait: what the worker does with one frame.

Templates are here in the clear, in memory only; nothing of them is written or logged (orders-if.md 7.1).
"""

from __future__ import annotations

from towerd.faceid.config import FaceConfig
from towerd.faceid.engine import Face, FaceEngine, Image, Vector
from towerd.faceid.frames import Frame
from towerd.faceid.quality import VIEW, check_selfie, judge, measure, pick_one
from towerd.faceid.template import Template, TemplateError, pack, unpack
from towerd.faceid.thresholds import same_person
from towerd.faceid.track import Burst, Tracker
from towerd.faceid.vault import Vault, VaultError
from towerd.faceid.wire import Message, looked

FRAME_AGE_MAX_S = 0.3
PRESENCE_HOLD_S = 3.0
LIVENESS = "not_checked"


class Gallery:
    """The waiting orders' templates."""

    def __init__(self, engine: FaceEngine, vault: Vault) -> None:
        self._engine = engine
        self._vault = vault
        self._vectors: dict[str, Vector] = {}

    def __len__(self) -> int:
        return len(self._vectors)

    def enrol(self, order: str, selfie_jpeg: bytes) -> tuple[tuple[str, ...], bytes | None]:
        """Reasons against the selfie, or its ciphertext. Raises VaultError where the key cannot be kept."""
        selfie = check_selfie(self._engine, selfie_jpeg)
        if selfie.image is None or selfie.face is None:
            return selfie.reasons, None
        vector = self._engine.embed(selfie.image, selfie.face)
        template = Template(self._engine.name, self._engine.version, vector, selfie_jpeg)
        return (), self._vault.seal(order, pack(template))

    def add(self, order: str, sealed: bytes) -> str:
        """Compare with this order from now on. Why it cannot be, else empty.

        A template of another engine, or of another version of this one, is made anew from the selfie.
        """
        try:
            template = unpack(self._vault.unseal(order, sealed))
        except (VaultError, TemplateError) as error:
            return str(error)
        if (template.engine, template.version) == (self._engine.name, self._engine.version):
            self._vectors[order] = template.vector
            return ""
        selfie = check_selfie(self._engine, template.selfie_jpeg)
        if selfie.image is None or selfie.face is None:
            return f"{self._engine.name} finds no good face in the selfie"
        self._vectors[order] = self._engine.embed(selfie.image, selfie.face)
        return ""

    def drop(self, order: str) -> None:
        """Compare with this order no more."""
        self._vectors.pop(order, None)

    def scores(self, vector: Vector) -> dict[str, float]:
        """Similarity to each order."""
        return {order: self._engine.similarity(vector, kept) for order, kept in self._vectors.items()}


class Looker:
    """Looks at frames, and reports a burst of one face."""

    def __init__(self, engine: FaceEngine, gallery: Gallery, config: FaceConfig) -> None:
        self._engine = engine
        self._gallery = gallery
        self._tracker = Tracker()
        self._burst = Burst(config.burst_frames, config.repeat_s, self._same)
        self._seen_mono_s = float("-inf")
        self._number = 0

    def _same(self, one: Vector, other: Vector) -> bool:
        return self._engine.similarity(one, other) >= same_person(self._engine.name)

    def changed(self) -> None:
        """The gallery has other orders now: begin anew, so that a burst compares with the same orders throughout."""
        self._burst.clear()

    def presence(self, mono_s: float) -> bool:
        """Whether a face was in view a moment ago."""
        return mono_s - self._seen_mono_s <= PRESENCE_HOLD_S

    def look(self, frame: Frame, mono_s: float) -> Message | None:
        """What there is to report after this frame; frames that are too old or were looked at are left alone."""
        if frame.number == self._number or mono_s - frame.at_mono_s > FRAME_AGE_MAX_S:
            return None
        self._number = frame.number
        faces = self._engine.detect(frame.image)
        if faces:
            self._seen_mono_s = mono_s
        face = pick_one(faces, VIEW.rival_ratio)
        if face is None:
            return None
        track = self._tracker.follow(face, frame.at_mono_s)
        if not self._burst.wants(track, mono_s) or judge(measure(frame.image, face), VIEW):
            return None
        return self._compare(frame.image, face, track, frame.at_mono_s)

    def _compare(self, image: Image, face: Face, track: int, at_mono_s: float) -> Message | None:
        vector = self._engine.embed(image, face)
        if not self._burst.fits(track, vector):
            track = self._tracker.broken()
        scores = self._burst.add(track, vector, self._gallery.scores(vector), at_mono_s)
        return None if scores is None else looked(self._engine.name, track, scores, LIVENESS)
