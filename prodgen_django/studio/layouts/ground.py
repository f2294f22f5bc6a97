"""The one ground of a layout: white where every product stands out from it."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from prodgen_django.studio.color import ciede2000, to_lab
from prodgen_django.studio.matting import shrink

from .pieces import Piece

__all__ = ["GROUNDS", "ground_of"]

GROUNDS: dict[str, tuple[int, int, int]] = {
    "white": (255, 255, 255),
    "stone": (226, 223, 217),
}
"""Grounds by name, the first choice first."""

_SEEN = 4.0  # CIEDE2000 from which an outline is seen at a glance
_LOST = 0.25  # of an outline: more of it that is not seen, and the product's shape is gone


def ground_of(name: str, pieces: Sequence[Piece]) -> tuple[int, int, int]:
    """RGB of "white", "stone", or of what suits the products best: "auto". Raises ValueError for another name."""
    if name in GROUNDS:
        return GROUNDS[name]
    if name != "auto":
        raise ValueError(f"{name!r} is no ground: auto, {', '.join(GROUNDS)}")
    rims = [_rim(one) for one in pieces if one.alpha is not None]
    lost = {
        name: max((float((_apart(rim, colour) < _SEEN).mean()) for rim in rims), default=0.0)
        for name, colour in GROUNDS.items()
    }
    good = next((name for name, share in lost.items() if share <= _LOST), None)
    return GROUNDS[good or min(lost, key=lambda name: lost[name])]


def _rim(piece: Piece) -> np.ndarray:
    """The product's colours along its outline, CIE Lab N×3."""
    assert piece.alpha is not None
    photo, alpha = shrink(piece.photo, 400), shrink(piece.alpha, 400)
    solid = alpha > 0.95
    if not solid.any():
        solid = alpha >= alpha.max()
    wide = max(2, round(0.012 * max(alpha.shape)))
    inner = cv2.erode(solid.astype(np.uint8), np.ones((2 * wide + 1,) * 2, np.uint8), borderValue=0) == 1
    return to_lab(photo[solid & ~inner][None])[0]


def _apart(rim: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    ground = to_lab(np.array([[colour]], np.uint8))[0]
    return ciede2000(rim, np.broadcast_to(ground, rim.shape))
