"""Stage 9: what becomes of the empty corners: cut off, filled, painted or left, by what the picture shows."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from prodgen_django.common.arrays import Box, Image, Mask, Matrix

from .crop import extend, fill, largest_rectangle, nearly_full, plain_background, roughness
from .geometry import shifted
from .options import StitchOptions
from .result import Journal
from .tuning import TUNING

WHITE = (255, 255, 255)


@dataclass
class Finished:
    """A picture whose empty corners were seen to.

    Attributes:
        image: RGB uint8.
        mask: bool H×W, where a photograph or a chosen background gives the pixel.
        shift: 3×3, pixels before to pixels now.
        generated: bool H×W, what a trained model painted; None where nothing was.
        how: none, rectangle, fill, extend or inpaint.
    """

    image: Image
    mask: Mask
    shift: Matrix
    generated: Mask | None
    how: str


def finish(image: Image, mask: Mask, options: StitchOptions, journal: Journal) -> Finished:
    """Cut off, fill, paint or leave what no photograph shows."""
    wanted = options.crop
    if mask.all() or wanted == "none":
        return Finished(image, mask, np.eye(3), None, "none")
    if wanted == "inpaint":
        return _paint(image, mask, journal)
    if wanted in ("auto", "rectangle"):
        left, top, right, bottom = largest_rectangle(mask)
        share = (right - left) * (bottom - top) / max(1, int(mask.sum()))
        if wanted == "rectangle" or share >= 1 - TUNING.slivers:
            journal.checks["crop_kept"] = round(share, 3)
            return Finished(*_cut(image, mask, (left, top, right, bottom)), None, "rectangle")
    colour, stray = plain_background(image, mask)
    if wanted == "fill" or stray < TUNING.plain_stray:
        paint = colour if options.background == "auto" else options.background
        return Finished(fill(image, mask, paint), np.ones_like(mask), np.eye(3), None, "fill")
    return Finished(*_continue(image, mask, options, journal), None, "extend")


def _continue(
    image: Image, mask: Mask, options: StitchOptions, journal: Journal
) -> tuple[Image, Mask, Matrix]:
    """Continue the colours where that is not seen, and leave the other corners plain; nothing is cut."""
    plain = _left_plain(image, mask)
    said = []
    if (continued := float((~mask & ~plain).mean())) > 0:
        said.append(f"{100 * continued:.1f} % of the picture continues the colours next to it")
    if plain.any():
        said.append(f"{100 * plain.mean():.1f} % is left plain, as a continuation would show as a smear")
    journal.warn(f'Some corners were not photographed: {", ".join(said)}. crop="rectangle" cuts them off.')
    done = extend(image, mask)
    done[plain] = WHITE if options.background == "auto" else options.background
    return done, mask, np.eye(3)


def _left_plain(image: Image, mask: Mask) -> Mask:
    """The empty corners in which a continuation would be seen. Slivers along the sides join them, so they are told
    apart by what reaches further than these."""
    side = float(np.sqrt(mask.size))
    reach = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 3) / side
    count, labels = cv2.connectedComponents((reach > TUNING.thin).astype(np.uint8))
    smear = roughness(image, mask) * reach
    other = np.ones(mask.shape, np.uint8)
    for k in range(1, count):
        corner = labels == k
        if reach[corner].max() > TUNING.far or smear[corner].max() > TUNING.smear:
            other[corner] = 0
    if other.all():
        return np.zeros_like(mask)
    return (cv2.distanceTransform(other, cv2.DIST_L2, 3) < TUNING.thin * side + 2.5) & ~mask


def _cut(image: Image, mask: Mask, box: Box) -> tuple[Image, Mask, Matrix]:
    left, top, right, bottom = box
    part = (slice(top, bottom), slice(left, right))
    return np.ascontiguousarray(image[part]), np.ascontiguousarray(mask[part]), shifted(left, top)


def _paint(image: Image, mask: Mask, journal: Journal) -> Finished:
    """Crop until little is missing, then let the trained inpainter paint it."""
    from prodgen_django.gan import inpaint

    image, mask, shift = _cut(image, mask, nearly_full(mask))
    hole = ~mask
    if hole.any():
        # The outermost photographed pixels are half empty: they are painted as well, and count as painted.
        hole = cv2.dilate(hole.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        image = inpaint(image, hole)
        journal.warn(f"{100 * hole.mean():.1f} % of the picture was painted by a trained model.")
    return Finished(image, np.ones_like(hole), shift, hole, "inpaint")
