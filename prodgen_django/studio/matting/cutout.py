"""From a photograph to the product's soft outline, and how far it can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from prodgen_django.imagefile.pixels import flatten
from prodgen_django.studio.brought import SEE_THROUGH, amended, brought_alpha, see_through
from prodgen_django.studio.color import Float, Pixels

from .edges import Mask, enlarged, shrink
from .inspector import NOTHING, POOR, Judgement, Place, inspect
from .looking import MIDDLE, Box, Looked, drawn_alpha, look

__all__ = ["CutOut", "cut_out", "cut_out_brought", "cut_out_by_hand", "cut_out_report", "judged", "refine"]

_AGAIN = ((256, 384), (256, 512))
"""The sides of both looks that are tried when the first cut-out is poor."""
_LEAST_SIDE = 16


@dataclass(frozen=True, slots=True)
class CutOut:
    """A product's outline and how far it can be trusted.

    `alpha`: float32 H×W in [0, 1]. `confidence`: 0 to 1, that somebody who sees it would publish it. `reasons`: one
    sentence for each thing that speaks against the outline, for the person who reviews it; `poor` says that one must.
    `places`: where it looks wrong. `corrected`: a person drew it. `brought`: the photograph's file had it as its own
    alpha.
    """

    alpha: Float
    confidence: float
    reasons: tuple[str, ...]
    corrected: bool = False
    brought: bool = False
    places: tuple[Place, ...] = ()

    @property
    def poor(self) -> bool:
        return self.confidence < POOR

    def as_dict(self) -> dict[str, Any]:
        """What is stored beside the picture: everything but the alpha."""
        return {
            "confidence": self.confidence,
            "reasons": list(self.reasons),
            "poor": self.poor,
            "corrected": self.corrected,
            "brought": self.brought,
            "places": [list(place) for place in self.places],
        }


def cut_out(image: Pixels) -> Float:
    """The product's alpha, float32 H×W in [0, 1], for a photograph uint8 H×W×3 or H×W×4 of any size."""
    return cut_out_report(image).alpha


def cut_out_report(image: Pixels, box: Box | None = None) -> CutOut:
    """`cut_out`, with a confidence and the reasons against it.

    `box`: left, top, right and bottom as shares of the photograph; only the products in it are meant.

    Where no product can be told from its background, alpha is 0 everywhere and the confidence is 0. A photograph that
    was cut out before (H×W×4) keeps its own alpha; other transparency is laid on white. A poor cut-out is tried again
    at other sizes, and stays where none is trusted: the usual sizes are right most often.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] not in (3, 4) or 0 in image.shape:
        raise ValueError(f"a photograph is uint8 H×W×3 or H×W×4, not {image.dtype} {image.shape}")
    own = brought_alpha(image)
    if own is not None:
        return cut_out_brought(own)
    image = flatten(image, (255, 255, 255))
    if min(shrink(image, MIDDLE).shape[:2]) < _LEAST_SIDE:
        return _nothing(image)
    best: tuple[Looked, Judgement] | None = None
    for sides in ((), _AGAIN):
        looked = look(image, box, *sides)
        if looked.part is None:
            continue
        found = inspect(looked)
        if best is None or found.confidence >= POOR:
            best = looked, found
        if found.confidence >= POOR:
            break
    if best is None:
        return _nothing(image)
    return _made(enlarged(image, best[0].image, best[0].alpha), best[1])


def judged(image: Pixels, alpha: Float) -> CutOut:
    """Somebody else's `alpha` (float32 h×w of like proportions) of uint8 H×W×3, looked at by our inspector."""
    looked = look(image)
    small = cv2.resize(alpha, looked.image.shape[1::-1], interpolation=cv2.INTER_AREA)
    if not (small >= 0.5).any():
        return _nothing(image)
    found = inspect(looked, small)
    fine = shrink(image, max(alpha.shape))
    alpha = cv2.resize(alpha, fine.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return _made(enlarged(image, fine, alpha), found)


def cut_out_by_hand(image: Pixels, mask: Mask, own: Float | None = None) -> CutOut:
    """The cut-out of a photograph (uint8 H×W×3) from a mask that a person drew (bool h×w of like proportions).

    `own`: the alpha that the photograph's file brings along, float32 H×W; it stays where the drawing agrees with it.
    """
    drawn = refine(image, mask)
    return CutOut(drawn if own is None else amended(own, drawn), 1.0, (), corrected=True)


def cut_out_brought(alpha: Float) -> CutOut:
    """The cut-out that a file brings along (`brought.brought_alpha`): whoever made it saw the product."""
    if not (alpha >= 0.5).any():
        return CutOut(np.zeros_like(alpha), 0.0, (NOTHING,), brought=True)
    if see_through(alpha):
        return CutOut(alpha, POOR / 2, (SEE_THROUGH,), brought=True)
    return CutOut(alpha, 1.0, (), brought=True)


def refine(image: Pixels, mask: Mask) -> Float:
    """A hard mask (bool, of any size) to a soft alpha, float32 H×W, along the edges of the photograph uint8 H×W×3."""
    middle = shrink(image, MIDDLE)
    return enlarged(image, middle, drawn_alpha(middle, mask))


def _made(alpha: Float, found: Judgement) -> CutOut:
    return CutOut(alpha, round(found.confidence, 3), found.reasons, places=found.places)


def _nothing(image: Pixels) -> CutOut:
    return CutOut(np.zeros(image.shape[:2], np.float32), 0.0, (NOTHING,))
