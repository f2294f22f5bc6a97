"""What the outline network thinks of a photograph, beside what colours and edges say."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from prodgen_django.studio.background import Mask
from prodgen_django.studio.color import Float, Pixels
from prodgen_django.studio.grabcut import grab_band, grab_cut
from prodgen_django.studio.pieces import clean

from .symmetry import balance, completed

__all__ = ["SECONDED", "Opinion", "overlap", "seconded", "surety_of"]

_WEIGHTS = Path(__file__).resolve().parents[2] / "checkpoints" / "outline.safetensors"

# Chosen on packshots before grounds of photographs other than those by which the studio is measured
# (`python -m benchmarks.studio.matting surfaces --seed N`, 6, 7 and 20 to 25), on garment-masks and on the example
# shop.
_EDGE = 0.4
_SYMMETRIC = 0.15

SECONDED = 0.95
"""From here on the network counts as seeing the same: colours need not agree any more."""

_NEAR = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))
_MARGIN = 0.02


@dataclass(frozen=True, slots=True)
class Opinion:
    """`surety`: float32 h×w, how surely each pixel is the product, with what its other half tells. `outlines`: bool h×w
    each, the masks into which GrabCut makes it, since the network sees 128 px only: by a few pixels only, and at will.
    """

    surety: Float
    outlines: tuple[Mask, ...]

    @classmethod
    def of(cls, image: Pixels, seen: Float, lab: Float, outside: Mask) -> Opinion:
        """Of a photograph uint8 h×w×3, what the network sees there (`surety_of`), its smoothed Lab colours and the rim
        that is taken for background."""
        surety = completed(seen)
        drawn = [grab_band(image, surety > 0.5)]
        if (surety == seen).all():  # what has to be completed is what colours do not tell from the ground
            drawn.append(grab_cut(image, surety, outside))
        return cls(surety, tuple(clean(mask, surety, lab) for mask in drawn))

    def without(self, holes: Mask) -> Opinion:
        """The same, but for what is seen through the product: at 128 px a handle is easily filled."""
        return Opinion(self.surety * ~holes, tuple(outline & ~holes for outline in self.outlines))

    def backing(self, mask: Mask) -> float:
        """How far a mask is what the network sees, 0 to 1: intersection over union with its sureties."""
        both = float((self.surety * mask).sum())
        return both / max(float(self.surety.sum()) + float(mask.sum()) - both, 1e-6)

    def weight(self, mask: Mask, edge: float) -> float:
        """What speaks for a mask that follows edges so well (0 to 1): most things for sale are alike left and right.
        How much its sides differ from the ground and how many attempts agree is not asked: those are judgements by
        colour, and where the network is needed colours err."""
        return self.backing(mask) + _EDGE * edge + _SYMMETRIC * balance(mask)

    def prefers(self, other: float, first: float) -> bool:
        """Whether an outline of such a weight is to be taken in the place of the one that colours prefer."""
        return other - first > _MARGIN


def surety_of(image: Pixels) -> Float:
    """How surely each pixel of a photograph uint8 h×w×3 is the product: float32 h×w, 0 to 1."""
    return _network()(image)


def seconded(mask: Mask, surety: Float) -> float:
    """How far the network sees the same, 0 to 1: 1 less the area where it differs, as a share of the mask. The
    outline's next few pixels are left out, or what is small or thin would always be doubted at 128 px."""
    byte = mask.astype(np.uint8)
    clear = cv2.dilate(byte, _NEAR) == cv2.erode(byte, _NEAR)
    apart = float((np.abs(surety - mask) * clear).sum())
    return max(0.0, 1 - apart / max(float(mask.sum()), 1e-6))


def overlap(first: Mask, second: Mask) -> float:
    """Intersection over union of two masks."""
    return float((first & second).sum() / max(int((first | second).sum()), 1))


@lru_cache(maxsize=1)
def _network():  # type: ignore[no-untyped-def]  # the network's type needs torch
    # Imported late: the network needs torch, which takes a second.
    from prodgen_django.studio.outline.net import Outliner

    return Outliner.load(_WEIGHTS)
