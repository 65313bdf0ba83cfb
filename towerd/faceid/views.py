"""A face as it has looked since a challenge began: what a turned head is compared with.

One picture of a face that looks ahead is little like the same face turned by 35 degrees: to some engines no more than a
stranger's is. But it is much like itself a moment ago. So every view that is surely of the face becomes one to compare
with. Nobody comes in that way: a view must be far more alike than what counts as the same face. Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from towerd.faceid.engine import Vector


@dataclass(frozen=True, slots=True)
class ViewRules:
    """How the values were measured: docs/faces.md.

    `sure` is the least similarity to a view with which another becomes one, `known` that from which it would add nothing,
    `most` how many are kept.
    """

    sure: float = 0.6
    known: float = 0.75
    most: int = 24


class Views:
    """Begins with one view, `first`. `similarities` tells how alike one vector is to each row of many."""

    def __init__(self, similarities: Callable[[Vector, Vector], Vector], first: Vector, rules: ViewRules) -> None:
        self._similarities = similarities
        self._rules = rules
        self.first = first
        self._views = first[np.newaxis]

    def __len__(self) -> int:
        return len(self._views)

    def similarity(self, face: Vector) -> float:
        """To the view that is most like it."""
        return float(self._similarities(face, self._views).max())

    def keep(self, face: Vector, similarity: float) -> None:
        """Take `face` as one more view, where its `similarity` to those that are there says so."""
        if self._rules.sure <= similarity < self._rules.known and len(self) < self._rules.most:
            self._views = np.concatenate([self._views, face[np.newaxis]])
