"""How a thing is shown that nobody says anything of, by its outline alone: a guess, for a person to correct."""

from __future__ import annotations

import cv2
import numpy as np

from .color import Float, Pixels
from .goods import Pose

__all__ = ["seen_pose"]

_TILTED = 8.0  # degrees from upright: nothing stands like that
_LONG = 1.25


def seen_pose(photo: Pixels, alpha: Float) -> Pose:
    """Whether a thing stands or lies: what is clearly turned in its photograph does not stand.

    `photo`: uint8 H×W×3, `alpha`: float32 H×W in [0, 1], of which at least one pixel is opaque.
    """
    solid = (alpha > 0.5).astype(np.uint8)
    points = cv2.findNonZero(solid)
    if points is None or len(points) < 50:
        return "table"
    (_x, _y), (wide, high), turn = cv2.minAreaRect(points)
    off = min(turn % 90, 90 - turn % 90)
    boxy = len(points) > 0.8 * wide * high
    long = max(wide, high) > _LONG * max(min(wide, high), 1.0)
    return "lies" if off > _TILTED and (boxy or long) else "table"
