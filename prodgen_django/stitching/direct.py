"""Stage 3b: alignment by all pixels of the overlap, for pictures in which too few points can be followed."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from prodgen_django.common.arrays import Floats, Matrix, Plane, half_pixel, shrunk, within

from .features import View

# OpenCV's own type stubs lack some of its functions and are stricter than it about others.
_cv: Any = cv2

BLURS = (3.0, 2.0, 1.2)
"""Gaussian sigmas, pixels: from what is robust against a bad start to what is accurate."""
WIDE = 12.0
"""Sigma of what is taken out, so that light does not count."""


def align(a: View, b: View, start: Matrix, pixels: float = 0.4e6) -> tuple[Matrix, float] | None:
    """The homography near `start` (a's to b's registration pixels) under which the band-passed pictures correlate best,
    and that correlation; None where there is no way uphill (Evangelidis and Psarakis 2008)."""
    (small_a, to_a), (small_b, to_b) = _small(a, pixels), _small(b, pixels)
    warp = to_a @ np.linalg.inv(start) @ np.linalg.inv(to_b)
    correlation = 0.0
    everywhere = np.full(small_a.shape, 255, np.uint8)
    for sigma in BLURS:
        one, other = (_band(p, sigma) for p in (small_a, small_b))
        begun = np.asarray(warp / warp[2, 2], np.float32)
        try:
            correlation, moved = _cv.findTransformECC(
                other, one, begun, cv2.MOTION_HOMOGRAPHY, (3, 60, 1e-5), everywhere, 1
            )
        except cv2.error:
            return None
        warp = np.asarray(moved, np.float64)
    if abs(float(np.linalg.det(warp))) < 1e-9:
        return None
    found = np.linalg.inv(to_b) @ np.linalg.inv(warp) @ to_a
    return np.asarray(found / found[2, 2], np.float64), float(correlation)


def _small(view: View, pixels: float) -> tuple[Plane, Matrix]:
    """The grey picture with at most so many pixels, and the way there from registration pixels."""
    height, width = view.grey.shape
    size, scale = within((width, height), pixels)
    sx, sy = size[0] / width, size[1] / height
    return view.grey if scale == 1 else shrunk(view.grey, size), half_pixel(sx, sy)


def _band(picture: Plane, sigma: float) -> Floats:
    plane = picture.astype(np.float32)
    fine, wide = (cv2.GaussianBlur(plane, (0, 0), s) for s in (sigma, WIDE))
    return np.asarray(fine - wide, np.float32)
