"""Where the vectors of all people lie together: the mean over 3,811 pictures of 2,086 people (Labeled Faces in the Wild).

What all faces have in common tells nobody apart; a part of it is taken off every vector. 128 means of thousands of
pictures hold nothing of a single one.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

SHARE: Final = 0.5
"""How much of the mean is taken off. More helps on the people it was measured on, and harms on a webcam (docs/faces.md)."""

_TEN_THOUSANDTHS: Final = (
    *(-587, -163, 346, 230, 436, 292, 125, 148, -420, 48, -163, 360, -72, 10, 133, -133),
    *(-508, -103, -806, 72, 15, 131, 204, -246, 3, -236, -108, -96, -54, -170, -35, 440),
    *(116, -130, 95, 56, -313, 336, 160, 1, 253, -214, -164, 21, 155, -83, -219, 319),
    *(-86, 88, -284, 169, 12, 131, -108, -278, 282, -168, -140, 15, -10, 453, -815, 38),
    *(131, -190, 102, -129, 120, -182, 417, -138, -13, -290, 313, -281, -191, -30, -553, 57),
    *(-229, 14, -217, 53, -416, -46, 310, -171, -76, -59, 21, 363, 541, 261, -273, -272),
    *(5, 367, -144, 50, 30, -199, -201, -548, -80, -343, -105, 135, 460, -217, 402, -177),
    *(-301, -10, 514, 293, -269, -56, 179, -5, -195, -353, 450, -138, 407, -305, -205, 168),
)


def common() -> NDArray[np.float32]:
    """What is taken off a vector of unit length: 128 numbers."""
    return np.asarray(np.array(_TEN_THOUSANDTHS, np.float32) * (SHARE / 10_000), np.float32)
