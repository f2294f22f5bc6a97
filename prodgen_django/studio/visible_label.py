"""A small line in a corner that says how a picture was made, for channels and laws that want it seen."""

from __future__ import annotations

from math import ceil

import numpy as np

from .banners import bidi
from .banners.drawing import lay, rasterised
from .banners.shaping import extent_of, runs_of
from .color import Float, Pixels
from .text import clean_text

__all__ = ["with_label"]

_HEIGHT = 0.022  # of the picture's shorter side: legible on a phone, out of the way on a page
_MARGIN = 0.018
_GROUND, _SHARE = 20, 0.65  # of the field behind the letters: nearly black, and how much it covers


def with_label(image: Pixels, mask: Float, text: str) -> Pixels | None:
    """uint8 h×w×3 with `text` in the first corner, from below on the right, where the product (mask float h×w) is not.

    None where the product reaches into every corner: it is never written upon.
    """
    height, width = image.shape[:2]
    text = clean_text(text)
    size = max(11, round(_HEIGHT * min(height, width)))
    runs = runs_of(text, "", "sans", False, rtl=bidi.first_strong(text))
    extent = extent_of(runs, "")
    rise, fall = extent.rise * size, extent.fall * size
    pad, margin = max(3, round(0.4 * (rise + fall))), max(2, round(_MARGIN * min(height, width)))
    box_w = ceil((extent.left + extent.advance + extent.right) * size) + 2 * pad
    box_h = ceil(rise + fall) + 2 * pad
    for x, y in (
        (width - margin - box_w, height - margin - box_h),
        (margin, height - margin - box_h),
        (width - margin - box_w, margin),
        (margin, margin),
    ):
        if x < 0 or y < 0 or (mask[y : y + box_h, x : x + box_w] > 0).any():
            continue
        written = image.copy()
        field = written[y : y + box_h, x : x + box_w]
        field[:] = np.rint(field * (1 - _SHARE) + _GROUND * _SHARE).astype(np.uint8)
        plane, colours = rasterised(runs, "", size, (box_w, box_h), pad + extent.left * size, pad + rise)
        lay(field, plane, colours, (0, 0), (255, 255, 255))
        return written
    return None
