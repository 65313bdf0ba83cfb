"""Compares who is in view with the orders that wait: what the worker does with one frame.

Templates are here in the clear, in memory only; nothing of them is written or logged (orders-if.md 7.1).
"""

from __future__ import annotations

import numpy as np

from towerd.faceid.asking import Challenger
from towerd.faceid.config import FaceConfig
from towerd.faceid.engine import Face, FaceEngine, Vector
from towerd.faceid.frames import Frame
from towerd.faceid.liveness import FAILED, said
from towerd.faceid.passive import FRAMES, Passive, accepted
from towerd.faceid.quality import VIEW, check_selfie, judge, measure, pick_one, worth
from towerd.faceid.template import Template, TemplateError, pack, unpack, without_vector
from towerd.faceid.thresholds import alike, same_person
from towerd.faceid.track import Burst, Look, Tracker
from towerd.faceid.vault import Vault
from towerd.faceid.wire import Message, looked
from towerd.keyfiles import VaultError

FRAME_AGE_MAX_S = 0.3
PRESENCE_HOLD_S = 3.0


class Gallery:
    """The waiting orders' templates."""

    def __init__(self, engine: FaceEngine, vault: Vault) -> None:
        self._engine = engine
        self._vault = vault
        self._vectors: dict[str, Vector] = {}
        self._rows: Vector | None = None

    def __len__(self) -> int:
        return len(self._vectors)

    def enrol(self, order: str, selfie_jpeg: bytes, *, hurried: bool = False) -> tuple[tuple[str, ...], bytes | None]:
        """Reasons against the selfie, or its ciphertext; `hurried`: without a vector, which takes most of the time. Raises
        VaultError where the key cannot be kept.
        """
        selfie = check_selfie(self._engine, selfie_jpeg)
        if selfie.image is None or selfie.face is None:
            return selfie.reasons, None
        if hurried:
            template = without_vector(selfie_jpeg)
        else:
            vector = self._engine.embed_selfie(selfie.image, selfie.face)
            template = Template(self._engine.name, self._engine.version, vector, selfie_jpeg)
        return (), self._vault.seal(order, pack(template))

    def add(self, order: str, sealed: bytes) -> str:
        """Compare with this order from now on. Why it cannot be, else empty.

        A template of another engine or of another version of this one, or one without a vector, is made from the selfie.
        """
        try:
            template = unpack(self._vault.unseal(order, sealed))
        except (VaultError, TemplateError) as error:
            return str(error)
        if (template.engine, template.version) == (self._engine.name, self._engine.version):
            self._keep(order, template.vector)
            return ""
        selfie = check_selfie(self._engine, template.selfie_jpeg)
        if selfie.image is None or selfie.face is None:
            return f"{self._engine.name} finds no good face in the selfie"
        self._keep(order, self._engine.embed_selfie(selfie.image, selfie.face))
        return ""

    def alike(self, order: str) -> list[str]:
        """The other orders whose selfies are close to this one's (6.1); among them may be orders of the same customer."""
        vector = self._vectors.get(order)
        if vector is None:
            return []
        least = alike(self._engine.name)
        return sorted(other for other, score in self.scores(vector).items() if other != order and score >= least)

    def drop(self, order: str) -> None:
        """Compare with this order no more."""
        self._vectors.pop(order, None)
        self._rows = None

    def scores(self, vector: Vector) -> dict[str, float]:
        """Similarity to each order."""
        if not self._vectors:
            return {}
        if self._rows is None:
            self._rows = np.stack(list(self._vectors.values()))
        return dict(zip(self._vectors, map(float, self._engine.similarities(vector, self._rows)), strict=True))

    def _keep(self, order: str, vector: Vector) -> None:
        self._vectors[order] = vector
        self._rows = None


class Looker:
    """Looks at frames, reports a burst of one face, and asks it to turn where the core wants that.

    `passive` is the check without asking, where it is demanded.
    """

    def __init__(
        self, engine: FaceEngine, gallery: Gallery, config: FaceConfig, passive: Passive | None = None
    ) -> None:
        self._engine = engine
        self._gallery = gallery
        self._passive = passive
        self._tracker = Tracker()
        frames = config.burst_frames if passive is None else max(config.burst_frames, FRAMES)
        self._burst = Burst(frames, config.repeat_s, self._same, config.burst_spare)
        self._challenger = Challenger(engine, config.challenge_turns)
        self._seen_mono_s = float("-inf")
        self._number = 0

    def _same(self, one: Vector, other: Vector) -> bool:
        return self._engine.similarity(one, other) >= same_person(self._engine.name)

    def changed(self) -> None:
        """The gallery has other orders now: begin anew, so that a burst compares with the same orders throughout."""
        self._burst.clear()
        if not len(self._gallery):
            self._challenger.drop()

    def challenge(self, track: int, mono_s: float) -> Message:
        """Ask the face of that number to turn."""
        face = self._burst.person(track) if track == self._tracker.track else None
        return self._challenger.begin(track, face, mono_s)

    def presence(self, mono_s: float) -> bool:
        """Whether a face was in view a moment ago, or is being asked."""
        return self._challenger.asking or mono_s - self._seen_mono_s <= PRESENCE_HOLD_S

    def look(self, frame: Frame, mono_s: float) -> Message | None:
        """What there is to report after this frame; frames that are too old or were looked at are left alone."""
        if frame.number == self._number or mono_s - frame.at_mono_s > FRAME_AGE_MAX_S:
            return None
        self._number = frame.number
        faces = self._engine.detect(frame.image)
        if faces:
            self._seen_mono_s = mono_s
        face = pick_one(faces, VIEW.rival_ratio)
        track = self._tracker.follow(face, frame.at_mono_s) if face is not None else self._tracker.track
        if self._challenger.asking:
            return self._follow_turns(frame, face, track)
        if face is None or not self._burst.wants(track, mono_s):
            return None
        measures = measure(frame.image, face)
        return None if judge(measures, VIEW) else self._compare(frame, faces, track, worth(measures))

    def _follow_turns(self, frame: Frame, face: Face | None, track: int) -> Message | None:
        vector = self._engine.embed(frame.image, face) if face is not None else None
        landmarks = face.landmarks if face is not None else None
        told = self._challenger.observe(frame.at_mono_s, track, landmarks, vector)
        if told is not None and not self._challenger.asking:
            self._burst.clear()  # what is reported next is compared after the challenge
        return told

    def _compare(self, frame: Frame, faces: list[Face], track: int, quality: float) -> Message | None:
        """Of the first of the faces in view."""
        face = faces[0]
        vector = self._engine.embed(frame.image, face)
        if not (self._burst.fits(track, vector) and self._challenger.same(track, vector)):
            track = self._tracker.broken()
        live = None if self._passive is None else self._passive.judge(self._engine, frame.image, faces, face, vector)
        look = Look(self._gallery.scores(vector), live, frame.at_mono_s, quality)
        looks = self._burst.add(track, vector, look)
        if looks is None:
            return None
        liveness = self._liveness(looks, self._challenger.redeem(track, frame.at_mono_s))
        return looked(self._engine.name, track, [look.scores for look in looks], liveness)

    def _liveness(self, looks: list[Look], challenged: bool) -> str:
        """What was checked and passed over this burst."""
        checks = ["challenge"] if challenged else []
        if self._passive is None:
            return said(checks)
        scores = [look.live for look in looks if look.live is not None]
        return said([*checks, "passive"]) if accepted(scores) else FAILED
