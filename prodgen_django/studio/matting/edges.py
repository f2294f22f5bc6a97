"""Edges at the photograph's size: an alpha found at a smaller size made larger, and the product's colour under it."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from prodgen_django.studio.color import Float, Pixels

__all__ = ["Mask", "enlarged", "foreground", "shrink"]

Mask = npt.NDArray[np.bool_]

_ROWS = 256
_REACH = 3  # pixels of the smaller picture about the outline in which the photograph's colours decide


def shrink(image: Any, side: int) -> Any:
    """`image` by area averaging so that its longer side is at most `side`."""
    scale = side / max(image.shape[:2])
    if scale >= 1:
        return image
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def enlarged(image: Pixels, small: Pixels, alpha: Float) -> Float:
    """`alpha`, float32 h×w of `small` (uint8 h×w×3), at the size of `image` (uint8 H×W×3), of which `small` is a
    smaller copy: float32 H×W.

    Guided upsampling (He and Sun 2015) along the outline, 0 or 1 elsewhere. Row bands are worked on one after another,
    so that a photograph of 48 megapixels takes its alpha and little more.
    """
    if small.shape == image.shape:
        return alpha
    height, width = image.shape[:2]
    soft = ((alpha > 0.01) & (alpha < 0.99)).astype(np.uint8)
    edge = cv2.morphologyEx((alpha >= 0.5).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    unsure = cv2.dilate(soft | edge, np.ones((2 * _REACH + 1,) * 2, np.uint8))
    plane = np.dstack([*_guide(small, alpha, unsure == 1), alpha])  # h×w×5: slopes by colour, offset, alpha
    out = np.empty((height, width), np.float32)
    for top in range(0, height, _ROWS):
        rows = np.arange(top, min(top + _ROWS, height))
        place = np.clip((rows + 0.5) * (small.shape[0] / height) - 0.5, 0, small.shape[0] - 1)
        upper = np.minimum(place.astype(int), max(small.shape[0] - 2, 0))
        lower = np.minimum(upper + 1, small.shape[0] - 1)
        share = (place - upper).astype(np.float32)[:, None, None]
        size = (width, len(rows))
        lines = cv2.resize(
            plane[upper] * (1 - share) + plane[lower] * share, size, interpolation=cv2.INTER_LINEAR
        )
        nearest = np.rint(place).astype(int)
        band = cv2.resize(unsure[nearest], size, interpolation=cv2.INTER_NEAREST) == 1
        colour = image[rows].astype(np.float32) / np.float32(255)
        guided = lines[..., 3] + np.einsum("hwc,hwc->hw", lines[..., :3], colour)
        out[rows] = np.where(band, freed(guided), np.rint(lines[..., 4]))
    return out


def freed(alpha: Float) -> Float:
    """Free the ends: what is all but opaque or all but clear is so."""
    return np.clip((alpha - 0.04) / 0.92, 0, 1).astype(np.float32)


def _guide(
    small: Pixels, alpha: Float, where: Mask, radius: int = 3, eps: float = 2e-4
) -> tuple[Float, Float]:
    """Alpha as a local linear function of colour, fitted at the small size: slopes h×w×3 and offset h×w. Outside of
    `where` it is alpha itself."""
    guide = small.astype(np.float32) / 255
    window = (2 * radius + 1,) * 2

    def mean(plane: Float) -> Float:
        return cv2.blur(plane, window, borderType=cv2.BORDER_REFLECT)

    g_mean, a_mean = mean(guide), mean(alpha)
    products = np.dstack([guide[..., i] * guide[..., j] for i in range(3) for j in range(3)])
    covariance = mean(products[..., :4]), mean(products[..., 4:8]), mean(products[..., 8])
    at = np.nonzero(where)
    square = np.concatenate([covariance[0][at], covariance[1][at], covariance[2][at][:, None]], 1)
    matrix = square.reshape(-1, 3, 3) - g_mean[at][:, :, None] * g_mean[at][:, None, :]
    with_alpha = (mean(guide * alpha[..., None]) - g_mean * a_mean[..., None])[at]
    solved = np.linalg.solve(matrix + eps * np.eye(3, dtype=np.float32), with_alpha[..., None])[..., 0]
    slope, offset = np.zeros_like(guide), alpha.copy()
    slope[at] = solved
    offset[at] = a_mean[at] - (solved * g_mean[at]).sum(1)
    return mean(slope), mean(offset)


def foreground(image: Pixels, alpha: Float) -> Pixels:
    """The product's own colour under its soft edge: uint8 H×W×3, equal to `image` wherever alpha is 1.

    Without it a seam of the old background's colour goes with the product to the new one.
    Source: Germer et al. 2020, "Fast Multi-Level Foreground Estimation".
    """
    from pymatting import estimate_foreground_ml

    alpha = np.ascontiguousarray(alpha, np.float32)
    out = image.copy()
    if not (alpha > 0).any():
        return out
    rows, columns = np.flatnonzero((alpha > 0).any(1)), np.flatnonzero((alpha > 0).any(0))
    box = (
        slice(max(0, rows[0] - 4), rows[-1] + 5),
        slice(max(0, columns[0] - 4), columns[-1] + 5),
    )
    estimate = estimate_foreground_ml(
        np.ascontiguousarray(image[box]) / np.float32(255), np.ascontiguousarray(alpha[box])
    )
    own = np.rint(np.clip(estimate, 0, 1) * 255).astype(np.uint8)
    out[box] = np.where((alpha[box] >= 1)[..., None], image[box], own)
    return out
