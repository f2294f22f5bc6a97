"""What a photograph's ground looks like, by its border."""

from __future__ import annotations

import numpy as np

from .color import Float, palette_centres
from .matting import Mask

PLAIN = 2.6
"""A ground whose colours are mostly this close, in Lab, to a smooth surface is plain."""

_BORDER = 0.04


def border(shape: tuple[int, ...]) -> Mask:
    """The rim of a picture of `shape`: bool h×w."""
    width = max(2, round(_BORDER * min(shape)))
    rim = np.ones(shape, bool)
    rim[width:-width, width:-width] = False
    return rim


def surroundings(lab: Float) -> Mask:
    """The part of the border that is background: bool h×w.

    A colour found on one side only, and there away from the corners, is a product that the frame cuts.
    """
    outside = border(lab.shape[:2])
    pixels = lab[outside]
    centres, _ = palette_centres(pixels, np.ones(len(pixels)), 8)
    nearest = np.full(lab.shape[:2], -1)
    nearest[outside] = ((pixels[:, None] - centres[None]) ** 2).sum(2).argmin(1)
    sides = [nearest[1], nearest[-2], nearest[:, 1], nearest[:, -2]]
    for k in range(len(centres)):
        shares = [float((side == k).mean()) for side in sides]
        own = int(np.argmax(shares))
        side = sides[own] == k
        corner = max(2, round(0.12 * len(side)))
        others = max(s for n, s in enumerate(shares) if n != own)
        if shares[own] > 0.08 and others < 0.01 and not side[:corner].any() and not side[-corner:].any():
            outside &= nearest != k
    return outside


def surface(lab: Float, known: Mask) -> Float:
    """The ground's colour everywhere, float h×w×3, as a smooth surface through what is known of it."""
    y, x = np.mgrid[-1 : 1 : lab.shape[0] * 1j, -1 : 1 : lab.shape[1] * 1j]
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y, x**3, y**3], axis=-1)
    weights, *_ = np.linalg.lstsq(terms[known][::7], lab[known][::7].astype(np.float64), rcond=None)
    return terms @ weights


def grain(lab: Float, known: Mask) -> float:
    """How far, in Lab, most of the known ground is from a smooth surface."""
    if known.sum() < 300:
        return 100.0
    return float(np.percentile(np.linalg.norm(lab - surface(lab, known), axis=2)[known], 80))
