"""A small line in a corner that says how a picture was made, for channels and laws that want it seen."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .color import Float, Pixels

__all__ = ["with_label"]

_HEIGHT = 0.022  # of the picture's shorter side: legible on a phone, out of the way on a page
_MARGIN = 0.018


def with_label(image: Pixels, mask: Float, text: str) -> Pixels | None:
    """uint8 h×w×3 with `text` in the first corner, from below on the right, where the product (mask float h×w) is not.

    None where the product reaches into every corner: it is never written upon.
    """
    height, width = image.shape[:2]
    side = min(height, width)
    font = ImageFont.load_default(max(11, round(_HEIGHT * side)))
    left, top, right, bottom = (round(v) for v in font.getbbox(text))
    pad, margin = max(3, round(0.4 * (bottom - top))), max(2, round(_MARGIN * side))
    box_w, box_h = right - left + 2 * pad, bottom - top + 2 * pad
    for x, y in (
        (width - margin - box_w, height - margin - box_h),
        (margin, height - margin - box_h),
        (width - margin - box_w, margin),
        (margin, margin),
    ):
        if x < 0 or y < 0 or (mask[y : y + box_h, x : x + box_w] > 0).any():
            continue
        picture = Image.fromarray(image)
        pill = Image.new("RGBA", (box_w, box_h), (20, 20, 20, 165))
        ImageDraw.Draw(pill).text((pad - left, pad - top), text, font=font, fill=(255, 255, 255, 255))
        picture.paste(pill, (x, y), pill)
        return np.asarray(picture)
    return None
