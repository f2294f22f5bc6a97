"""Stage 8b: multi-band blending (Burt and Adelson 1983) at the price of its coarse bands alone.

A seam is sharp only for the finest band; coarser bands cross it more widely. Their pictures are smooth, so the
small canvas holds them: with fine weights w, coarse weights W and a blurred picture L the blend is
Σ w·(picture − L) + Σ W·L = Σ w·picture + Σ (W − w)·L, and the last sum is one small picture to add.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from prodgen_django.common.arrays import Floats, Plane, Size

from .small import Small

#: Blur of the coarse bands, as shares of a picture's longer side (about 2 and 9 pixels of the small canvas).
SIGMAS = (0.012, 0.05)


def correction(
    smalls: Sequence[Small],
    lit: Sequence[Floats],
    feathers: Sequence[Floats],
    maps: Sequence[Floats],
    size: Size,
) -> Floats | None:
    """What the coarse bands add to the blend by `maps`: size × 3 float32 grey levels, None where it is nothing.

    `lit` are relit pictures in 0..255, `maps` weights that add up to one. Accumulated picture by picture.
    """
    longest = float(np.median([max(s.mask.shape) for s in smalls]))
    finer = [np.asarray(m, np.float32) for m in maps]
    total = np.zeros((*size, 3), np.float32)
    for share in SIGMAS:
        sigma = share * longest
        coarser = _spread(smalls, finer, feathers, sigma, size)
        for small, pixels, fine, coarse in zip(smalls, lit, finer, coarser, strict=True):
            change = coarse - fine
            if float(np.abs(change).max()) < 1e-3:
                continue
            left, top, right, bottom = small.box
            smooth = _inside_blur(np.minimum(pixels, 255), small.mask, sigma)
            total[top:bottom, left:right] += cv2.multiply(smooth, cv2.merge([change] * 3))
        finer = coarser
    return total if float(np.abs(total).max()) > 0.3 else None


def _spread(
    smalls: Sequence[Small],
    maps: Sequence[Floats],
    feathers: Sequence[Floats],
    sigma: float,
    size: Size,
) -> list[Floats]:
    """Weights blurred, kept inside their pictures and brought back to a sum of one."""
    blurred = []
    sums = np.full(size, 1e-6, np.float32)
    for small, m, near in zip(smalls, maps, feathers, strict=True):
        left, top, right, bottom = small.box
        wide = cv2.GaussianBlur(m, (0, 0), sigma) * np.minimum(near / np.float32(sigma), 1)
        wide += 1e-4 * np.minimum(near, 1)
        sums[top:bottom, left:right] += wide
        blurred.append(wide)
    for small, wide in zip(smalls, blurred, strict=True):
        left, top, right, bottom = small.box
        wide /= sums[top:bottom, left:right]
    return blurred


def _inside_blur(pixels: Floats, mask: Plane, sigma: float) -> Floats:
    """Blurred by what lies inside the mask alone, so that nothing bleeds in from beyond a picture's edge."""
    weight = (mask > 0).astype(np.float32)
    sums = cv2.GaussianBlur(cv2.multiply(pixels, cv2.merge([weight] * 3)), (0, 0), sigma)
    share = 1 / np.maximum(cv2.GaussianBlur(weight, (0, 0), sigma), 1e-3)
    return np.asarray(cv2.multiply(sums, cv2.merge([share] * 3)), np.float32)
