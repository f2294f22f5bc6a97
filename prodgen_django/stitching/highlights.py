"""Stage 7c: burnt-out highlights: what was cut off at white was brighter than it shows.

The joint fit darkens a picture that was exposed too long, its whites with everything else. So pictures that agree
count alike, but where one is burnt out it counts less than the others, and it is brought a part of the way back to
white. How much each is worth was measured: docs/explanation/stitching-learned.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from prodgen_django.common.arrays import Floats, Plane

from .small import Small

__all__ = ["Highlights", "highlights"]


LIFT = np.float32(0.33637553)
"""How far towards white a burnt-out pixel really was on average (measured with the true light known)."""
DISTRUST = 0.8
"""By how much a burnt-out pixel counts less than others."""
BRIGHT, WHITE = (235.0, 20.0), (247.0, 8.0)
"""(from, over), grey levels: a channel may be burnt out from 235 on, and is where its surroundings reach 247 to 255."""


def surroundings(pixels: Plane, reach: int = 3) -> Floats:
    """How white each channel is about a pixel (`reach` pixels wide), 0 to 1: noise and sharpening make single white
    pixels, so that these do not count."""
    return np.asarray(
        cv2.blur(np.clip((pixels.astype(np.float32) - WHITE[0]) / WHITE[1], 0, 1), (reach, reach)), np.float32
    )


def bright(pixels: Plane) -> Floats:
    """How near to white each channel itself is, 0 to 1."""
    return np.asarray(np.clip((pixels.astype(np.float32) - BRIGHT[0]) / BRIGHT[1], 0, 1), np.float32)


@dataclass
class Highlights:
    """The burnt-out part of one picture.

    Attributes:
        trust: float32 over the small box, above 0: how much the picture counts where others show the same.
        lift: float32 H×W×3 over the small box: how far towards white what is bright there goes; None where nothing
            is burnt out.
    """

    trust: Floats
    lift: Floats | None

    def apply(self, lit: Floats, photograph: Plane, part: Callable[[Floats], Floats]) -> Floats:
        """A relit tile (float32 H×W×3, 0..255) with its highlights lifted; `photograph` is the same tile before any
        relighting, `part` enlarges a map over the small box to the tile's pixels."""
        if self.lift is None or int(photograph.max()) <= BRIGHT[0]:
            return lit
        return _lifted(lit, cv2.multiply(part(self.lift), bright(photograph)))


def highlights(smalls: Sequence[Small]) -> list[Highlights]:
    """One a picture, from the photographs as drawn on the small canvas."""
    made = []
    for small in smalls:
        white = surroundings(small.pixels)
        burnt = bright(small.pixels) * white
        trust = 1 - DISTRUST * cv2.blur(burnt.max(2), (5, 5))
        lift = LIFT * white if white.max() > 0.02 else None
        made.append(Highlights(np.asarray(trust, np.float32), lift))
    return made


def lifted_small(small: Small, lit: Floats) -> Floats:
    """The relit small picture (float32 H×W×3, 0..255) with its highlights lifted."""
    if int(small.pixels.max()) <= BRIGHT[0]:
        return lit
    reach = max(3, min(small.pixels.shape[:2]) // 60 | 1)
    return _lifted(lit, LIFT * (bright(small.pixels) * surroundings(small.pixels, reach)))


def _lifted(lit: Floats, towards: Floats) -> Floats:
    """`towards` (0 to 1) of the way to white, where it is not there yet."""
    return np.asarray(cv2.add(lit, cv2.multiply(towards, np.maximum(255 - lit, 0))), np.float32)
