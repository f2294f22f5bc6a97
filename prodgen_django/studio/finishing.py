"""A stitched picture finished as a product picture: its product found, made straight, and whole on one ground."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np

from .color import Float, Pixels
from .flat_outline import flat_outline
from .layouts.ground import GROUNDS, ground_of
from .layouts.pieces import Piece
from .matting import CutOut, Mask, cut_out_report, judged
from .resampling import onto_canvas
from .staging import Staged, stage
from .upright import Straightened, straightened

__all__ = ["Finished", "found_product", "on_its_ground", "on_plain_ground"]

Unfit = Literal["none", "cut"]

_MARGIN = 0.14  # of the longer side that is added about it, so that the product is seen before something
_FILL = 0.92  # of the canvas that the product takes
_KEPT = 0.05  # of its longer side that is shown of its own ground about it
_CUT = 0.04  # of half the circumference of the product's box that may be where nothing was photographed
_LONGEST = 8000


@dataclass(frozen=True, slots=True)
class Finished:
    """A stitched picture's product. `cut`: its outline; `straight`: how it is made straight; `ground`: RGB of what is
    about it."""

    cut: CutOut
    straight: Straightened
    ground: tuple[int, int, int]


def found_product(picture: Pixels, mask: Mask) -> Finished | Unfit:
    """The product of a stitched picture (uint8 H×W×3, `mask` bool H×W: what was photographed).

    "none" where no product can be told from its ground, "cut" where the photographs do not show all of it.
    """
    ground = _ground(picture, mask)
    margin = round(_MARGIN * max(mask.shape))
    whole = np.where(mask[..., None], picture, np.array(ground, np.uint8))
    wide = cv2.copyMakeBorder(whole, *(margin,) * 4, cv2.BORDER_CONSTANT, value=ground)
    cut = cut_out_report(wide)
    inner = (slice(margin, -margin), slice(margin, -margin))
    alpha = np.where(mask, cut.alpha[inner], 0).astype(np.float32)
    if not (alpha >= 0.5).any():
        return "none"
    flat = flat_outline(whole, alpha, mask)
    if flat is not None:
        alpha = np.where(mask, flat, 0).astype(np.float32)
        cut = judged(wide, np.pad(alpha, margin))
    elif cut.poor:
        return "none"
    if _cut_off(alpha, mask):
        return "cut"
    straight = straightened(alpha, "lies", flat=flat is not None)
    return Finished(replace(cut, alpha=straight.alpha, places=()), straight, ground)


def on_plain_ground(picture: Pixels, found: Finished, ground: str, source_type: str) -> Staged:
    """The product alone on the ground of that name ("auto", or in `layouts.ground.GROUNDS`), no smaller than it was
    stitched, nothing of it cropped; with its certificate."""
    colour = ground_of(ground, [Piece(picture, found.cut.alpha)])
    name = "white" if colour == GROUNDS["white"] else "#{:02x}{:02x}{:02x}".format(*colour)
    size = _canvas(found.straight.size, _FILL)
    return stage(
        picture, found.cut.alpha, name, pose="lies", size=size, fill=_FILL, max_upscale=1.02, photo_source=source_type,
        straight=found.straight,
    )  # fmt: skip


def on_its_ground(picture: Pixels, mask: Mask, found: Finished) -> tuple[Pixels, Mask]:
    """The product made straight with a margin of its own ground: the picture, and where a photograph gives it. What was
    not photographed there has the ground's colour."""
    wide, high = found.straight.size
    margin = round(_KEPT * max(wide, high))
    shift = np.array([[1, 0, margin], [0, 1, margin], [0, 0, 1]], np.float64)
    shape = (high + 2 * margin, wide + 2 * margin)
    seen = onto_canvas(mask.astype(np.float32), shift @ found.straight.matrix, shape)[..., None]
    laid = onto_canvas(picture, shift @ found.straight.matrix, shape)
    mixed = laid * seen + np.array(found.ground, np.float32) * (1 - seen)
    return np.where(seen >= 1, laid, np.rint(mixed).astype(np.uint8)), seen[..., 0] >= 1


def _canvas(size: tuple[int, int], fill: float) -> tuple[int, int]:
    """A canvas of the product's proportions, the product taking `fill` of its longer side and its margins alike."""
    margin = max(size) * (1 / fill - 1)
    wide, high = size[0] + margin, size[1] + margin
    share = min(1.0, _LONGEST / max(wide, high))
    return max(64, round(wide * share)), max(64, round(high * share))


def _ground(picture: Pixels, mask: Mask) -> tuple[int, int, int]:
    """The usual colour along the rim of what was photographed."""
    depth = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
    red, green, blue = np.median(picture[mask & (depth <= 0.015 * max(mask.shape) + 1)], axis=0)
    return int(red), int(green), int(blue)


def _cut_off(alpha: Float, mask: Mask) -> bool:
    """Whether the product goes on where nothing was photographed."""
    solid = alpha >= 0.5
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    edge = mask & (cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=0) == 0)
    return bool((solid & edge).sum() > _CUT * (np.ptp(rows) + np.ptp(columns) + 2))
